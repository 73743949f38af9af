"""What a customer is worth over the coming days, where no model of value says it: what they spent, carried on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from feature_repo.families.money import REVENUE
from feature_repo.families.tenure import DAYS_SINCE_FIRST_VISIT
from models.arrays import Float64Array

SHORT, LONG = 84, 364


def carried_on(features: pd.DataFrame, days: int) -> Float64Array:
    """Spend over so many days at the mean of two daily rates: of the last 84 days, and of the last 364.

    The shorter knows how a customer buys now, the longer forgives a pause; it begins with the first purchase, but is
    never shorter than the other: a first basket tells little of a rhythm. Nobody is worth less than nothing.
    """
    known = np.clip(_numbers(features, DAYS_SINCE_FIRST_VISIT.name), SHORT, LONG)
    daily = (_numbers(features, REVENUE[SHORT].name) / SHORT + _numbers(features, REVENUE[LONG].name) / known) / 2
    return np.asarray(np.maximum(daily, 0.0) * days)


def _numbers(features: pd.DataFrame, name: str) -> Float64Array:
    return np.asarray(np.nan_to_num(features[name].to_numpy(dtype=float)))
