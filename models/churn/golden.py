"""Golden inputs: made-up customers, saved with a model together with its answers, and replayed before a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models import artifact
from models.churn.inputs import Inputs
from models.churn.scorer import GOLDEN, Scorer

ROWS = 20
TOLERANCE = 1e-6


def make(inputs: Inputs, frame: pd.DataFrame, seed: int) -> dict[str, list[Any]]:
    """Each feature drawn by itself from its quantiles: no row is a customer's."""
    rng = np.random.default_rng(seed)
    return {name: _draw(frame[name], rng) for name in inputs.names}


def _draw(values: pd.Series[Any], rng: np.random.Generator) -> list[Any]:
    known = values.dropna()
    missing = rng.random(ROWS) < values.isna().mean()
    if known.empty:
        return [None] * ROWS
    if pd.api.types.is_numeric_dtype(known):
        drawn = [round(float(value), 4) for value in np.quantile(known, rng.random(ROWS))]
    else:
        drawn = list(rng.choice(np.sort(known.unique()), ROWS))
    return [None if gone else value for value, gone in zip(drawn, missing, strict=True)]


def load(directory: Path) -> tuple[dict[str, Sequence[Any]], dict[str, list[float]]]:
    """The golden inputs of a saved model and its answers when it was saved."""
    content = artifact.read_json(directory / GOLDEN)
    return content["inputs"], content["answers"]


def differences(scorer: Scorer, inputs: Mapping[str, Sequence[Any]], answers: Mapping[str, list[float]]) -> list[str]:
    """Which answers are no longer those stored, in words."""
    if not inputs:
        return ["no golden inputs are stored with the model"]
    now = scorer.score(inputs)
    given: dict[str, Sequence[float]] = {"probability": now.probability, "risk_score": now.risk_score}
    return [
        f"golden customer {row}: {name} is {new:.6g}, was {old:.6g}"
        for name, values in given.items()
        for row, (new, old) in enumerate(zip(values, answers[name], strict=True))
        if abs(new - old) > TOLERANCE
    ]
