"""How expected spend goes with the features that its booster gains most from, or that the formula reads."""

from __future__ import annotations

import pandas as pd

from models import booster_gains
from models.value.formulas import READ
from models.value.labels import SHORTEST
from models.value.model import Correction, ValueModel
from training import local_effects
from training.local_effects import LocalEffect
from training.value.tuning import TARGET


def measure(model: ValueModel, rows: pd.DataFrame, seed: int) -> list[LocalEffect]:
    """Of the customers that were evaluated, a seeded draw of them."""
    some = model.inputs.matrix(rows.iloc[local_effects.drawn(len(rows), seed)])
    spend: Correction = model.horizons[SHORTEST].corrections[TARGET]
    names = model.inputs.names
    if spend.booster is None:  # the windows of the past believed the formula alone
        wanted = [feature.name for feature in READ][: local_effects.MOST_FEATURES]
    else:
        wanted = local_effects.leading(booster_gains.shares([spend.booster], names))
    return local_effects.measure(lambda matrix: model.spend_of(matrix)[SHORTEST], some, names, wanted)
