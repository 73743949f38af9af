"""A value model on a window that has passed: what it said of each customer, and what the customer did."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.errors import DataError
from core.workspace import Workspace
from models.arrays import Float64Array
from models.last_evaluation import LastEvaluation
from models.value import dataset
from models.value.labels import SHORTEST
from models.value.model import WAIT, ValueModel

POWER = 1.5
_LEAST = 0.01
_LAST = LastEvaluation[pd.DataFrame]()


def evaluate(workspace: Workspace, model: ValueModel, as_of: date) -> pd.DataFrame:
    """The population as of a date, by customer_id (see `of_labelled`), over the shortest horizon.

    Raises:
        DataError: the window after `as_of` is not over.
    """
    ends = as_of + timedelta(days=SHORTEST)
    if ends > workspace.tables.last_day() + timedelta(days=1):
        latest = workspace.tables.last_day() + timedelta(days=1 - SHORTEST)
        raise DataError(
            f"what customers bought in the {SHORTEST} days from {as_of} is not known yet",
            todo=f"the latest possible origin is {latest}",
        )

    def evaluated() -> pd.DataFrame:
        return of_labelled(model, dataset.labelled(workspace, [as_of], ends), SHORTEST)

    return _LAST.of(workspace, model, as_of, evaluated).copy()


def of_labelled(model: ValueModel, frame: pd.DataFrame, days: int) -> pd.DataFrame:
    """The same of customers whose features and outcomes are at hand (see `dataset.labelled`), over one horizon."""
    said = model.figures(frame)
    spent, visits = (frame[f"{target}_{days}d"].to_numpy(dtype=float) for target in ("spend", "visits"))
    expected, often = said[f"spend_{days}d"], said[f"visits_{days}d"]
    back = frame["next_in"].where(frame["next_in"] <= days).to_numpy(dtype=float)
    columns = {
        "expected": expected,
        "spent": spent,
        "absolute_error": np.abs(expected - spent),
        "deviance": deviance(expected, spent),
        "covered": _inside(spent, said[f"spend_{days}d_low"], said[f"spend_{days}d_high"]),
        "visits_expected": often,
        "visits": visits,
        "visits_absolute_error": np.abs(often - visits),
        "visits_covered": _inside(visits, said[f"visits_{days}d_low"], said[f"visits_{days}d_high"]),
        WAIT: said[WAIT],
        "next_in": back,
        "next_covered": _next_covered(back, said["next_purchase_days_low"], said["next_purchase_days_high"], days),
    }
    return pd.DataFrame(columns, index=pd.Index(frame["customer_id"], name="customer_id"))


def deviance(expected: Float64Array, came: Float64Array) -> Float64Array:
    """Of a Tweedie distribution of power 1.5 (Jorgensen 1997): least where the mean is told (Gneiting 2011).

    What was given back counts as nothing spent; a forecast counts as at least a hundredth of what came on average.
    """
    y = np.maximum(came, 0.0)
    mu = np.maximum(expected, max(_LEAST * float(y.mean()) if len(y) else 0.0, 1e-6))
    return np.asarray(4 * (np.sqrt(mu) + y / np.sqrt(mu) - 2 * np.sqrt(y)))


def _inside(came: Float64Array, low: Float64Array, high: Float64Array) -> Float64Array:
    return np.asarray((np.maximum(came, 0.0) >= low - 1e-9) & (np.maximum(came, 0.0) <= high + 1e-9), dtype=float)


def _next_covered(back: Float64Array, low: Float64Array, high: Float64Array, days: int) -> Float64Array:
    """Both the interval and the day are cut at the window's end, behind which nobody has looked."""
    beyond = days + 1.0
    day = np.where(np.isnan(back), beyond, back)
    return np.asarray((day >= np.minimum(low, beyond)) & (day <= np.minimum(high, beyond)), dtype=float)
