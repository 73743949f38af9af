"""The shop's weekly series as one check among those of arriving data; what another check has said isn't said again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from types import MappingProxyType

import duckdb

from core.messages import Message
from core.workspace import Workspace
from monitoring.error_budget import ErrorBudget
from monitoring.results import MonitorReport, QualityCheck, Touched
from monitoring.shop_series import moved_series, weekly_series
from monitoring.shop_series.moved_series import MovedSeries
from monitoring.shop_series.weekly_series import SHARES, WHOLE, WeeklySeries

NAME = "moved_series"
_SAID = MappingProxyType(
    {
        "lines": ("silent_stores", "silent_regions", "silent_categories"),
        "units": ("moved_quantities",),
        "revenue": ("moved_prices", "week_revenue", "no_revenue"),
        "stores": ("silent_stores", "no_store"),
        "unknown_products": ("unknown_products", "no_product"),
    }
)
"""Which checks, failed, say the same of a series."""
_WORDS = MappingProxyType(
    {
        "lines": "share of lines",
        "units": "units per line",
        "revenue": "revenue per line",
        "stores": "stores that sell",
        "guests": "lines without a customer",
        "unknown_products": "lines without a known product",
        "no_discount": "lines without a discount",
    }
)


def check(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    as_of: date,
    history: Sequence[MonitorReport] = (),
    others: Sequence[QualityCheck] = (),
) -> QualityCheck:
    """Fails where a series moved of which none of the `others` speaks; `history` are the runs before."""
    level = ErrorBudget.configured(workspace.settings.rules).level("quality", [run.as_of for run in history], as_of)
    weeks = weekly_series.measure(connection, workspace, as_of)
    moved, judged = moved_series.judge(weeks, level, as_of, _moved_since(history))
    if not judged:
        return QualityCheck(NAME, 0.0, None, 0.0, True, Message("check.moved_series.too_early"), judged=False)
    told = [each for each in moved if not _said(each.of, others)]
    since = {each.of.key: each.since.isoformat() for each in moved}
    values = {"names": [_named(each) for each in told], "judged": judged, "since": since}
    says = Message("check.moved_series", values)
    if not told:
        return QualityCheck(NAME, 0.0, 0.0, 0.0, True, says)
    first = min(each.since for each in told) - timedelta(days=7)
    parts = [each.revenue for each in told if each.of.kind != WHOLE]
    touched = Touched(revenue_share=max(parts)) if parts else None
    return QualityCheck(NAME, float(len(told)), 0.0, 0.0, False, says, since=first, touched=touched)


def _moved_since(history: Sequence[MonitorReport]) -> dict[str, date]:
    """The series that had moved at the look before, each with the day on which it was first seen."""
    found = next((each for each in history[-1].quality if each.check == NAME), None) if history else None
    since = found.says.values.get("since", {}) if found else {}
    return {str(key): date.fromisoformat(day) for key, day in since.items()}


def _said(series: WeeklySeries, others: Sequence[QualityCheck]) -> bool:
    names = _SAID.get(series.measure, (series.measure,))
    failed = [each for each in others if each.check in names and not each.passed]
    if series.kind == WHOLE:
        return bool(failed)
    named = [str(name) for each in failed for name in each.says.values.get("names", ())]
    return any(name == series.part or name.startswith(f"{series.part} (") for name in named)


def _named(moved: MovedSeries) -> str:
    """Such as `PASTA: units per line (0.51 times)`."""
    of = moved.of
    words = _WORDS[of.measure] if of.kind == WHOLE else f"{of.kind} {of.part}: {_WORDS[of.measure]}"
    if moved.is_factor:
        return f"{words} ({math.exp(moved.distance):.3g} times)"
    return f"{words} ({'more' if moved.distance > 0 else 'fewer'})" if of.measure in SHARES else words
