"""From a risk score to what to do: tiers 1, 2, 3 (0 below) and their win-back actions, both from the settings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.settings import Churn
from models.arrays import Int64Array


def tiers(risk_scores: Sequence[int] | Int64Array, settings: Churn) -> Int64Array:
    """The tier of each risk score: how many of the lowest scores in `churn.tiers` it reaches."""
    return np.searchsorted(np.asarray(settings.tiers), np.asarray(risk_scores), side="right")


def action(tier: int, settings: Churn) -> str:
    """What to do about a customer of the tier."""
    return settings.actions[tier]
