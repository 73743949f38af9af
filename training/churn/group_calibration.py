"""Whether what was said of a group came: chances beside the share that left, per risk tier and per segment."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from feature_repo.families import rfm
from models.churn.metrics import STATISTICS
from models.intervals import Interval
from training.outcome import CardTable

TITLE = "What was said and what came, per risk tier, stage of life and segment"
COLUMNS = ("group", "customers", "chance said", "share that left", "ECE")
TIERS = range(4)
SEGMENTED_BY = (rfm.STAGE, rfm.SEGMENT)


def table(frame: pd.DataFrame, customers: pd.DataFrame) -> CardTable:
    """Of evaluated customers (see `models.churn.evaluation`), and their features in the same order.

    The share's 95% interval is Wilson's; ECE is that of `models.churn.metrics`. Groups of nobody are left out.
    """
    inside = groups(frame["risk_tier"].to_numpy(), customers)
    rows = tuple(_row(name, frame[chosen]) for name, chosen in inside.items() if chosen.any())
    return CardTable(TITLE, COLUMNS, rows)


def groups(tiers: NDArray[np.int64], customers: pd.DataFrame) -> Mapping[str, NDArray[np.bool_]]:
    """Who is in which tier, stage and segment, shape (customers,) each."""
    found = {f"tier {tier}": np.asarray(tiers == tier) for tier in TIERS}
    for feature in SEGMENTED_BY:
        codes = customers[feature.name].to_numpy(dtype=float)
        found |= {f"{feature.name}: {name}": np.asarray(codes == code) for code, name in feature.codes}
    return found


def share_that_left(frame: pd.DataFrame) -> Interval:
    """With Wilson's 95% interval."""
    found = binomtest(int(frame["churned"].sum()), len(frame))
    bounds = found.proportion_ci(method="wilson")
    return Interval(float(found.statistic), float(bounds.low), float(bounds.high))


def _row(name: str, frame: pd.DataFrame) -> tuple[str, ...]:
    said, error = frame["probability"].mean(), float(STATISTICS["ece"](frame))
    came = share_that_left(frame)
    left = f"{came.value:.3f} [{came.low:.3f}, {came.high:.3f}]"
    return name, f"{len(frame):,}", f"{said:.3f}", left, f"{error:.3f}"
