"""Each step of the day prints one document, and asked for again ends well and doubles nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.alerts import Alerts
from core.workspace import Workspace
from feature_repo import catalog, partitions
from feature_repo.materialization import Materializations
from models.kinds import names
from models.registry import Registry
from monitoring.summary import Summaries
from tests.system.cli import Ended, regulars

CHAMPION = ("promote", "value", "1")
STEPS = (
    ("ingest",),
    ("features", "build"),
    ("train", "value", "--unless-trained", "--trials", "1"),
    CHAMPION,
    ("materialize",),
    ("monitor",),
)


@pytest.mark.parametrize(
    "step",
    [pytest.param(step, id=" ".join(step), marks=pytest.mark.long if step == ("monitor",) else ()) for step in STEPS],
)
def test_a_step_asked_for_again_doubles_nothing(a_copy: Path, step: Sequence[str]) -> None:
    _do(step, a_copy)
    once = _state(Workspace.open(a_copy))
    again = _do(step, a_copy)
    assert again.document["ok"] is True  # all that is on standard output is one document
    assert _state(Workspace.open(a_copy)) == once


def _do(step: Sequence[str], shop: Path) -> Ended:
    """The step; a promotion that chance has fairness block on a small shop is approved first."""
    if step == CHAMPION and regulars(*step, "--json", folder=shop, code=None).code == 3:
        regulars("approve", *step[1:], "--reason", "seen by the test", folder=shop)
    return regulars(*step, "--json", folder=shop)


def _state(workspace: Workspace) -> dict[str, Any]:
    """What a step could double: rows, snapshots, versions, aliases, filled entities, days monitored, alerts."""
    registry, fillings, summaries = Registry(workspace), Materializations(workspace), Summaries(workspace)
    return {
        "rows": {name: workspace.tables.rows(name) for name in workspace.tables.names()},
        "snapshots": {view: partitions.built_days(workspace, view) for view in catalog.VIEWS},
        "versions": {kind: [each.version for each in registry.versions(kind)] for kind in names()},
        "aliases": {kind: registry.aliases(kind) for kind in names()},
        "past": {kind: registry.past_champions(kind) for kind in names()},
        "filled": {view: fillings.keys(view) for view in catalog.VIEWS},
        "monitored": [report.as_of for report in summaries.history()],
        "alerts": sorted((each.source, each.subject) for each in Alerts(workspace).open()),
    }
