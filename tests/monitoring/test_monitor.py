"""A monitoring run: what was planted appears, and nothing where nothing was planted."""

import json
from datetime import timedelta

import pandas as pd
import pytest

from core.alerts import Alerts
from core.clock import present
from core.errors import DataError
from core.manifest import PROTECTED
from core.messages import Message
from feature_repo import partitions
from models.registry import Registry
from monitoring import frames, monitor
from monitoring.results import SOURCE
from monitoring.summary import Summaries
from tests.support.shop import commit
from tests.support.watched import RecencyKind, RecencyModel


@pytest.fixture
def today(shop):
    return present(shop)


@pytest.fixture
def kept(shop):
    """What was kept of the run of the present, with nothing planted."""
    report = Summaries(shop).latest()
    assert report is not None
    return report


def churn(report):
    return next(model for model in report.models if model.kind == "churn")


def plant_shift(workspace, day, column):
    """Move one feature of every customer by one standard deviation, in the snapshot as of `day`."""
    path = partitions.partition(workspace, "customer_features", day)
    frame = pd.read_parquet(path, partitioning=None)
    frame[column] += frame[column].std()
    frame.to_parquet(path)


def plant_disparity(workspace, as_of):
    """Put most of those who are scored as risks into one group."""
    model = RecencyModel(as_of)
    scores = RecencyKind().predict_file(workspace, model, as_of, "-")
    half = scores.index % 2 == 0
    group = ["old" if risk and mine else "young" for risk, mine in zip(scores["risk_tier"] >= 1, half, strict=True)]
    spread = [name if i % 3 else "old" for i, name in enumerate(group)]
    commit(workspace, {PROTECTED: scores[["customer_id"]].assign(attribute="age_band", value=spread)})


def test_nothing_appears_where_nothing_was_planted(kept):
    found = churn(kept)
    assert kept.alerts == ()
    assert found.drift is not None
    assert [column.column for column in found.drift.drifted] == []
    assert len(found.drift.columns) > 60
    assert found.fairness is not None
    assert found.fairness.state == "ok"
    assert [str(check.says) for check in (*kept.quality, *found.quality) if not check.passed] == []


def test_many_moved_features_raise_the_alert(shop, today):
    path = partitions.partition(shop, "customer_features", today)
    frame = pd.read_parquet(path, partitioning=None)
    numbers = [name for name in frame.select_dtypes("number") if frame[name].std() > 0]
    moved = numbers[: len(numbers) // 2]
    frame[moved] += 2.5 * frame[moved].std()
    frame.to_parquet(path)
    report = monitor.run(shop, today)
    assert "drift" in {rule.rule for rule in report.alerts}
    assert any(alert.subject == "drift: churn" for alert in Alerts(shop).open())


def test_a_planted_disparity_appears_and_blocks_the_version(shop, today):
    plant_disparity(shop, today - timedelta(days=28))
    report = monitor.run(shop, today)
    found = churn(report).fairness
    assert found is not None
    assert {(figure.attribute, figure.group) for figure in found.flagged} >= {("age_band", "old")}
    assert {rule.rule for rule in report.alerts} == {"fairness"}
    registry = Registry(shop)
    version = registry.version("churn", "champion")
    assert version.tags["fairness"] == "blocked"
    assert registry.fairness(version) == found


def test_the_metric_is_measured_out_of_sample_and_beats_its_floor(kept, today):
    performance = churn(kept).performance
    assert performance is not None
    assert performance.trained_as_of <= performance.as_of
    assert performance.until == today
    assert not performance.below
    assert performance.low <= performance.value <= performance.high


def test_who_left_and_who_stays_away_are_told_beside_who_was_expected_to(kept):
    states = {rule.rule: rule for rule in kept.rules}
    left = churn(kept).performance.left
    assert left.customers == churn(kept).performance.units
    assert f"{left.left} left" in str(states["left_over_expected"].says)
    assert states["staying_away"].kind is None


def test_a_run_without_any_version_still_looks_at_the_shop(small_shop):
    report = monitor.run(small_shop, present(small_shop))
    assert {model.version for model in report.models} == {None}
    assert all("regulars train" in str(model.note) for model in report.models)
    assert len(report.business) == 4
    assert report.quality
    assert report.report is not None


def test_the_summary_is_kept_and_the_last_run_of_a_day_speaks_for_it(shop, today):
    before = len(Summaries(shop).history())
    second = monitor.run(shop, today)
    history = Summaries(shop).history()
    assert len(history) == before
    assert history[-1] == second


def test_an_alert_that_has_passed_is_closed(shop, today):
    Alerts(shop).append("severe", SOURCE, "fairness: churn", Message.plain("a disparity"))
    monitor.run(shop, today)
    assert not any(alert.subject == "fairness: churn" for alert in Alerts(shop).open())


def test_a_date_before_the_training_compares_features_and_says_nothing_it_can_not_know(shop, today):
    found = churn(monitor.run(shop, today - timedelta(days=40)))
    assert found.performance is None
    assert found.drift is not None
    assert {column.source for column in found.drift.columns} <= {"feature", "joint"}


def test_the_reference_is_what_the_version_was_trained_on(shop):
    registry = Registry(shop)
    version = registry.version("churn", "champion")
    days = frames.origins(registry, version, 28)
    assert len(days) == frames.MOST_ORIGINS
    assert max(days) == version.as_of - timedelta(days=28)


def test_a_planted_shift_of_one_standard_deviation_appears_alone_in_the_one_json_document_that_is_printed(shop, today):
    from typer.testing import CliRunner

    from pipelines.cli import main

    plant_shift(shop, today, "revenue_84d")
    result = CliRunner().invoke(main.build(), ["monitor", "--json", "--workspace", str(shop.root)])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["ok"] is True
    assert document["as_of"] == today.isoformat()
    assert document["models"][0]["drift"]["drifted"] == ["revenue_84d"]


def test_no_snapshot_and_no_summary_holds_a_customer(shop, today):
    ids = set(RecencyKind().predict_file(shop, RecencyModel(today), today, "-")["customer_id"])
    snapshots = [path.read_text() for path in shop.reports_dir.rglob("*.json")]
    summaries = [report.to_json() for report in Summaries(shop).history()]
    assert snapshots
    assert summaries
    assert not any(f'"{name}"' in text for text in snapshots + summaries for name in ids)


def test_a_date_ahead_of_the_shop_s_present_is_refused_and_nothing_is_kept(shop, today):
    before = Summaries(shop).history()
    with pytest.raises(DataError, match="lies ahead"):
        monitor.run(shop, today + timedelta(days=150))
    assert Summaries(shop).history() == before


def test_a_version_that_can_not_be_looked_at_does_not_leave_the_page(shop, today, monkeypatch):
    def broken(*_):
        raise DataError("no customer can be scored")

    monkeypatch.setattr(frames, "of_features", broken)
    report = monitor.run(shop, today)
    found = churn(report)
    assert (found.version, "no customer" in str(found.note)) == ("1", True)
    assert [rule.subject for rule in report.alerts if rule.rule == "watched"] == ["churn"]
