"""The page of one attribute: how its groups stood beside the rest at each look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup

from core.errors import NotReady
from core.workspace import Workspace
from models.fairness_result import JUDGED, UNKNOWN, GroupFigure
from monitoring.desk import charts
from monitoring.desk.charts import RatioPoint
from monitoring.desk.languages import day as written
from monitoring.desk.languages import gettext, reader
from monitoring.desk.wording import term
from monitoring.fairness import repeated_looks
from monitoring.run_trends import ModelTrend, RunTrend, trends

SHOWN: Final = 52
"""Looks, of which a year has no more where one looks weekly."""
LISTED: Final = 13
"""Looks in a table; its CSV has all that are shown."""
LEAST_REACH: Final = 1.7
MOST_REACH: Final = 8.0
Look = tuple[RunTrend, ModelTrend]


@dataclass(frozen=True)
class RatioAtLook:
    """A group at one look: its ratio with the look's interval, and the one that holds with all looks of a year."""

    as_of: date
    figure: GroupFigure
    of_a_year: tuple[float, float] | None


@dataclass(frozen=True)
class GroupCourse:
    """One group over the looks, the oldest first."""

    group: str
    plot: Markup
    looks: tuple[RatioAtLook, ...]


@dataclass(frozen=True)
class MetricCourse:
    """One metric of every group; the rows of its table are `looks`, the newest first."""

    name: str
    groups: tuple[GroupCourse, ...]
    looks: tuple[RatioAtLook, ...]


@dataclass(frozen=True)
class FairnessPage:
    """One attribute over the looks at one version; `silent` looks did not measure it."""

    kind: str
    version: str | None
    attribute: str
    band: tuple[float, float]
    looks: int
    silent: int
    listed: int
    """How many of the looks the tables have."""
    metrics: list[MetricCourse]


def build(workspace: Workspace, kind: str, attribute: str) -> FairnessPage:
    """Every look at the version that was watched last.

    Raises:
        NotReady: no look has measured groups of this attribute.
    """
    entries = [(run, entry) for run in trends(workspace) if (entry := run.model(kind)) is not None]
    last = next((entry.version for _, entry in reversed(entries) if entry.version), None)
    own = [(run, entry) for run, entry in entries if entry.version == last][-SHOWN:]
    told = [look for look in own if any(figure.attribute == attribute for figure in look[1].fairness)]
    if not told:
        raise NotReady(
            f"no look has measured groups of {attribute!r}", where=kind, todo="the model's page lists the attributes"
        )
    rules = workspace.settings.rules
    band = (rules.fairness_low, rules.fairness_high)
    names = dict.fromkeys(f.metric for _, entry in told for f in entry.fairness if f.attribute == attribute)
    days = [run.as_of for run, _ in entries]
    listed = len(told) if reader().table else min(len(told), LISTED)
    first = told[-listed][0].as_of
    metrics = [_metric(name, list(_of_metric(told, attribute, name, days)), band, first) for name in names]
    return FairnessPage(kind, last, attribute, band, len(own), len(own) - len(told), listed, metrics)


def _of_metric(told: Sequence[Look], attribute: str, metric: str, days: Sequence[date]) -> Iterator[RatioAtLook]:
    """Each group at each look, in the order of the looks; those without the attribute are none."""
    for run, entry in told:
        figures = [f for f in entry.fairness if (f.attribute, f.metric) == (attribute, metric) and f.group != UNKNOWN]
        judged = sum(figure.verdict in JUDGED for figure in figures)
        times = repeated_looks.widening(judged, days, run.as_of)
        for figure in figures:
            yield RatioAtLook(run.as_of, figure, repeated_looks.of_a_year(figure, times))


def _metric(name: str, found: Sequence[RatioAtLook], band: tuple[float, float], first: date) -> MetricCourse:
    ends = [end for look in found if look.of_a_year for end in look.of_a_year if end > 0]
    reach = min(max([LEAST_REACH, *(max(end, 1 / end) for end in ends)]), MOST_REACH)
    groups = dict[str, list[RatioAtLook]]()
    for look in found:
        groups.setdefault(look.figure.group, []).append(look)
    courses = [_course(name, group, groups[group], band, reach) for group in sorted(groups)]
    return MetricCourse(name, tuple(courses), tuple(look for look in reversed(found) if look.as_of >= first))


def _course(
    metric: str, group: str, looks: Sequence[RatioAtLook], band: tuple[float, float], reach: float
) -> GroupCourse:
    points = [point for look in looks if (point := _point(look)) is not None]
    title = gettext("%(metric)s of %(group)s beside the rest, look by look")
    said = title % {"metric": term(metric), "group": term(group)}
    return GroupCourse(group, charts.ratios(points, band, reach, said) if points else Markup(""), tuple(looks))


def _point(look: RatioAtLook) -> RatioPoint | None:
    figure = look.figure
    if not figure.ratio or figure.low is None or figure.high is None or look.of_a_year is None:
        return None
    state = {"ok": "ok", "flagged": "flagged", "not certain yet": "watched"}.get(figure.verdict, "unjudged")
    return RatioPoint(written(look.as_of), figure.ratio, (figure.low, figure.high), look.of_a_year, state)
