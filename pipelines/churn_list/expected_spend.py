"""What a customer is expected to spend, where a version of value is champion: in the place of spend carried on."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from models.arrays import Float64Array
from models.artifact_cache import MODEL
from models.kinds import kind
from models.registry import Registry
from models.value.labels import HORIZONS
from models.value.model import ValueModel
from models.version import CHAMPION


def told_by(registry: Registry, as_of: date) -> ValueModel | None:
    """The champion of value; None where there is none that knows nothing from `as_of` on."""
    version = registry.find("value", CHAMPION)
    if version is None or version.as_of > as_of:
        return None
    model: ValueModel = kind("value").load(registry.fetch(version) / MODEL)
    return model


def expected(model: ValueModel, features: pd.DataFrame, days: int) -> Float64Array:
    """Expected spend over so many days: what the model says of its horizons, and between them in proportion.

    Beyond the longest it goes on at the rate since the one before it; nobody is worth less than nothing.
    """
    said = model.figures(features)
    return over_days([np.asarray(said[f"spend_{each}d"], dtype=float) for each in HORIZONS], days)


def over_days(spend: list[Float64Array], days: int) -> Float64Array:
    """Spend over so many days from that over each of `HORIZONS`."""
    known = [np.zeros_like(spend[0]), *np.maximum.accumulate(np.maximum(spend, 0.0))]
    ends = [0, *HORIZONS]
    last = min(int(np.searchsorted(ends, days)), len(HORIZONS))
    share = (days - ends[last - 1]) / (ends[last] - ends[last - 1])
    return np.asarray(known[last - 1] + share * (known[last] - known[last - 1]))
