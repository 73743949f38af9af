"""The shop's own Evidently report: data quality and business figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pandas as pd

from core.workspace import Workspace
from monitoring import dashboard, reports, rules
from monitoring.business import Figure
from monitoring.evidently_metrics import Measured
from monitoring.results import QualityCheck, ReportLink


def write(
    workspace: Workspace, checks: Sequence[QualityCheck], figures: Sequence[Figure], as_of: date, at: datetime
) -> ReportLink:
    """Keep the snapshot in the project `shop`."""
    steps = workspace.settings.rules.business_change
    metrics = [*reports.check_metrics(checks), *(_figure(figure, steps) for figure in figures)]
    metrics += dashboard.of_shop(figures, sum(not check.passed for check in checks))
    empty = pd.DataFrame({"value": [0.0]})
    snapshot = reports.run(reports.Data(empty, empty), metrics, f"the shop as of {as_of}", at, [f"as of {as_of}"])
    return reports.save(workspace, reports.SHOP, snapshot)


def _figure(figure: Figure, steps: Sequence[float]) -> Measured:
    if figure.change is None:
        text = f"{figure.value:,.4g}; no earlier window to compare with"
    else:
        text = f"{figure.value:,.4g}, {figure.change:+.1%} off its baseline {figure.baseline:,.4g}"
    passed = rules.level(figure.change, steps) == 0
    return Measured(title=figure.name, figure=figure.value, text=text, passed=passed)
