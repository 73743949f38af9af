"""What a shop would expect without a learner: buy-till-you-die, and the last window again.

A formula reads a few features of a customer and tells expected purchases and spend of any number of days, and the
chance of no purchase in them. It is the baseline, and what the boosters of the model start from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from feature_repo.families import frequency, money, recency, tenure
from models.arrays import Float64Array
from models.churn.bgnbd import Parameters
from models.value import gamma_gamma, repeat_buying
from models.value.gamma_gamma import Money
from models.value.repeat_buying import Summary

LIFETIME = tenure.LIFETIME_REVENUE
READ = (
    tenure.REPEAT_VISITS,
    tenure.VISIT_SPAN,
    tenure.DAYS_SINCE_FIRST_VISIT,
    LIFETIME,
    recency.DAYS_SINCE_LAST_VISIT,
    *(frequency.VISIT_DAYS[n] for n in (28, 84, 364)),
    *(money.REVENUE[n] for n in (28, 84, 364)),
)
"""The features that formulas read."""
Values = Mapping[str, Float64Array]
"""Those features by name, each of shape (customers,)."""


class Formula(ABC):
    """Expected purchases and spend, and the chance of none."""

    name: ClassVar[str]

    @abstractmethod
    def expected(self, values: Values, days: int) -> tuple[Float64Array, Float64Array]:
        """Spend and purchase days of the coming days."""

    def expected_over(self, values: Values, horizons: Sequence[int]) -> list[tuple[Float64Array, Float64Array]]:
        """The same of several numbers of days."""
        return [self.expected(values, days) for days in horizons]

    @abstractmethod
    def survival(self, values: Values, days: Sequence[float]) -> Float64Array:
        """P(no purchase within each of these days), shape (customers, days)."""

    @abstractmethod
    def late_after(self, values: Values) -> Float64Array:
        """Days after the last purchase by which nine in ten customers of this rhythm have bought again."""

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """For JSON."""


@dataclass(frozen=True)
class BuyTillYouDie(Formula):
    """BG/NBD for purchases, Gamma-Gamma for what one is worth."""

    name: ClassVar[str] = "bgnbd_gamma_gamma"

    buying: Parameters
    money: Money

    @classmethod
    def fit(cls, everyone: pd.DataFrame, seed: int) -> BuyTillYouDie:
        """Fitted on the purchases of all customers, those who left among them."""
        s = summary({feature.name: everyone[feature.name].to_numpy(dtype=float) for feature in READ})
        return cls(repeat_buying.fit(s, seed), gamma_gamma.fit(s.x + 1, s.spend, seed))

    def expected(self, values: Values, days: int) -> tuple[Float64Array, Float64Array]:
        """Purchases times the worth of one."""
        return self.expected_over(values, [days])[0]

    def expected_over(self, values: Values, horizons: Sequence[int]) -> list[tuple[Float64Array, Float64Array]]:
        """The same of several numbers of days: what does not depend on them is told once."""
        s = summary(values)
        worth = gamma_gamma.expected_spend(self.money, s.x + 1, s.spend)
        return [(bought * worth, bought) for bought in repeat_buying.purchases_over(self.buying, s, horizons)]

    def survival(self, values: Values, days: Sequence[float]) -> Float64Array:
        """BG/NBD's chance of no purchase."""
        return repeat_buying.survival(self.buying, summary(values), days)

    def late_after(self, values: Values) -> Float64Array:
        """By the rate's distribution at the last purchase."""
        return repeat_buying.late_after(self.buying, summary(values))

    def as_dict(self) -> dict[str, Any]:
        """The seven parameters."""
        return {"formula": self.name, "buying": self.buying._asdict(), "money": self.money._asdict()}


@dataclass(frozen=True)
class LastWindow(Formula):
    """The same as in the last window of about that length, as far back as the shop's history reaches."""

    name: ClassVar[str] = "last_window"

    history_days: int

    def expected(self, values: Values, days: int) -> tuple[Float64Array, Float64Array]:
        """What was spent and how often was bought, by the days of the window."""
        window = min((28, 84, 364), key=lambda n: abs(n - days))
        share = days / max(min(window, self.history_days), 1)
        spent, visits = (values[of[window].name] for of in (money.REVENUE, frequency.VISIT_DAYS))
        return np.maximum(spent, 0.0) * share, visits * share

    def survival(self, values: Values, days: Sequence[float]) -> Float64Array:
        """At the rate of the last 84 days."""
        return np.asarray(np.exp(-np.outer(self._rate(values), np.asarray(days, dtype=float))))

    def late_after(self, values: Values) -> Float64Array:
        """At the same rate."""
        return np.asarray(-np.log1p(-repeat_buying.LATE) / self._rate(values))

    def _rate(self, values: Values) -> Float64Array:
        return (values[frequency.VISIT_DAYS[84].name] + 0.1) / max(min(84, self.history_days), 1)

    def as_dict(self) -> dict[str, Any]:
        """How long the history was."""
        return {"formula": self.name, "history_days": self.history_days}


def from_dict(content: Mapping[str, Any]) -> Formula:
    """The inverse of `Formula.as_dict`."""
    if content["formula"] == LastWindow.name:
        return LastWindow(int(content["history_days"]))
    return BuyTillYouDie(Parameters(**content["buying"]), Money(**content["money"]))


def summary(values: Values) -> Summary:
    """(x, t_x, T) and the mean spend of a purchase; what is missing counts as none."""
    x, t_x, age, lifetime = (np.where(np.isnan(each), 0.0, each) for each in (values[f.name] for f in READ[:4]))
    x, age = np.maximum(x, 0.0), np.maximum(age, 0.0)
    return Summary(x, np.clip(t_x, 0.0, age), age, lifetime / (x + 1))
