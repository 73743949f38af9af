"""Fairness looked at again and again: a disparity blocks when it is large, and sure among a year of looks.

How large it is, the 95% interval says; whether there is one at all, the p-value of equality, held against what this
look may spend of the year's budget (`monitoring.error_budget`). Where both sides are the same a year of weekly looks at
many groups blocks nobody, and a disparity far beyond the limits is sure at the first look.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from datetime import date

from core.workspace import Workspace
from models.fairness_result import FairnessResult, Flag
from models.kinds import names
from monitoring import error_budget
from monitoring.error_budget import ErrorBudget
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
