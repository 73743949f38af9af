"""An experiment in the answers: who is answered by which version, what the answer and the log say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import utc
from core.workspace import Workspace
from models.experiment import Experiment
from models.kinds import FittedModel
from models.serving_state import LineupState
from serving.told_ahead import ToldAhead
from tests.serving.conftest import Shop, open_shop, save_as_served

MIXED = Experiment.begin("1").with_arm("canary", "2", 40).with_arm("b", "3", 20)
SHADOWED = Experiment.begin("1").with_arm("shadow", "2", 0)
CUSTOMERS = [f"c{number:03d}" for number in range(60)]


def let_answer(shop: Shop, experiment: Experiment) -> None:
    """What the registry would say, for every kind."""
    registry = shop.runtime.registry

    def lineup(kind: str) -> LineupState:
        champion = next((each for each in registry.cache.whole(kind) if each.version == "1"), None)
        if champion is None:
            return LineupState()
        states = [replace(champion, version=arm.version, alias=arm.name, directory=folder(shop, kind, arm.version))
                  for arm in experiment.arms]  # fmt: skip
        return LineupState(champion, experiment, tuple(states)) if kind != "value" else LineupState(champion)

    registry.lineup = lineup  # type: ignore[method-assign]
    shop.runtime.background.round()


def folder(shop: Shop, kind: str, version: str) -> Path:
    return shop.workspace.models_dir / kind / version / "model"


@pytest.fixture
def tested(served: Workspace, fitted: tuple[Path, dict[str, FittedModel]]) -> Iterator[Shop]:
    for version in ("3", "2", "1"):  # what is noted last is the last good one
        save_as_served(served, version, **fitted[1])
    yield from open_shop(served)


def variants(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(result["variant"], result["version"]) for result in answer["results"]]


def logged(shop: Shop, kind: str) -> list[dict[str, Any]]:
    shop.runtime.predictions.close()
    now = utc.now()
    return list(shop.runtime.predictions.predictions(kind, now - timedelta(hours=1), now + timedelta(hours=1)))


def test_each_customer_has_the_arm_of_its_id_alone_and_among_others(tested: Shop) -> None:
    let_answer(tested, MIXED)
    answer = tested.post("/v1/churn", {"customer_ids": CUSTOMERS}).json()
    expected = [arm.name if (arm := MIXED.of(customer)) else "champion" for customer in CUSTOMERS]
    assert [variant for variant, _ in variants(answer)] == expected
    assert set(variants(answer)) == {("champion", "1"), ("canary", "2"), ("b", "3")}
    assert (answer["variant"], answer["version"]) == ("mixed", "1")
    alone = tested.post("/v1/churn", {"customer_ids": CUSTOMERS[:1]}).json()
    assert (alone["variant"], alone["results"][0]["variant"]) == (expected[0], expected[0])
    lines = logged(tested, "churn")
    assert all(0 < line["seconds"] < 60 for line in lines)
    told = {line["subject"]: (line["variant"], line["version"]) for line in lines}
    assert told == dict(zip(CUSTOMERS, variants(answer), strict=True))


def test_recommendations_go_by_customer_and_those_of_guests_by_visit(tested: Shop) -> None:
    let_answer(tested, MIXED)

    def ask(**body: Any) -> str:
        return str(tested.post("/v1/recommendations", body).json()["variant"])

    for customer in CUSTOMERS[:8]:
        arm = MIXED.of(customer)
        assert ask(customer_id=customer) == (arm.name if arm else "champion")
    visits = {visit: {ask(context={"session_id": visit}) for _ in range(3)} for visit in "abcdefgh"}
    assert all(len(told) == 1 for told in visits.values())
    assert len(set.union(*visits.values())) > 1
    assert len({ask() for _ in range(30)}) > 1


def test_demand_goes_by_series(tested: Shop) -> None:
    let_answer(tested, MIXED)
    series = [{"category": f"category {number}"} for number in range(20)]
    answer = tested.post("/v1/demand", {"series": series}).json()
    expected = [arm.name if (arm := MIXED.of(each["category"])) else "champion" for each in series]
    assert [variant for variant, _ in variants(answer)] == expected
    assert Counter(line["version"] for line in logged(tested, "demand")) == Counter(v for _, v in variants(answer))


def test_a_shadow_answers_nobody_and_is_logged_apart(tested: Shop) -> None:
    let_answer(tested, SHADOWED)
    answer = tested.post("/v1/churn", {"customer_ids": CUSTOMERS[:5]}).json()
    assert set(variants(answer)) == {("champion", "1")}
    tested.post("/v1/recommendations", {"customer_id": CUSTOMERS[0]})
    tested.post("/v1/demand", {"series": [{"category": "category 1"}]})
    tested.runtime.shadows.finish()
    for kind in ("churn", "recommendations", "demand"):
        lines = logged(tested, f"{kind}_shadow")
        assert {(line["variant"], line["version"]) for line in lines} == {("shadow", "2")}, kind
    assert {line["variant"] for line in logged(tested, "churn")} == {"champion"}


@pytest.mark.fault("registry and models", "a shadow that fails or is slow", "changes no answer")
def test_a_shadow_that_fails_or_is_slow_changes_no_answer(tested: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    let_answer(tested, SHADOWED)
    before = tested.post("/v1/churn", {"customer_ids": CUSTOMERS[:5]}).json()["results"]

    def fail() -> list[Any]:
        raise ValueError("a shadow")

    (shadow,) = tested.runtime.champions.lineup(tested.runtime.champions.all()[0].kind).shadows  # type: ignore[union-attr]
    for _ in range(500):
        tested.runtime.score_shadow(shadow, "churn", {}, fail)
    assert tested.post("/v1/churn", {"customer_ids": CUSTOMERS[:5]}).json()["results"] == before
    tested.runtime.shadows.close()
    assert tested.runtime.shadows.left_out > 0


def test_models_tell_what_answers_whom(tested: Shop) -> None:
    """From memory: no registry is asked."""
    let_answer(tested, MIXED)
    told = tested.get("/v1/models").json()
    assert not told["complete"], "nobody knows what the registry, which is gone, would say"
    assert {(each["name"], each["variant"]) for each in told["models"]} >= {("churn", "champion")}


@pytest.mark.fault("registry and models", "an arm of an experiment that fails", "the champion answers; it is logged")
@pytest.mark.parametrize("kind", ["churn", "recommendation"])
def test_an_arm_that_fails_fails_nobody_the_champion_answers_and_the_log_says_who_failed(
    tested: Shop, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_answer(tested, MIXED)
    team = tested.runtime.champions._serving[kind]

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a canary")

    monkeypatch.setattr(tested.runtime, "told", ToldAhead(0))  # else what it said of them before does
    for method in ("score_rows", "recommendation"):
        monkeypatch.setattr(team.arms["canary"].model, method, fail, raising=False)
    customer = next(each for each in CUSTOMERS if (arm := MIXED.of(each)) and arm.name == "canary")
    path, body = ("churn", {"customer_ids": [customer]}) if kind == "churn" else ("recommendations",
                                                                                 {"customer_id": customer})  # fmt: skip
    answer = tested.post(f"/v1/{path}", body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["variant"], answer.json()["version"]) == ("champion", "1")
    (line,) = logged(tested, f"{path}_failed")
    assert (line["version"], line["variant"], line["subject"]) == ("2", "canary", customer)
