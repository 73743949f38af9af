"""Versions that answer a share beside the champion: what lets them, what ends them, and that nobody else gets in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core import utc
from core.audit import AuditLog
from core.errors import NotReady, RegularsError, UsageError
from core.seals import Seals
from core.workspace import Workspace
from models import experiment_looks, experiment_release, registry_tables, release
from models.gates import Refused
from models.registry import Registry
from models.version import Version
from monitoring.results import MonitorReport
from monitoring.summary import Summaries
from pipelines import status
from tests.models.conftest import fairness
from tests.models.test_registry import remote, spoil

Train = Callable[..., Version]


@pytest.fixture
def released(workspace: Workspace, train: Train) -> Registry:
    """Version 1 is champion, 2 and 3 wait."""
    release.promote(workspace, "churn", train(1.0).version, "ada")
    train(1.001)
    train(0.999)
    return Registry(workspace)


def answering(registry: Registry) -> dict[str, str]:
    """Per arm of the lineup its version."""
    return {state.alias: state.version for state in registry.lineup("churn").arms}


def test_a_canary_answers_the_share_of_the_settings(released: Registry) -> None:
    done = experiment_release.begin(released.workspace, "churn", "2", "ada")
    assert done.experiment is not None
    assert done.experiment.answering[0].percent == 5
    assert answering(released) == {"canary": "2"}
    assert released.version("churn", "canary").version == "2"


def test_several_arms_make_a_test_and_a_shadow_answers_nobody(released: Registry) -> None:
    for version, arm, shadow in (("2", "b", False), ("3", "canary", True)):
        experiment_release.begin(released.workspace, "churn", version, "ada", arm=arm, shadow=shadow)
    made = released.experiment("churn")
    assert made is not None
    assert [(arm.name, arm.percent) for arm in made.arms] == [("b", 5), ("shadow", 0)]
    assert answering(released) == {"b": "2", "shadow": "3"}


def test_a_version_blocked_by_a_disparity_gets_no_traffic(workspace: Workspace, train: Train) -> None:
    release.promote(workspace, "churn", train(1.0).version, "ada")
    train(1.001, verdict="flagged")
    with pytest.raises(Refused, match="approve churn 2") as caught:
        experiment_release.begin(workspace, "churn", "2", "ada")
    assert caught.value.exit_code == 3
    assert answering(Registry(workspace)) == {}
    release.approve(workspace, "churn", "2", "eve", "explained by distance")
    experiment_release.begin(workspace, "churn", "2", "ada")
    assert answering(Registry(workspace)) == {"canary": "2"}


def test_a_version_that_is_worse_on_past_days_may_show_what_it_does_live(workspace: Workspace, train: Train) -> None:
    release.promote(workspace, "churn", train(1.0).version, "ada")
    train(1.9)
    done = experiment_release.begin(workspace, "churn", "2", "ada")
    assert not done.gates[0].passed


def test_what_answers_its_golden_inputs_differently_gets_no_traffic(workspace: Workspace, train: Train) -> None:
    release.promote(workspace, "churn", train(1.0).version, "ada")
    train(1000.0)
    for shadow in (False, True):
        with pytest.raises(Refused, match="golden"):
            experiment_release.begin(workspace, "churn", "2", "ada", shadow=shadow)


def test_a_damaged_canary_answers_nobody_and_its_share_is_the_champions(released: Registry) -> None:
    experiment_release.begin(released.workspace, "churn", "2", "ada")
    spoil(remote(released, "2"))
    spoil(released.cache.path("churn", "2"))
    fresh = Registry(released.workspace).lineup("churn")
    assert fresh.arms == ()
    assert fresh.champion is not None


def test_the_quick_tables_tell_of_it_what_the_registry_does(
    released: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert registry_tables.experiment(released.workspace, "churn") is None
    experiment_release.begin(released.workspace, "churn", "2", "ada")
    assert registry_tables.experiment(released.workspace, "churn") == released.experiment("churn")
    (told,) = status.collect(released.workspace).experiments
    assert "churn: version 2 as canary (5%) beside version 1" in told
    assert told.endswith("not looked at since: regulars monitor")
    moment = f"{utc.now() + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S+00:00}"
    Summaries(released.workspace).append(MonitorReport(date(2024, 7, 1), moment, 28, (), (), (), ()))
    assert status.collect(released.workspace).experiments[0].endswith(f"last looked at {moment}")
    later = utc.now() + timedelta(minutes=5)
    monkeypatch.setattr(utc, "now", lambda: later)
    experiment_looks.remember(released.workspace)
    assert status.collect(released.workspace).experiments[0].endswith(f"last looked at {utc.text(later)}")
    experiment_release.end(released.workspace, "churn", "ada")
    assert status.collect(released.workspace).experiments == []


def test_a_refusal_ends_it_at_once(released: Registry) -> None:
    experiment_release.begin(released.workspace, "churn", "2", "ada")
    assert "answers nobody any more as canary" in release.refuse(released.workspace, "churn", "2", "eve", "unfair").text
    assert (answering(released), released.experiment("churn")) == ({}, None)
    assert "canary" not in released.aliases("churn")


def test_with_the_registry_gone_a_process_that_starts_goes_on_with_the_same_arms(released: Registry) -> None:
    for version, arm in (("2", "canary"), ("3", "b")):
        experiment_release.begin(released.workspace, "churn", version, "ada", arm=arm)
    served = released.lineup("churn")
    assert served.experiment is not None
    place = released.workspace.root / "mlflow"
    place.rename(place.with_name("gone"))
    fresh = Registry(released.workspace).lineup("churn")
    assert (fresh.experiment, fresh.arms) == (served.experiment, served.arms)
    spoil(released.cache.path("churn", "3"))
    assert answering(Registry(released.workspace)) == {"canary": "2"}


def test_an_arm_that_was_ended_here_does_not_come_back_without_the_registry(released: Registry) -> None:
    experiment_release.begin(released.workspace, "churn", "2", "ada")
    released.lineup("churn")
    release.refuse(released.workspace, "churn", "2", "eve", "unfair")
    place = released.workspace.root / "mlflow"
    place.rename(place.with_name("gone"))
    assert answering(Registry(released.workspace)) == {}


def test_an_approval_of_an_earlier_measurement_lets_no_version_answer(workspace: Workspace, train: Train) -> None:
    release.promote(workspace, "churn", train(1.0).version, "ada")
    version, registry = train(1.001, verdict="flagged"), Registry(workspace)
    release.approve(workspace, "churn", "2", "eve", "explained by distance")
    experiment_release.begin(workspace, "churn", "2", "ada")
    assert answering(registry) == {"canary": "2"}
    first = fairness("flagged")
    later = replace(first, figures=(*first.figures, replace(first.figures[0], group="young")))
    registry.store_fairness(version, later)
    assert answering(registry) == {}
    release.approve(workspace, "churn", "2", "eve", "explained by distance, too")
    assert answering(registry) == {"canary": "2"}


def test_who_was_champion_before_may_finish_unless_it_was_taken_back(released: Registry) -> None:
    release.promote(released.workspace, "churn", "2", "ada")
    assert released.lineup("churn").before == "1"
    release.refuse(released.workspace, "churn", "1", "eve", "unfair")
    assert released.lineup("churn").before is None
    release.approve(released.workspace, "churn", "1", "eve", "it is sound")
    release.rollback(released.workspace, "churn", "ada")
    assert released.lineup("churn").before is None
    release.promote(released.workspace, "churn", "2", "ada")
    release.retire(released.workspace, "churn", "ada")
    assert released.lineup("churn").before is None


def test_an_alias_taken_away_elsewhere_ends_it_too(released: Registry) -> None:
    experiment_release.begin(released.workspace, "churn", "2", "ada")
    released.drop_alias("churn", "canary")
    assert answering(released) == {}


def test_an_alias_set_elsewhere_passed_no_gate_and_gets_no_traffic(released: Registry) -> None:
    released.set_alias("churn", "canary", "2")
    assert answering(released) == {}


@pytest.mark.parametrize("act", [release.rollback, release.retire])
def test_another_champion_ends_the_experiment(released: Registry, act: Callable[..., object]) -> None:
    release.promote(released.workspace, "churn", "2", "ada")
    experiment_release.begin(released.workspace, "churn", "3", "ada")
    act(released.workspace, "churn", "ada")
    assert (answering(released), released.experiment("churn")) == ({}, None)


def test_it_is_audited_with_share_and_reason(released: Registry) -> None:
    experiment_release.begin(released.workspace, "churn", "2", "ada", percent=10)
    experiment_release.end(released.workspace, "churn", "bob", reason="enough")
    first, last = AuditLog(released.workspace).entries("churn/2")[-2:]
    assert (first.action, first.details["percent"]) == ("canary", 10)
    assert (last.action, last.who, last.details["reason"]) == ("canary ended", "bob", "enough")


def test_what_can_not_be_is_said(released: Registry) -> None:
    space = released.workspace
    with pytest.raises(UsageError, match="is champion"):
        experiment_release.begin(space, "churn", "1", "ada")
    with pytest.raises(UsageError, match="takes no canary"):
        experiment_release.begin(space, "value", "1", "ada")
    with pytest.raises(NotReady, match="no churn experiment"):
        experiment_release.end(space, "churn", "ada")
    experiment_release.begin(space, "churn", "2", "ada")
    with pytest.raises(UsageError, match="an arm already"):
        experiment_release.begin(space, "churn", "2", "ada", arm="b")
    with pytest.raises(UsageError, match="no arm 'b'"):
        experiment_release.end(space, "churn", "ada", "b")


class Releases(RuleBasedStateMachine):
    """Random releases: who answers is never anybody but who was last let."""

    workspace: Workspace
    watching: Registry

    def __init__(self) -> None:
        super().__init__()
        registry = Registry(self.workspace)
        for alias in registry.aliases("churn"):
            registry.drop_alias("churn", alias)
        registry.set_experiment("churn", None)
        registry.set_past_champions("churn", [])
        for version in registry.versions("churn"):
            if "review" in version.tags:
                registry.client.delete_model_version_tag("churn", version.version, "regulars.review")
                Seals(self.workspace).put(version.subject, {"tag review": ""}, "a test that begins anew")
        self.champion: str | None = None
        self.arms: dict[str, str] = {}
        self.refused: set[str] = set()
        self.withdrawn: set[str] = set()

    VERSIONS = st.sampled_from(["1", "2", "3", "4"])

    @rule(version=VERSIONS, name=st.sampled_from(["canary", "b"]), percent=st.sampled_from([5, 40]))
    def canary(self, version: str, name: str, percent: float) -> None:
        before = self.watching.experiment("churn")
        try:
            experiment_release.begin(self.workspace, "churn", version, "ada", arm=name, percent=percent)
        except RegularsError:
            return
        assert version not in self.refused | {self.champion}
        self.arms[name] = version
        after = self.watching.experiment("churn")
        others = [arm for arm in before.arms if arm.name != name] if before else []
        assert after is not None
        assert all(after.arm(arm.name) == arm for arm in others)

    @rule(name=st.sampled_from(["canary", "b"]))
    def stop(self, name: str) -> None:
        if name in self.arms:
            experiment_release.end(self.workspace, "churn", "ada", name)
            del self.arms[name]

    @rule(version=VERSIONS)
    def promote(self, version: str) -> None:
        try:
            changed = release.promote(self.workspace, "churn", version, "ada").changed
        except RegularsError:
            return
        if not changed:  # of a champion that was refused meanwhile, too: who refuses one says what answers instead
            assert version == self.champion
            return
        assert version not in self.refused
        self.champion, self.arms = version, {}
        self.withdrawn.discard(version)

    @rule()
    def rollback(self) -> None:
        last = self.champion
        try:
            self.champion = release.rollback(self.workspace, "churn", "ada").version
        except RegularsError:
            return
        self.arms = {}
        self.withdrawn |= {last} if last else set()
        self.withdrawn.discard(self.champion)

    @rule(version=VERSIONS)
    def refuse(self, version: str) -> None:
        release.refuse(self.workspace, "churn", version, "eve", "unfair")
        self.refused.add(version)
        self.arms = {name: held for name, held in self.arms.items() if held != version}

    @rule(version=VERSIONS)
    def approve(self, version: str) -> None:
        release.approve(self.workspace, "churn", version, "eve", "it is sound")
        self.refused.discard(version)

    @precondition(lambda self: self.champion is not None)
    @rule()
    def retire(self) -> None:
        release.retire(self.workspace, "churn", "ada")
        assert self.champion is not None
        self.withdrawn.add(self.champion)
        self.champion, self.arms = None, {}

    @invariant()
    def nobody_else_answers(self) -> None:
        lineup = self.watching.lineup("churn")
        assert lineup.before is None or lineup.before not in self.refused | self.withdrawn | {self.champion}
        assert {state.alias: state.version for state in lineup.arms} == self.arms
        assert not self.refused & set(self.arms.values())
        if self.champion is not None:
            assert lineup.champion is not None
            assert (lineup.champion.version, lineup.champion.mode) == (self.champion, "model")
        elif lineup.champion is not None:
            assert lineup.champion.mode == "baseline"


def test_no_sequence_of_releases_lets_a_retired_or_refused_version_answer(
    workspace: Workspace, train: Train, tmp_path: Path
) -> None:
    for value in (1.0, 1.001, 0.999, 1.002):
        train(value)
    Releases.workspace, Releases.watching = workspace, Registry(workspace)
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Releases, settings=settings(max_examples=6, stateful_step_count=12, deadline=None, suppress_health_check=slow)
    )
