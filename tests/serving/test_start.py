"""Before a worker says that it is ready it has answered every kind of request; its collector passes over the rest."""

from __future__ import annotations

import gc
import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pytest
import structlog
from prometheus_client import REGISTRY

from core import answer_lines, utc
from core.answer_lines import ToldLine
from core.errors import NotReady
from core.keys import RIGHTS, Key
from core.prediction_log import Result
from core.recent_requests import RecentRequest, recent_requests
from core.state.schema import PREDICTIONS
from core.workspace import Workspace
from feature_repo.materialization import Materializations
from serving import strict_json
from serving import warm_up as warming
from serving.endpoints import ENDPOINTS
from serving.http import THREADS, Answering
from serving.problems import Problem
from serving.runtime import Runtime
from serving.service_pages import PAGES
from serving.warm_up import PATHS, TIMES, warm_up
from tests.serving.conftest import open_shop

KEY: Final = Key("", "test", frozenset(RIGHTS), utc.now(), None, None)


@pytest.fixture
def starting(served: Workspace) -> Iterator[Runtime]:
    """A worker that has loaded nothing yet."""
    runtime = Runtime(served)
    runtime.before_ready = partial(warm_up, runtime)
    yield runtime
    runtime.close()


def readyz(answering: Answering) -> int:
    """The status that it would be answered with."""
    try:
        return PAGES["/readyz"](answering).status_code
    except Problem as problem:
        return problem.status


def test_requests_are_replayed_before_readyz_says_ready(starting: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    answering, replayed, stood = Answering(starting), Counter[str](), set[int]()
    answer = warming.answer

    def noted(runtime: Runtime, endpoint: Any, body: bytes, key: Any) -> bytes:
        told = answer(runtime, endpoint, body, key)
        replayed[endpoint.path] += 1
        stood.add(readyz(answering))
        return told

    monkeypatch.setattr(warming, "answer", noted)
    with structlog.testing.capture_logs() as lines:
        starting.background.round()
    assert replayed == dict.fromkeys(PATHS, TIMES)
    assert stood == {503}
    assert readyz(answering) == 200
    assert [line for line in lines if line["event"] == "warm_up_failed"] == []
    starting.predictions.close()
    now = utc.now()
    assert list(starting.predictions.predictions("churn", now.replace(year=now.year - 1), now)) == []


ASKED: list[tuple[str, dict[str, Any]]] = [
    ("/v1/churn", {"customer_ids": ["c003", "c004"], "explain": False}),
    ("/v1/churn", {"customer_ids": ["c005"], "explain": True}),
    ("/v1/recommendations", {"customer_id": "c003", "k": 3, "mode": "new"}),
    ("/v1/recommendations", {"customer_id": None, "k": 4, "mode": "all"}),
    ("/v1/similar", {"product_id": "003", "k": 2}),
    ("/v1/demand", {"series": [{"category": "category 1"}, {"category": "category 2"}], "horizon": 7}),
    ("/v1/demand", {"series": [{"category": "category 1"}], "scenario": {"price_change": 0.1}}),
]


def counted() -> dict[str, float]:
    """What Prometheus counts of predictions."""
    families = [family for family in REGISTRY.collect() if family.name in {"regulars_results", "regulars_requests"}]
    return {f"{each.name} {each.labels}": each.value for family in families for each in family.samples if each.value}


@pytest.fixture
def asked_before(served: Workspace) -> Workspace:
    """A shop whose service was asked before it was started again, with a shadow on trial."""
    for shop in open_shop(served):
        for path, body in ASKED:
            assert shop.post(path, body).json()["results"], path
    return served


def test_what_was_asked_last_is_asked_again_and_leaves_no_trace(
    asked_before: Workspace, starting: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    replayed: list[tuple[str, dict[str, Any]]] = []
    answer = warming.answer

    def noted(runtime: Runtime, endpoint: Any, body: bytes, key: Any) -> bytes:
        replayed.append((endpoint.path, json.loads(body)))
        runtime.score_shadow(runtime.champions.all()[0], "churn", {}, lambda: [Result("c003", 0.5)])
        return answer(runtime, endpoint, body, key)

    monkeypatch.setattr(warming, "answer", noted)
    kinds = ("churn", "churn_shadow", "recommendations", "similar", "bundles", "demand", "demand_scenario")
    lines, figures = logged(starting, kinds), counted()
    starting.background.round()
    starting.shadows.finish()
    starting.predictions.close()
    for asked in ASKED:
        assert replayed.count(asked) == TIMES, asked
    [(_, customers)] = {str(body): (path, body) for path, body in replayed if path == "/v1/customers"}.values()
    assert set(customers["customer_ids"]) == {"c003", "c004", "c005"}
    assert len(replayed) == TIMES * (len(ASKED) + len({"customers", "bundles, which nobody asked for"}))
    assert logged(starting, kinds) == lines
    assert counted() == figures


def logged(runtime: Runtime, kinds: tuple[str, ...]) -> Counter[str]:
    """How many lines the log has of each kind."""
    now = utc.now()
    since, until = now - timedelta(hours=1), now + timedelta(hours=1)
    return Counter(kind for kind in kinds for _ in runtime.predictions.predictions(kind, since, until))


def test_the_first_requests_make_nothing_that_is_made_once(
    asked_before: Workspace, starting: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering = Answering(starting)
    starting.before_ready = partial(warm_up, starting, answering.in_every_thread)
    starting.background.round()
    threads = {each.name for each in threading.enumerate()}
    assert {f"small_{number}" for number in range(THREADS)} <= threads
    told, series = starting.told, {each.labels["endpoint"] for each in samples("regulars_request_seconds")}
    assert series >= PATHS

    def made(*_: Any, **__: Any) -> None:
        raise AssertionError("made for the first time")

    monkeypatch.setattr("serving.online_features.OnlineReader", made)
    monkeypatch.setattr("feature_repo.packed.sqlite_backend.sqlite3.connect", made)
    for path, body in ASKED * 3:
        endpoint = next(each for each in ENDPOINTS if each.path == path)
        work = partial(warming.answer, starting, endpoint, strict_json.encode(body), KEY)
        told_by_thread = answering._lanes["small"]._pool.submit(work).result()
        assert json.loads(told_by_thread)["results"]
        assert not any("no_features" in str(each["fallback"]) for each in json.loads(told_by_thread)["results"])
    assert all(len(memory) > 1 for memory in told._scores.values())


def samples(family: str) -> list[Any]:
    return [each for found in REGISTRY.collect() if found.name == family for each in found.samples]


def test_a_request_that_can_not_be_asked_any_more_stops_nothing(
    served: Workspace, starting: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = RecentRequest("demand", {"horizon": 7}, [("category 1", None, "level")])
    odd = RecentRequest("churn", {"explain": "perhaps"}, [("c003", None, None)])
    monkeypatch.setattr(warming, "recent_requests", lambda *_: [gone, odd, RecentRequest("unheard of", {}, [])])
    replayed = Counter[str]()
    answer = warming.answer

    def noted(runtime: Runtime, endpoint: Any, body: bytes, key: Any) -> bytes:
        told = answer(runtime, endpoint, body, key)
        replayed[endpoint.path] += 1
        return told

    monkeypatch.setattr(warming, "answer", noted)
    starting.background.round()
    assert replayed == dict.fromkeys(PATHS, TIMES)
    assert starting.loaded


def test_with_a_store_that_was_never_filled_it_is_ready_all_the_same(
    starting: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty(*_: object) -> list[str]:
        raise NotReady("the online store is empty")

    monkeypatch.setattr(Materializations, "keys", empty)
    starting._be_loaded()
    assert starting.loaded


def test_a_log_of_any_length_costs_as_many_rows(served: Workspace) -> None:
    rows = [
        (f"{number:032x}", "churn" if number % 2 else "similar", json.dumps({"k": number % 5})) for number in range(50)
    ]
    with served.database.begin() as connection:
        for prediction_id, kind, request in rows:
            made = {"made_at": utc.naive(utc.now()), "model": kind, "version": "1", "variant": "champion"}
            lines = answer_lines.encode([ToldLine(f"{prediction_id[-2:]} {position}") for position in range(3)])
            row = {"prediction_id": prediction_id, "kind": kind, "request": request, "lines": lines, **made}
            connection.execute(PREDICTIONS.insert().values(row))
    found = recent_requests(served.database, 3)
    assert Counter(each.kind for each in found) == {"churn": 3, "similar": 3}
    assert len({json.dumps(each.request) for each in found if each.kind == "churn"}) == 3
    assert [len(each.lines) for each in found] == [3] * 6
    assert {each.lines[0][0] for each in found if each.kind == "churn"} == {"31 0", "2f 0", "2d 0"}


def test_what_was_loaded_is_never_collected_again(starting: Runtime) -> None:
    gc.unfreeze()
    starting.background.round()
    frozen = gc.get_freeze_count()
    assert frozen > 100_000
    assert len(gc.get_objects()) < frozen
