"""What a customer is worth over the coming days: as the model of value expects, else what they spent, carried on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from feature_repo.families.money import REVENUE
from feature_repo.families.tenure import DAYS_SINCE_FIRST_VISIT
from models.arrays import Float64Array
from models.churn.inputs import Columns
from models.value.labels import HORIZONS
from models.value.model import ValueModel

SHORT, LONG = 84, 364


def worth(model: ValueModel | None, columns: Columns, days: int) -> Float64Array:
    """Spend over so many days of each row of the columns (features by name), never less than nothing."""
    return carried_on(columns, days) if model is None else expected(model, columns, days)


def carried_on(columns: Columns, days: int) -> Float64Array:
    """Spend over so many days at the mean of two daily rates: of the last 84 days, and of the last 364.

    The shorter knows how a customer buys now, the longer forgives a pause; it begins with the first purchase, but is
    never shorter than the other: a first basket tells little of a rhythm. Nobody is worth less than nothing.
    """
    known = np.clip(_numbers(columns[DAYS_SINCE_FIRST_VISIT.name]), SHORT, LONG)
    daily = (_numbers(columns[REVENUE[SHORT].name]) / SHORT + _numbers(columns[REVENUE[LONG].name]) / known) / 2
    return np.asarray(np.maximum(daily, 0.0) * days)


def expected(model: ValueModel, columns: Columns, days: int) -> Float64Array:
    """Expected spend over so many days: what the model says of its horizons, and between them in proportion.

    Beyond the longest it goes on at the rate since the one before it; nobody is worth less than nothing.
    """
    said = model.spend(columns)
    return over_days([said[each] for each in HORIZONS], days)


def over_days(spend: Sequence[Float64Array], days: int) -> Float64Array:
    """Spend over so many days from that over each of `HORIZONS`."""
    known = [np.zeros_like(spend[0]), *np.maximum.accumulate(np.maximum(spend, 0.0))]
    ends = [0, *HORIZONS]
    last = min(int(np.searchsorted(ends, days)), len(HORIZONS))
    share = (days - ends[last - 1]) / (ends[last] - ends[last - 1])
    return np.asarray(known[last - 1] + share * (known[last] - known[last - 1]))


def _numbers(values: Any) -> Float64Array:
    numbers = np.asarray(values, dtype=float)
    return np.asarray(np.where(np.isnan(numbers), 0.0, numbers))
