"""The page of the shop's data: how good each table is, how its scores went, and what to do about the worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from core.workspace import Workspace
from monitoring.data_quality.quality_history import Course, QualityHistory, course
from monitoring.data_quality.quality_report import DIMENSIONS, Finding, ShopQuality, TableQuality
from monitoring.desk import charts
from monitoring.desk.languages import gettext
from monitoring.desk.lights import Signal
from monitoring.desk.wording import term

IN_ORDER, LOOK = 98.0, 90.0
"""From which scores on a table is in order, and below which somebody has to act."""


@dataclass(frozen=True)
class ScoreCell:
    """A score as a figure and a bar; nothing where it was not judged."""

    name: str
    score: float | None
    plot: Markup


@dataclass(frozen=True)
class TableCard:
    """One table: its score and course, its dimensions, and everything that was measured, the worst first."""

    table: TableQuality
    signal: Signal
    cells: list[ScoreCell]
    spark: Markup
    change: float | None
    findings: list[Finding]
    wrong: int


@dataclass(frozen=True)
class DataPage:
    """The latest assessment; none before the first. `outdated`: the tables have changed since."""

    found: ShopQuality | None
    signal: Signal
    course: Course | None
    spark: Markup
    tables: list[TableCard]
    worst: list[Finding]
    outdated: bool


def build(workspace: Workspace) -> DataPage:
    """What was kept last."""
    runs = QualityHistory(workspace).history()
    if not runs:
        return DataPage(None, Signal("grey", gettext("Not assessed"), ""), None, Markup(""), [], [], False)
    found = runs[-1]
    whole = course(runs)
    return DataPage(
        found,
        _signal(found.score),
        whole,
        charts.spark(whole.scores, gettext("the shop's score over the days")),
        [_card(table, runs) for table in found.tables],
        found.worst(),
        found.generation != workspace.tables.generation,
    )


def _card(table: TableQuality, runs: Sequence[ShopQuality]) -> TableCard:
    past = course(runs, table.table)
    findings = sorted(table.findings, key=lambda each: each.score)
    return TableCard(
        table,
        _signal(table.score),
        [_cell(name, table.dimension(name)) for name in DIMENSIONS],
        charts.spark(past.scores, gettext("the score of %s over the days") % table.table),
        past.change,
        findings,
        sum(each.score < 100 for each in findings),
    )


def _cell(name: str, score: float | None) -> ScoreCell:
    if score is None:
        return ScoreCell(name, score, Markup(""))
    plot = charts.filled(
        score / 100, _state(score), gettext("%(name)s: %(score)g of 100") % {"name": term(name), "score": score}
    )
    return ScoreCell(name, score, plot)


def _state(score: float) -> str:
    return "ok" if score >= IN_ORDER else "warn" if score >= LOOK else "flagged"


def _signal(score: float) -> Signal:
    if score >= IN_ORDER:
        return Signal("green", gettext("In order"), "")
    return Signal("amber", gettext("Look at it"), "") if score >= LOOK else Signal("red", gettext("Act"), "")
