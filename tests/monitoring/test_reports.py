"""The full reports: what Evidently computes is what we say, and nothing of a customer stays in them."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import get_args
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from evidently.core.report import Snapshot
from evidently.ui.service.base import SeriesFilter
from evidently.ui.service.storage.common import NoopAuthManager
from evidently.ui.service.storage.local import create_local_project_manager
from evidently.ui.workspace import Workspace as EvidentlyWorkspace

from core.errors import NotReady
from core.messages import Message
from core.workspace import Workspace
from models.fairness_result import FairnessResult, Verdict
from monitoring import dashboard, model_report, reports
from monitoring.drift import drawn_columns
from monitoring.drift.drawn_columns import ColumnComparison
from monitoring.evidently_metrics import DashboardPoint
from monitoring.fairness import judge
from monitoring.fairness.counting import confusions
from monitoring.fairness.judge import Limits
from monitoring.results import ColumnDrift, DriftResult, ModelReport, QualityCheck, ReportLink

NOW = datetime(2024, 9, 1, tzinfo=UTC)
TODAY = date(2024, 9, 1)
MARK = 123456.789


@pytest.fixture(scope="module")
def compared():
    rng = np.random.default_rng(0)

    def frame(n, shift=0.0):
        codes = rng.choice(["a", "b"], n)
        return pd.DataFrame({"spend": rng.gamma(2, 20, n) + shift, "visits": rng.poisson(4, n) * 1.0, "code": codes})

    current = frame(400, shift=40)
    current.loc[7, "spend"] = MARK
    days = [TODAY - timedelta(days=28 * back) for back in (3, 2, 1)]
    return ColumnComparison({day: frame(400) for day in days}, current, TODAY, frozenset({"code"}))


@pytest.fixture(scope="module")
def fairness():
    rng = np.random.default_rng(1)
    groups = rng.choice(["young", "old", None], 900)
    selected = (rng.random(900) < 0.3) | ((groups == "old") & (rng.random(900) < 0.7))
    figures = judge.rates("age", confusions(groups, selected, rng.random(900) < 0.3), Limits())
    return FairnessResult("churn", TODAY - timedelta(days=28), TODAY, tuple(figures))


@pytest.fixture(scope="module")
def snapshot(compared, fairness):
    columns = [ColumnDrift(name, "feature", "location", 1.0, 0.5, 0.3, True) for name in compared.current]
    checks = [QualityCheck("guests", 0.4, 0.0, 0.1, False, Message("check.share", {"now": 0.4, "before": 0.0}))]
    metrics = [
        *reports.fairness_metrics(fairness, Limits()),
        *reports.check_metrics(checks),
        *drawn_columns.metrics(columns, compared.codes),
    ]
    data = reports.Data(compared.current, compared.pooled, compared.codes)
    return reports.run(data, metrics, "churn version 1", NOW, ["version 1"])


def results(snapshot):
    return {each["metric_name"]: each["value"] for each in snapshot.dict()["metrics"]}


def test_evidentlys_own_presets_stand_in_the_report_for_every_column_that_is_drawn(snapshot, compared):
    found = {name: value for name, value in results(snapshot).items() if "ValueDrift" in name}
    named = {column: next(name for name in found if f"column={column}," in name) for column in compared.current}
    assert "jensenshannon" in named["code"]
    assert "wasserstein" in named["spend"]
    assert found[named["spend"]] > 1 > found[named["visits"]]


@pytest.mark.parametrize("side", ["now", "at training"])
def test_a_column_without_a_value_is_left_out_of_the_drawings_and_kills_no_report(compared, tmp_path, side):
    empty = compared.current.assign(spend=np.nan) if side == "now" else compared.current
    before = {d: f.assign(spend=np.nan) if side != "now" else f for d, f in compared.reference.items()}
    columns = tuple(ColumnDrift(name, "feature", "location", 1.0, 0.5, 0.3, True) for name in compared.current)
    found = ModelReport("churn", "1", None, TODAY, drift=DriftResult(columns, tuple(before), 400, 400))
    (tmp_path / "regulars.toml").write_text("")
    workspace = Workspace.open(tmp_path)
    link = model_report.write(
        workspace, found, [(ColumnComparison(before, empty, TODAY, compared.codes), "feature")], TODAY, NOW
    )
    html = reports.html(workspace, link)
    assert "visits" in html


def test_our_verdicts_are_its_tests(snapshot, fairness):
    status = {test["name"]: test["status"].value for test in snapshot.dict()["tests"]}
    assert status["selection rate of age = old"] == "FAIL"
    assert status["selection rate of age = unknown"] == "SKIPPED"
    assert status["lines without a customer"] == "FAIL"
    assert status["Value Drift for column visits"] == "SUCCESS"
    assert fairness.flagged


def test_fairness_is_a_figure_of_the_same_report(snapshot):
    name = next(name for name in results(snapshot) if name.startswith("GroupFairness") and "selection rate" in name)
    assert results(snapshot)[name] == 2


@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_a_group_of_any_verdict_is_drawn(fairness, compared, verdict):
    same = replace(fairness, figures=tuple(replace(each, verdict=verdict) for each in fairness.figures))
    data = reports.Data(compared.current, compared.pooled, compared.codes)
    drawn = reports.run(data, reports.fairness_metrics(same, Limits()), "churn version 1", NOW, ["version 1"])
    assert any(verdict in test["description"] for test in drawn.dict()["tests"])


def test_a_report_is_kept_where_evidentlys_own_pages_find_it(snapshot, tmp_path):
    workspace = SimpleNamespace(reports_dir=tmp_path / "reports")
    first, second = (reports.save(workspace, "churn", snapshot) for _ in range(2))
    other = reports.save(workspace, "demand", snapshot)
    assert first.project == second.project != other.project
    store = EvidentlyWorkspace(str(workspace.reports_dir))
    assert {project.name for project in store.list_projects()} == {"churn", "demand"}
    assert len(store.list_runs(first.project)) == 2
    page = reports.html(workspace, first)
    assert "Fairness: selection rate by age" in page


def test_a_report_is_added_without_reading_those_before_it(snapshot, tmp_path):
    workspace = SimpleNamespace(reports_dir=tmp_path / "reports")
    first = reports.save(workspace, "churn", snapshot)
    (earlier,) = workspace.reports_dir.rglob(f"{first.run}.json")
    earlier.write_text("{")
    assert reports.save(workspace, "churn", snapshot).project == first.project


def test_evidently_loads_the_snapshot_without_our_code(snapshot, tmp_path):
    path = tmp_path / "snapshot.json"
    path.write_text(snapshot.dumps())
    assert '"monitoring' not in path.read_text()
    assert Snapshot.load(str(path)).get_name() == "churn version 1"


def test_no_value_of_a_customer_stays_in_a_report(snapshot):
    text = snapshot.dumps()
    assert "mean +/- std" not in text
    longest = max(len(values) for values in _number_lists(json.loads(text)))
    assert longest <= 60


@pytest.mark.parametrize("link", [ReportLink("../..", "etc"), ReportLink("0" * 32, "1" * 32)])
def test_a_report_that_is_not_there_is_said_in_words(tmp_path, link):
    with pytest.raises(NotReady, match="regulars monitor"):
        reports.html(SimpleNamespace(reports_dir=tmp_path), link)


def _number_lists(content):
    if isinstance(content, dict):
        for value in content.values():
            yield from _number_lists(value)
    elif isinstance(content, list):
        if content and all(isinstance(value, int | float) for value in content):
            yield content
        for value in content:
            yield from _number_lists(value)


def test_evidentlys_dashboard_draws_each_figure_over_the_runs(compared, tmp_path):
    workspace = SimpleNamespace(reports_dir=tmp_path / "reports")
    data = reports.Data(compared.current, compared.pooled, compared.codes)
    for value in (0.8, 0.7):
        courses = dashboard.of_model(ModelReport("churn", "1", quality=()))
        courses.append(DashboardPoint.of(f"{dashboard.PERFORMANCE}: roc_auc", value))
        link = reports.save(workspace, "churn", reports.run(data, courses, "churn", NOW, []))
    store = EvidentlyWorkspace(str(workspace.reports_dir))
    panels = {panel.title: panel for panel in store.get_project(link.project).dashboard.model().panels}
    assert set(panels) == {dashboard.PERFORMANCE, dashboard.CHECKS}
    (line,) = panels[dashboard.PERFORMANCE].values
    asked = SeriesFilter(tags=[], metadata={}, metric=line.metric, metric_labels=line.metric_labels)
    data_storage = create_local_project_manager(store.path, False, NoopAuthManager()).data_storage
    found = asyncio.run(data_storage.get_data_series(UUID(link.project), [asked], None, None))
    assert [series.values for series in found.series] == [[0.8, 0.7]]
