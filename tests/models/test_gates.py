"""Each gate refuses what it is there for, and nothing else."""

import json
import math
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import GateRefused
from core.seals import Seals
from core.settings import Settings
from core.workspace import Workspace
from models import gates, release, version_seal
from models.intervals import Interval
from models.registry import Registry
from tests.models.conftest import fairness
from tests.models.test_registry import remote, spoil
from tests.support import toy


def judged(workspace, version) -> dict[str, gates.GateResult]:
    return {gate.name: gate for gate in gates.judge(workspace, version)}


def interrupted(*_, **__) -> None:
    raise KeyboardInterrupt


def failed(workspace, version) -> list[str]:
    return [name for name, gate in judged(workspace, version).items() if not gate.passed]


def test_a_good_version_passes_every_gate(workspace, train):
    results = judged(workspace, train(1.0))
    assert list(results) == ["quality", "fairness", "signature", "golden inputs", "review", "seal"]
    assert all(gate.passed for gate in results.values())


class TestQuality:
    def test_a_version_certainly_worse_than_the_best_baseline_is_refused(self, workspace, train):
        version = train(1.8)
        assert failed(workspace, version) == ["quality"]
        assert "the best baseline, recency" in judged(workspace, version)["quality"].text

    def test_a_version_like_the_best_baseline_passes(self, workspace, train):
        version = train(0.7)
        assert failed(workspace, version) == []
        said = judged(workspace, version)["quality"].text
        assert said.endswith(f"no certain difference from the best baseline, {version.best_baseline}")

    def test_a_version_certainly_worse_than_the_champion_is_refused(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        version = train(1.2)
        assert failed(workspace, version) == ["quality"]
        assert "not as good as the champion, version 1" in judged(workspace, version)["quality"].text

    def test_a_version_like_the_champion_passes(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        assert failed(workspace, train(0.999)) == []

    def test_a_champion_is_judged_against_its_baseline_alone(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        registry = Registry(workspace)
        assert "champion" not in judged(workspace, registry.version("churn", "champion"))["quality"].text

    def test_a_champion_that_cannot_be_scored_does_not_let_anything_through(self, workspace, train):
        first = train(1.0)
        release.promote(workspace, "churn", first.version, "ada")
        registry = Registry(workspace)
        spoil(remote(registry, "1"))
        spoil(registry.cache.path("churn", "1"))
        version = train(1.0)
        assert failed(workspace, version) == ["quality"]
        assert "churn version 1 is damaged" in judged(workspace, version)["quality"].text

    def test_a_difference_that_could_not_be_computed_does_not_pass(self, workspace, train):
        nothing = Interval(0.5, math.nan, math.nan)
        version = train(1.0, paired={"recency": nothing, "popularity": nothing})
        assert failed(workspace, version) == ["quality"]
        assert "can't be judged against the best baseline" in judged(workspace, version)["quality"].text

    def test_a_statistic_certainly_beyond_its_limit_is_refused_where_a_simple_model_is_nearer(
        self, workspace, train, monkeypatch
    ):
        version = train(1.6, paired={"recency": Interval(-0.1, -0.2, 0.0)})
        assert failed(workspace, version) == []
        monkeypatch.setattr(toy.ToyKind, "limits", lambda *_: {"bias": 0.4})
        assert failed(workspace, version) == ["quality"]
        assert "; bias 0." in (text := judged(workspace, version)["quality"].text)
        assert text.endswith("is beyond 0.4")

    @pytest.mark.parametrize(("value", "limit"), [(1.6, 0.6), (1.2, 0.01)])
    def test_one_that_may_lie_within_its_limit_or_nearer_than_the_simple_one_passes(
        self, workspace, train, monkeypatch, value, limit
    ):
        monkeypatch.setattr(toy.ToyKind, "limits", lambda *_: {"bias": limit})
        assert failed(workspace, train(value, paired={"recency": Interval(-0.1, -0.2, 0.0)})) == []

    def test_the_comparison_is_kept_and_made_again_for_another_champion(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        version = train(0.99)
        judged(workspace, version)
        kept = json.loads(Registry(workspace).version("churn", "2").tags["versus_champion"])
        assert kept["champion"] == "1"
        Registry(workspace).set_alias("churn", "champion", train(1.05).version)
        judged(workspace, version)
        assert json.loads(Registry(workspace).version("churn", "2").tags["versus_champion"])["champion"] == "3"


class TestFairness:
    def test_a_disparity_blocks_and_is_told(self, workspace, train):
        version = train(verdict="flagged")
        assert failed(workspace, version) == ["fairness"]
        assert "age_band = old: 3.00 times the rest [2.00, 4.00]" in judged(workspace, version)["fairness"].text

    def test_too_few_to_judge_does_not_block(self, workspace, train):
        assert failed(workspace, train(verdict="too few to judge")) == []

    def test_not_measured_does_not_pass(self, workspace, train):
        assert failed(workspace, train(verdict=None)) == ["fairness"]

    def test_an_approval_lifts_the_block(self, workspace, train):
        version = train(verdict="flagged")
        release.approve(workspace, "churn", version.version, "eve", "the groups differ by distance to the shop")
        assert "lifted by eve" in judged(workspace, version)["fairness"].text
        assert failed(workspace, version) == []

    def test_an_approval_lifts_no_later_block(self, workspace, train):
        from dataclasses import replace
        from datetime import date

        version = train(verdict="flagged")
        release.approve(workspace, "churn", version.version, "eve", "looked at")
        later = replace(fairness("flagged"), until=date(2024, 8, 1))
        Registry(workspace).store_fairness(version, later)
        assert failed(workspace, version) == ["fairness"]


class TestSignatureAndGoldenInputs:
    def test_other_outputs_than_the_champions_are_refused(self, workspace, train):
        release.promote(workspace, "churn", train(1.0).version, "ada")
        version = train(1.0, outputs=("score",))
        assert failed(workspace, version) == ["signature"]
        assert "outputs score where the champion gives probability" in judged(workspace, version)["signature"].text

    def test_a_stored_signature_that_is_not_the_models_is_refused(self, workspace, train):
        version = train()
        Registry(workspace).tag(version, "signature", json.dumps({"inputs": ["age"], "outputs": ["probability"]}))
        assert failed(workspace, version) == ["signature"]

    def test_a_golden_answer_that_differs_is_refused(self, workspace, train):
        assert "golden inputs" in failed(workspace, train(1000.0))

    def test_a_damaged_version_is_refused_by_name(self, workspace, train):
        version = train()
        spoil(remote(Registry(workspace), "1"))
        assert failed(workspace, version) == ["signature", "golden inputs"]
        assert "churn version 1 is damaged" in judged(workspace, version)["golden inputs"].text


def forge(registry: Registry, version, name: str, old: str, new: str) -> None:
    """Change a file of a version's run as somebody would who can write to the artifact store."""
    path = Path(registry.artifacts(version)) / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def rewrite_tag(workspace, name: str, value: str | None) -> None:
    """Change a tag of version 1 in MLflow's database, or take it away."""
    with sqlite3.connect(workspace.mlflow_dir / "mlflow.db") as database:
        if value is None:
            done = database.execute("delete from model_version_tags where key = ?", (f"regulars.{name}",))
        else:
            change = "update model_version_tags set value = ? where key = ?"
            done = database.execute(change, (value, f"regulars.{name}"))
        assert done.rowcount


class TestSeal:
    def test_a_blocked_version_whose_measurement_is_edited_to_ok_is_not_promoted(self, workspace, train):
        version, registry = train(verdict="flagged"), Registry(workspace)
        forge(registry, version, "fairness.json", "flagged", "ok")
        forge(registry, version, "fairness.json", "blocked", "ok")
        assert registry.fairness(version).state == "ok"
        with pytest.raises(gates.Refused, match="is not what was sealed") as caught:
            release.promote(workspace, "churn", "1", "mallory")
        assert caught.value.exit_code == 3
        assert "file fairness.json was changed" in str(caught.value)
        assert "champion" not in registry.aliases("churn")

    @pytest.mark.parametrize(
        ("tag", "value"),
        [("fairness", "ok"), ("metrics", "{}"), ("paired", "{}"), ("gates", "[]"), ("data_digest", "x"), ("seal", "0")],
    )
    def test_a_rewritten_tag_is_named_and_refused(self, workspace, train, tag, value):
        version = train(verdict="flagged")
        gates.judge_and_keep(workspace, version)
        rewrite_tag(workspace, tag, value)
        results = judged(workspace, Registry(workspace).version("churn", "1"))
        assert f"tag {tag} was changed" in results["seal"].text
        assert not results["fairness"].passed

    def test_a_refusal_that_is_taken_away_is_missed(self, workspace, train):
        train()
        release.refuse(workspace, "churn", "1", "eve", "too early")
        rewrite_tag(workspace, "review", None)
        assert failed(workspace, Registry(workspace).version("churn", "1")) == ["fairness", "seal"]

    def test_a_measurement_made_anew_mends_what_was_forged(self, workspace, train):
        version, registry = train(), Registry(workspace)
        forge(registry, version, "fairness.json", "120", "121")
        assert failed(workspace, version) == ["fairness", "seal"]
        registry.store_fairness(version, fairness())
        assert failed(workspace, registry.version("churn", "1")) == []

    def test_an_approval_of_what_was_forged_is_not_taken_and_a_refusal_is(self, workspace, train):
        version = train(verdict="flagged")
        forge(Registry(workspace), version, "card.md", "blocked", "ok")
        with pytest.raises(GateRefused, match=r"file card\.md was changed"):
            release.approve(workspace, "churn", "1", "eve", "looks fine")
        release.refuse(workspace, "churn", "1", "eve", "somebody was here")

    def test_a_process_killed_between_a_tag_and_its_seal_forged_nothing(self, workspace, train, monkeypatch):
        version, registry = train(), Registry(workspace)
        with monkeypatch.context() as patch:
            patch.setattr(Seals, "put", interrupted)
            with pytest.raises(KeyboardInterrupt):
                registry.tag(version, "note", "new")
        assert version_seal.look(registry, registry.version("churn", "1")).intact
        assert failed(workspace, registry.version("churn", "1")) == []

    def test_a_seal_taken_out_of_the_log_is_no_seal(self, workspace, train):
        version = train()
        with workspace.database.begin() as connection:
            connection.execute(sa.text("delete from audit_log where seq > 1"))
        said = judged(workspace, version)["seal"].text
        assert "the audit log is broken at entry 2: the log ends before the head kept" in said

    def test_what_an_earlier_release_made_waits_for_somebody_to_seal_it(self, workspace, train, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(version_seal, "seal", lambda *_: None)
            version = train()
        assert failed(workspace, version) == ["seal"]
        said = judged(workspace, version)["seal"].text
        assert "regulars audit seal churn 1 --reason TEXT" in said
        version_seal.seal(Registry(workspace), version, "ada", "looked at it after the upgrade")
        assert failed(workspace, version) == []


class TestReview:
    @pytest.fixture
    def reviewed(self, workspace) -> Workspace:
        return Workspace(workspace.root, Settings(review={"required": True}))

    def test_without_approval_a_required_review_refuses(self, reviewed, train):
        assert failed(reviewed, train()) == ["review"]

    def test_an_approval_passes(self, reviewed, train):
        version = train()
        release.approve(reviewed, "churn", version.version, "eve", "fine")
        assert failed(reviewed, version) == []

    def test_a_refusal_refuses_even_where_no_review_is_required(self, workspace, train):
        version = train()
        release.refuse(workspace, "churn", version.version, "eve", "too early")
        assert failed(workspace, version) == ["review"]
        assert "refused by eve" in judged(workspace, version)["review"].text
