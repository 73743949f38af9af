"""Golden inputs: rows that a model answered when it was saved, replayed to see whether it still answers so."""

from __future__ import annotations

import numpy as np
import pandas as pd

from feature_repo import catalog
from models.arrays import Float32Array, Float64Array
from models.demand.adjustments import width
from models.demand.baselines import Baseline
from models.demand.dataset import SERVICE
from models.demand.forecast import NAMES
from models.demand.model import DemandModel
from models.demand.series import join_keys, origin

_GOLDEN_ROWS = 32
_EXAMPLE_DAYS = 126
_PACKED = ("floats", "ints", "texts")


def record(model: DemandModel, matrix: Float32Array) -> pd.DataFrame:
    """Some inputs and what the model says to them, saved with it."""
    rows = matrix[np.linspace(0, len(matrix) - 1, min(_GOLDEN_ROWS, len(matrix)), dtype=int)]
    said = _said(model, rows)
    return pd.DataFrame(rows, columns=[*model.names]).assign(**{f"said_{name}": v for name, v in said.items()})


def example(model: DemandModel | Baseline) -> pd.DataFrame:
    """Two invented series as `answer` takes them: one sells three days a week, the other every day."""
    keys = [join_keys([f"{key} {letter}" for key in model.keys]) for letter in "AB"]
    lists: dict[str, list[list[float]]] = {
        each.name: [[], []] for view in catalog.service(SERVICE) for each in view.features if each.dtype in _PACKED
    }
    every = [[day for day in range(1, _EXAMPLE_DAYS + 1) if day % 7 < most] for most in (3, 7)]
    units = [[float(2 + day % 3) for day in days] for days in every]
    return pd.DataFrame(
        {
            "series_id": keys,
            "as_of": pd.to_datetime([origin(model.trained_as_of, model.freq)] * 2),
            "days_sold": [len(days) for days in every],
            "first_sold_days": [float(max(days)) for days in every],
            "revenue_28d": [72.0, 168.0],
            "price_28d": [2.0, 2.0],
            "discount_share_28d": [0.1, 0.0],
            "discount_share_182d": [0.1, 0.0],
            "high_risk": [0, 0],
            **lists,
            "sold_days": every,
            "sold_units": units,
        }
    )


def replay(model: DemandModel) -> list[str]:
    """What the model now says differently of its golden inputs, in words."""
    if model.golden is None:
        return ["no golden inputs were saved with the model"]
    matrix = model.golden[list(model.names)].to_numpy(dtype=np.float32)
    now = _said(model, matrix)
    gaps = {name: float(np.abs(model.golden[f"said_{name}"] - value).max()) for name, value in now.items()}
    return [f"{name} of a golden input differs by {gap:.3g}" for name, gap in gaps.items() if not gap <= 1e-5]


def _said(model: DemandModel, matrix: Float32Array) -> dict[str, Float64Array]:
    """The mean and each shifted quantile, as multiples of the level."""
    mean, quantiles = model.ratios(matrix)
    shifted = quantiles + width(quantiles) * np.array(model.adjustments.shifts)
    return {"mean": mean} | {name: shifted[:, i] for i, name in enumerate(NAMES)}
