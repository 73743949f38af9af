"""Releases: what becomes champion, what a reviewer decides, the way back, and the trail they leave."""

import pytest

from core.audit import AuditLog
from core.errors import GateRefused, NotReady, StoreError, UsageError
from core.settings import Settings
from core.workspace import Workspace
from models import release
from models.gates import Refused
from models.registry import Registry
from tests.models.test_registry import remote, spoil
from tests.support import toy


def champion(workspace) -> str | None:
    return Registry(workspace).aliases("churn").get("champion")


def actions(workspace) -> list[tuple[str, str, str]]:
    entries = AuditLog(workspace).entries()
    return [(entry.action, entry.who, entry.subject) for entry in entries if entry.action not in ("train", "seal")]


class TestPromote:
    def test_a_good_version_becomes_champion_and_is_challenger_no_more(self, workspace, train):
        train()
        done = release.promote(workspace, "churn", "challenger", "ada")
        assert (done.version, done.before) == ("1", None)
        assert Registry(workspace).aliases("churn") == {"champion": "1"}

    def test_a_refused_promotion_names_the_gate_and_changes_nothing(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        with pytest.raises(Refused, match="quality") as caught:
            release.promote(workspace, "churn", train(1.9).version, "ada")
        assert caught.value.exit_code == 3
        assert [gate["passed"] for gate in caught.value.as_dict()["gates"]] == [False, True, True, True, True, True]
        assert champion(workspace) == "1"
        assert "baseline" not in Registry(workspace).aliases("churn")

    def test_the_version_keeps_what_the_gates_said(self, workspace, train):
        assert train(1.9).gates == ()
        with pytest.raises(Refused):
            release.promote(workspace, "churn", "1", "ada")
        kept = Registry(workspace).version("churn", "1").gates
        assert [(gate.name, gate.passed) for gate in kept][:2] == [("quality", False), ("fairness", True)]

    def test_promoting_the_champion_again_says_so_and_changes_nothing(self, workspace, train):
        first = release.promote(workspace, "churn", train().version, "ada")
        before, aliases = AuditLog(workspace).entries(), Registry(workspace).aliases("churn")
        again = release.promote(workspace, "churn", "champion", "eve")
        assert "champion already" in again.text
        assert (first.changed, again.changed) == (True, False)
        assert set(again.as_dict()) == set(first.as_dict())
        assert again.gates == first.gates
        assert AuditLog(workspace).entries() == before
        assert Registry(workspace).aliases("churn") == aliases
        assert Registry(workspace).past_champions("churn") == []

    def test_nobody_decides_over_somebody_else_s_decision_unseen(self, workspace, train):
        train()
        release.refuse(workspace, "churn", "1", "ann", "the reasons are odd")
        release.refuse(workspace, "churn", "1", "eve", "I think so, too")
        with pytest.raises(UsageError, match=r"stands refused by eve .* I think so, too") as unseen:
            release.approve(workspace, "churn", "1", "ann", "good enough")
        state = str(unseen.value).rpartition(" ")[2]
        assert "approved" in release.approve(workspace, "churn", "1", "ann", "good enough", state=state).text
        assert "refused" in release.refuse(workspace, "churn", "1", "ann", "I take it back").text

    def test_a_refusal_by_fairness_tells_how_to_approve(self, workspace, train):
        with pytest.raises(Refused, match="regulars approve churn 1 --reason"):
            release.promote(workspace, "churn", train(verdict="flagged").version, "ada")
        assert Registry(workspace).serving_state("churn") is None


class TestBaseline:
    def test_without_a_champion_a_version_that_fails_on_quality_lends_its_best_baseline(self, workspace, train):
        with pytest.raises(Refused, match="best baseline, recency"):
            release.promote(workspace, "churn", train(1.9).version, "ada")
        state = Registry(workspace).serving_state("churn")
        assert (state.mode, state.version) == ("baseline", "1")
        assert AuditLog(workspace).entries("churn/1")[-1].details["baseline"] == "recency"

    def test_the_first_champion_ends_it(self, workspace, train):
        with pytest.raises(Refused):
            release.promote(workspace, "churn", train(1.9).version, "ada")
        release.promote(workspace, "churn", train(1.0).version, "ada")
        assert Registry(workspace).aliases("churn") == {"champion": "2"}

    def test_a_damaged_version_lends_nothing(self, workspace, train):
        version = train(1.9)
        spoil(remote(Registry(workspace), "1"))
        with pytest.raises(Refused):
            release.promote(workspace, "churn", version.version, "ada")
        assert "baseline" not in Registry(workspace).aliases("churn")


class TestReview:
    def test_a_reason_is_needed(self, workspace, train):
        train()
        for act in (release.approve, release.refuse):
            with pytest.raises(UsageError, match="reason"):
                act(workspace, "churn", "1", "eve", "  ")

    def test_the_disparity_the_reason_and_who_stay_in_the_audit_log(self, workspace, train):
        train(verdict="flagged")
        done = release.approve(workspace, "churn", "1", "eve", "explained by distance")
        assert "block is lifted" in done.text
        entry = AuditLog(workspace).entries("churn/1")[-1]
        assert (entry.action, entry.who, entry.details["reason"]) == ("approve", "eve", "explained by distance")
        assert "3.00 times the rest" in entry.details["disparity"][0]

    def test_a_version_refused_and_then_approved_may_be_promoted(self, workspace, train):
        train()
        release.refuse(workspace, "churn", "1", "eve", "too early")
        with pytest.raises(Refused, match="too early"):
            release.promote(workspace, "churn", "1", "ada")
        release.approve(workspace, "churn", "1", "eve", "now it is time")
        release.promote(workspace, "churn", "1", "ada")
        assert champion(workspace) == "1"

    def test_refusing_the_champion_tells_the_way_back(self, workspace, train):
        for value in (1.0, 0.999):
            release.promote(workspace, "churn", train(value).version, "ada")
        assert "regulars rollback churn" in release.refuse(workspace, "churn", "2", "eve", "unfair").text

    def test_with_four_eyes_who_trained_it_may_not_approve_it(self, workspace, train):
        strict = Workspace(workspace.root, Settings(review={"required": True, "four_eyes": True}))
        version = train()
        with pytest.raises(GateRefused, match="four_eyes"):
            release.approve(strict, "churn", "1", version.trained_by, "mine is fine")
        assert Registry(workspace).version("churn", "1").review is None
        release.approve(strict, "churn", "1", "eve", "fine")
        release.promote(strict, "churn", "1", version.trained_by)
        assert champion(workspace) == "1"


class TestRollback:
    def test_it_restores_the_champion_before_in_one_step(self, workspace, train):
        for value in (1.0, 0.999, 1.001):
            release.promote(workspace, "churn", train(value).version, "ada")
        assert release.rollback(workspace, "churn", "ada").version == "2"
        assert champion(workspace) == "2"
        assert release.rollback(workspace, "churn", "ada").version == "1"
        with pytest.raises(NotReady, match="no champion before"):
            release.rollback(workspace, "churn", "ada")
        assert champion(workspace) == "1"

    def test_after_it_another_version_may_be_promoted_and_taken_back_again(self, workspace, train):
        for value in (1.0, 0.999):
            release.promote(workspace, "churn", train(value).version, "ada")
        release.rollback(workspace, "churn", "ada")
        release.promote(workspace, "churn", "2", "ada")
        assert release.rollback(workspace, "churn", "ada").version == "1"

    def test_a_version_refused_since_is_passed_over(self, workspace, train):
        for value in (1.0, 0.999, 1.001):
            release.promote(workspace, "churn", train(value).version, "ada")
        release.refuse(workspace, "churn", "2", "eve", "unfair")
        assert release.rollback(workspace, "churn", "ada").version == "1"

    def test_to_a_damaged_version_it_changes_nothing(self, workspace, train):
        for value in (1.0, 0.999):
            release.promote(workspace, "churn", train(value).version, "ada")
        registry = Registry(workspace)
        spoil(remote(registry, "1"))
        spoil(registry.cache.path("churn", "1"))
        with pytest.raises(StoreError, match="churn version 1 is damaged"):
            release.rollback(workspace, "churn", "ada")
        assert champion(workspace) == "2"
        assert registry.past_champions("churn") == ["1"]

    def test_without_a_champion_it_says_what_to_run(self, workspace, train):
        train()
        with pytest.raises(NotReady, match="regulars promote churn 1"):
            release.rollback(workspace, "churn", "ada")


class TestRetire:
    def test_the_best_baseline_answers_at_once_and_no_champion_is_left(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        registry = Registry(workspace)
        assert registry.serving_state("churn").mode == "model"
        done = release.retire(workspace, "churn", "eve", "a disparity nobody can explain")
        assert "best baseline, recency" in done.text
        assert registry.find("churn", "champion") is None
        state = registry.serving_state("churn")
        assert (state.mode, state.version) == ("baseline", "1")
        assert toy.KIND.load(state.directory).value == 1.3

    def test_it_is_audited_with_its_reason(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        release.retire(workspace, "churn", "eve", "a disparity")
        entry = AuditLog(workspace).entries("churn/1")[-1]
        assert (entry.action, entry.who) == ("retire", "eve")
        by = {"ids": ["account:eve"], "verified": False}
        assert entry.details == {"baseline": "recency", "reason": "a disparity", "by": by}

    def test_a_refused_sole_champion_is_told_the_way_out(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        assert "regulars retire churn" in release.refuse(workspace, "churn", "1", "eve", "unfair").text
        with pytest.raises(NotReady, match="regulars retire churn"):
            release.rollback(workspace, "churn", "ada")

    def test_after_it_the_champion_before_can_be_restored_and_another_promoted(self, workspace, train):
        for value in (1.0, 0.999):
            release.promote(workspace, "churn", train(value).version, "ada")
        release.retire(workspace, "churn", "eve")
        assert release.rollback(workspace, "churn", "ada").version == "1"
        assert champion(workspace) == "1"
        assert Registry(workspace).find("churn", "baseline") is None
        release.retire(workspace, "churn", "eve")
        release.promote(workspace, "churn", "2", "ada")
        assert champion(workspace) == "2"

    def test_with_a_damaged_baseline_nothing_changes(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        registry = Registry(workspace)
        spoil(remote(registry, "1"))
        spoil(registry.cache.path("churn", "1"))
        with pytest.raises(StoreError, match="damaged"):
            release.retire(workspace, "churn", "eve")
        assert champion(workspace) == "1"

    def test_without_a_champion_it_says_what_to_run(self, workspace, train):
        train()
        with pytest.raises(NotReady, match="regulars promote churn 1"):
            release.retire(workspace, "churn", "eve")


def test_every_action_and_refusal_is_in_the_audit_log_in_order(workspace, train):
    train(1.0)
    release.promote(workspace, "churn", "1", "ada")
    train(1.9)
    with pytest.raises(Refused):
        release.promote(workspace, "churn", "2", "bob")
    release.refuse(workspace, "churn", "2", "eve", "bad")
    train(0.999)
    release.approve(workspace, "churn", "3", "eve", "good")
    release.promote(workspace, "churn", "3", "ada")
    release.rollback(workspace, "churn", "ada")
    assert actions(workspace) == [
        ("promote", "ada", "churn/1"),
        ("promote refused", "bob", "churn/2"),
        ("refuse", "eve", "churn/2"),
        ("approve", "eve", "churn/3"),
        ("promote", "ada", "churn/3"),
        ("rollback", "ada", "churn/1"),
    ]
    assert AuditLog(workspace).verify().intact
