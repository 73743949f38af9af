"""The error budget: how likely a year of looks may raise any false alarm, and what each look may spend of it.

All alerts of a workspace share one yearly probability (`rules.false_alarms`, 5%). Families of tests (drift,
performance, ...) have fixed shares, the subjects of a family (its models) equal parts, and a day of data its 365th
part. A look spends what the days of data since the look before it are worth, whatever the rhythm of looking, so that
by the union bound a year spends no more than the budget: alpha spending by information (Lan and DeMets, 1983), with a
constant rate because a shop's year has no last look. Two looks on one day are one: they see the same data.

P-values of one look are judged together by weighted Benjamini-Hochberg (Benjamini and Hochberg, 1995; weights:
Genovese, Roeder and Wasserman, 2006): where nothing has changed, some alert falls with no more than the look's level
(Simes).

Nothing is kept beside the days of the looks, which the history of monitoring runs holds: the state is computed anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np

from core.errors import UsageError, did_you_mean
from core.settings import Rules

YEAR_DAYS = 365
FIRST_DAYS = 7
"""What the first look counts as having seen anew."""
MOST_DAYS = 28
"""What a look counts at most: who looks seldom may not save up."""
FAMILIES: Mapping[str, float] = MappingProxyType(
    {"drift": 0.4, "performance": 0.2, "fairness": 0.2, "business": 0.1, "quality": 0.1}
)
"""The share of the budget that each family of tests has; together 1."""


@dataclass(frozen=True)
class Spending:
    """What a family had for a year, and what the looks of the last 365 days have spent of it."""

    family: str
    yearly: float
    spent: float

    @property
    def left(self) -> float:
        """What is left of the year's part, never below 0."""
        return max(self.yearly - self.spent, 0.0)


@dataclass(frozen=True)
class ErrorBudget:
    """The probability that any alert of a year without change is raised; in (0, 1)."""

    yearly: float = 0.05

    @classmethod
    def configured(cls, rules: Rules) -> ErrorBudget:
        """The budget that the settings give."""
        return cls(rules.false_alarms)

    def of(self, family: str, subjects: int = 1) -> float:
        """What one of the subjects of a family may spend in a year.

        Raises:
            UsageError: no such family.
        """
        if family not in FAMILIES:
            raise UsageError(f"no family of alerts is named {family!r}", todo=did_you_mean(family, FAMILIES))
        return self.yearly * FAMILIES[family] / max(subjects, 1)

    def level(self, family: str, earlier: Iterable[date], as_of: date, subjects: int = 1) -> float:
        """What the look as of a day may spend, given the days of the earlier looks: its level of significance."""
        return self.of(family, subjects) * new_days(earlier, as_of) / YEAR_DAYS

    def spending(self, family: str, looks: Iterable[date], as_of: date) -> Spending:
        """What the looks of the year up to and with `as_of` have spent."""
        yearly, days = self.of(family), sorted({day for day in looks if day <= as_of})
        spent = [
            self.level(family, days[:i], day) for i, day in enumerate(days) if day > as_of - timedelta(days=YEAR_DAYS)
        ]
        return Spending(family, yearly, min(sum(spent), yearly))


def new_days(earlier: Iterable[date], as_of: date) -> int:
    """How many days of data a look sees that no earlier look has seen: since the last before that day."""
    before = [day for day in earlier if day < as_of]
    return min((as_of - max(before)).days, MOST_DAYS) if before else FIRST_DAYS


def discoveries(
    p_values: Mapping[str, float], level: float, weights: Mapping[str, float] | None = None
) -> frozenset[str]:
    """Which of the p-values of one look are significant together; weights (of any scale) favour what matters more.

    Weighted Benjamini-Hochberg: the largest k whose k-th smallest p/w is at most level*k/n, with weights of mean 1.
    A p-value that is no number is none.
    """
    names = [name for name, p in p_values.items() if p == p]  # noqa: PLR0124
    if not names:
        return frozenset()
    given = np.array([1.0 if weights is None else weights.get(name, 0.0) for name in names])
    given = given / given.mean() if given.sum() > 0 else np.ones(len(names))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(given > 0, np.array([p_values[name] for name in names]) / given, np.inf)
    order = np.argsort(scaled, kind="stable")
    passed = np.flatnonzero(scaled[order] <= level * np.arange(1, len(names) + 1) / len(names))
    return frozenset(names[i] for i in order[: passed[-1] + 1]) if len(passed) else frozenset()
