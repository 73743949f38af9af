"""The page of the shop's customers: groups and stages, how they went, and how customers moved between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup

from core.workspace import Workspace
from feature_repo.segment_rules import GROUPS, STAGES
from models.segments.group_month import By, GroupMonth
from models.segments.movements import ARRIVED, UNPROFILED
from monitoring import rules
from monitoring.desk import charts, lights
from monitoring.desk.alluvial import Flow, alluvial
from monitoring.desk.languages import day, gettext, percent
from monitoring.desk.languages import marked as _m
from monitoring.desk.lights import Signal
from monitoring.desk.wording import term
from monitoring.results import Movement, SegmentsReport
from monitoring.summary import Summaries

RANKS: Final[Mapping[By, Mapping[str, int]]] = {
    "group": {
        "champions": 5, "loyal": 4, "potential loyal": 3, "new": 3, "needs attention": 2, "at risk": 1,
        "cannot lose": 1, "lost": 0,
    },
    "stage": {
        "high value": 3, "new": 2, "growing": 2, "mature": 2, "established": 2, "at risk": 1, "lost": 0,
    },
}  # fmt: skip
"""What counts as a move for the better or for the worse."""
NAMES: Final[Mapping[By, tuple[str, ...]]] = {"group": tuple(GROUPS.values()), "stage": tuple(STAGES.values())}
TITLES: Final[Mapping[By, str]] = {"group": _m("Groups"), "stage": _m("Stages of life")}
ARROWS: Final = {"better": _m("↑ better"), "worse": _m("↓ worse"), "same": ""}


@dataclass(frozen=True)
class GroupRow:
    """One group now: what it was a month ago, its churn where a month is over, and its course."""

    now: GroupMonth
    before: GroupMonth | None
    judged: GroupMonth | None
    raised: bool
    spark: Markup
    plot: Markup


@dataclass(frozen=True)
class MovementRow:
    """One line of the table of movements."""

    moved: Movement
    says: str


@dataclass(frozen=True)
class GroupSection:
    """Groups, or stages: the table, the months, the movements and their picture."""

    by: By
    title: str
    rows: list[GroupRow]
    days: list[date]
    sizes: list[list[GroupMonth]]
    picture: Markup
    movements: list[MovementRow]


@dataclass(frozen=True)
class SegmentsPage:
    """The latest run's; no report before the first that looked at customers."""

    report: SegmentsReport | None
    signal: Signal
    says: str
    customers: int
    limit: float
    months: int
    sections: list[GroupSection]


def build(workspace: Workspace) -> SegmentsPage:
    """What the latest run of monitoring found."""
    run, limits = Summaries(workspace).latest(), workspace.settings.rules
    report = run.segments if run else None
    if report is None:
        return SegmentsPage(
            None,
            Signal("grey", gettext("Not looked at"), ""),
            "",
            0,
            limits.segment_churn,
            limits.segment_churn_months,
            [],
        )
    raised = rules.raised_groups(report.months, limits)
    sections = [_section(report, by, raised) for by in NAMES]
    state = rules.segment_churn(report.months, limits)
    customers = sum(row.now.customers for row in sections[0].rows)
    signal = lights.of_rule(state)
    return SegmentsPage(
        report, signal, str(state.says), customers, limits.segment_churn, limits.segment_churn_months, sections
    )


def _section(report: SegmentsReport, by: By, raised: Sequence[str]) -> GroupSection:
    own = [month for month in report.months if month.by == by]
    days = sorted({month.as_of for month in own})
    courses = {name: [month for month in own if month.name == name] for name in NAMES[by]}
    moves = [each for each in report.movements if each.by == by]
    return GroupSection(
        by=by,
        title=gettext(TITLES[by]),
        rows=[_row(course, by == "group" and name in raised) for name, course in courses.items()],
        days=days,
        sizes=[[month for month in own if month.as_of == day] for day in days],
        picture=_picture(moves, by, report),
        movements=[MovementRow(each, gettext(ARROWS[_state(each, by)])) for each in moves],
    )


def _row(course: Sequence[GroupMonth], raised: bool) -> GroupRow:
    now = course[-1]
    title = gettext("customers who are %s, over the months") % term(now.name)
    return GroupRow(
        now=now,
        before=course[-2] if len(course) > 1 else None,
        judged=next((month for month in reversed(course) if month.churn is not None), None),
        raised=raised,
        spark=charts.spark([float(month.customers) for month in course], title),
        plot=charts.filled(
            now.share,
            "ok",
            gettext("%(name)s: %(share)s of all") % {"name": term(now.name), "share": percent(now.share)},
        ),
    )


def _picture(moves: Sequence[Movement], by: By, report: SegmentsReport) -> Markup:
    flows = [Flow(term(each.origin), term(each.target), each.customers, _state(each, by)) for each in moves]
    ends = {"by": term(by), "first": day(report.moved_from), "last": day(report.moved_to)}
    title = gettext("customers by %(by)s, from %(first)s (left) to %(last)s (right)") % ends
    worse = sum(flow.count for flow in flows if flow.state == "worse")
    better = sum(flow.count for flow in flows if flow.state == "better")
    said = gettext("%(better)s moved for the better and %(worse)s for the worse; the table beside it has every move")
    said %= {"better": better, "worse": worse}
    # A report that an earlier release kept may name a place that is no more.
    names = dict.fromkeys((*NAMES[by], ARRIVED, UNPROFILED, *(each.target for each in moves)))
    return alluvial(flows, tuple(map(term, names)), title, said)


def _state(move: Movement, by: By) -> str:
    ranks = RANKS[by]
    if move.origin not in ranks or move.target not in ranks:
        return "same"
    change = ranks[move.target] - ranks[move.origin]
    return "better" if change > 0 else "worse" if change < 0 else "same"
