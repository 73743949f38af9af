"""What it would cost to choose as often from every group: per-group quantiles at the decision, in steps.

At strength 0 the customers above one threshold are chosen; at 1 the same share of every group is, by the group's own
quantile (Hardt, Price, Srebro: Equality of Opportunity in Supervised Learning, 2016, the demographic-parity case). The
number chosen is the same at every strength, as a budget is. Who lacks the attribute is chosen as before.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from models.fairness_result import UNKNOWN, TradeOff
from monitoring.fairness.ratio_intervals import Floats

STRENGTHS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
Bools = npt.NDArray[np.bool_]


def of_quantiles(
    attribute: str, groups: pd.Series[str], *, probability: Floats, chosen: Bools, actual: Bools, fewest: int
) -> list[TradeOff]:
    """The steps from one threshold to per-group quantiles; none with fewer than two groups of `fewest` customers.

    One entry per customer in each: the group, the probability, whether the customer is chosen, and what came true.
    """
    names = groups.to_numpy(object)
    own = [str(name) for name, count in groups.value_counts().items() if count >= fewest and name != UNKNOWN]
    known = np.isin(names, own)
    if len(own) < 2 or not chosen[known].any():
        return []
    overall = float(chosen[known].mean())
    rates = {name: float(chosen[names == name].mean()) for name in own}
    found = []
    for strength in STRENGTHS:
        picked = chosen.copy()
        for name in own:
            inside = np.flatnonzero(names == name)
            count = round(((1 - strength) * rates[name] + strength * overall) * len(inside))
            picked[inside] = False
            picked[inside[np.argsort(-probability[inside], kind="stable")[:count]]] = True
        found.append(_step(attribute, strength, names[known], picked[known], actual[known]))
    return found


def _step(attribute: str, strength: float, names: npt.NDArray[np.object_], picked: Bools, actual: Bools) -> TradeOff:
    ratios = []
    for name in set(names):
        own, rest = picked[names == name].mean(), picked[names != name].mean()
        if own and rest:
            ratios.append(float(max(own / rest, rest / own)))
    hits, total = int((picked & actual).sum()), int(picked.sum())
    interval = stats.binomtest(hits, total).proportion_ci(method="wilson") if total else None
    return TradeOff(
        attribute=attribute,
        strength=strength,
        farthest=max(ratios, default=None),
        precision=hits / total if total else None,
        low=float(interval.low) if interval else None,
        high=float(interval.high) if interval else None,
        recall=hits / int(actual.sum()) if actual.any() else None,
    )
