"""Golden inputs: rows that a model answered when it was saved, replayed to see whether it still answers so."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.arrays import Float32Array, Float64Array
from models.demand.adjustments import width
from models.demand.forecast import NAMES
from models.demand.model import DemandModel

_GOLDEN_ROWS = 32


def record(model: DemandModel, matrix: Float32Array) -> pd.DataFrame:
    """Some inputs and what the model says to them, saved with it."""
    rows = matrix[np.linspace(0, len(matrix) - 1, min(_GOLDEN_ROWS, len(matrix)), dtype=int)]
    said = _said(model, rows)
    return pd.DataFrame(rows, columns=[*model.names]).assign(**{f"said_{name}": v for name, v in said.items()})


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
