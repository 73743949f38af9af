"""Fairness looked at again and again: a disparity blocks when it is large, and sure among a year of looks.

How large it is, the 95% interval says; whether there is one at all, the p-value of equality, held against what this
look may spend of the year's budget (`monitoring.error_budget`). Where both sides are the same a year of weekly looks at
many groups blocks nobody, and a disparity far beyond the limits is sure at the first look.

Shown over time, each look's interval stands within a wider one: all the wider ones of a year hold together with 95%,
however often one looks. They are repeated confidence intervals (Jennison and Turnbull, 1989) whose 5% is spent by the
days of data that a look sees anew (Lan and DeMets, 1983).
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from datetime import date

from scipy import stats

from core.workspace import Workspace
from models.fairness_result import FairnessResult, Flag, GroupFigure
from models.kinds import names
from monitoring import error_budget
from monitoring.error_budget import YEAR_DAYS, ErrorBudget
from monitoring.fairness import judge
from monitoring.summary import Summaries


def of_look(workspace: Workspace, result: FairnessResult, kept: FairnessResult | None, as_of: date) -> FairnessResult:
    """The result as a monitoring run as of a day judges it, after the runs before that day.

    What the measurement kept before has flagged stays flagged while it is beyond the limits: a block is not lifted by
    looking again.
    """
    budget = ErrorBudget.configured(workspace.settings.rules)
    earlier = [run.as_of for run in Summaries(workspace).history(before=as_of)]
    level = budget.level("fairness", earlier, as_of, len(names()))
    return certain_at(result, level, kept.flags if kept else frozenset())


def certain_at(result: FairnessResult, level: float, known: Set[Flag] = frozenset()) -> FairnessResult:
    """The result with what is flagged and not sure at the look's level as `not certain yet`.

    The p-values of all figures judged are taken together (Benjamini and Hochberg); what is `known` stays flagged.
    """
    judged = {str(place): f.p for place, f in enumerate(result.figures) if f.p is not None}
    sure = error_budget.discoveries(judged, level)
    uncertain = {
        place
        for place, figure in enumerate(result.figures)
        if figure.verdict == "flagged" and str(place) not in sure and figure.flag not in known
    }
    figures = (replace(f, verdict="not certain yet") if i in uncertain else f for i, f in enumerate(result.figures))
    return replace(result, figures=tuple(figures))


def widening(judged: int, earlier: Iterable[date], as_of: date) -> float:
    """How many times as wide, on the log scale, an interval has to be to hold together with a year's other looks.

    From the normal quantile of one look to that of its part of a year: exact where log ratios are normal, an
    approximation for score intervals.

    Args:
        judged: how many groups of its attribute the interval is corrected for.
        earlier: the days of the looks before.
        as_of: the day of this look.
    """
    error = (1 - judge.CONFIDENCE) * error_budget.new_days(earlier, as_of) / YEAR_DAYS / max(judged, 1)
    return float(stats.norm.isf(error / 2) / stats.norm.ppf(0.5 + judge.corrected(judged) / 2))


def of_a_year(figure: GroupFigure, times: float) -> tuple[float, float] | None:
    """The interval of a look, so many times as wide on the log scale, each side by itself.

    0 stays 0 at its lower end; None where there is no interval.
    """
    if not figure.ratio or figure.low is None or not figure.high:
        return None
    low = figure.ratio * (figure.low / figure.ratio) ** times
    return low, figure.ratio * (figure.high / figure.ratio) ** times
