"""Golden inputs: made-up customers, saved with a model together with its answers, and replayed before a release."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models.uplift.design import Design
from models.uplift.model import UpliftModel

ROWS = 20
TOLERANCE = 1e-6


def make(design: Design, frame: pd.DataFrame, seed: int) -> dict[str, list[Any]]:
    """Each feature drawn by itself: no row is a customer's."""
    rng = np.random.default_rng(seed)
    return {name: _draw(frame[name], rng) for name in design.inputs}


def differences(model: UpliftModel) -> list[str]:
    """Which answers are no longer those stored, in words."""
    if not model.golden_inputs:
        return [] if not model.design.inputs else ["no golden inputs are stored with the model"]
    now = model.values(model.golden_inputs)
    if not model.golden_values:
        return []
    then = np.array(model.golden_values, dtype=float)
    wrong = np.argwhere(np.abs(now - then) > TOLERANCE * np.maximum(1.0, np.abs(then)))
    return [
        f"golden customer {row}: {model.terms.offers[offer]} is worth {now[row, offer]:.6g}, was {then[row, offer]:.6g}"
        for row, offer in wrong
    ]


def _draw(values: pd.Series[Any], rng: np.random.Generator) -> list[Any]:
    known = values.dropna()
    missing = rng.random(ROWS) < values.isna().mean()
    if known.empty:
        return [None] * ROWS
    if pd.api.types.is_numeric_dtype(known):
        drawn: list[Any] = [round(float(value), 4) for value in np.quantile(known.astype(float), rng.random(ROWS))]
    else:
        drawn = [str(each) for each in rng.choice(np.sort(known.astype(str).unique()), ROWS)]
    return [None if gone else value for value, gone in zip(drawn, missing, strict=True)]
