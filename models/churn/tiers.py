"""From a risk score to what to do: tiers 1, 2, 3 (0 below) and their win-back actions, both from the settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from core.settings import Churn
from models.arrays import Int64Array

NoContact = Literal["no_marketing_consent"]
NO_ACTION: Final = "none"


def tiers(risk_scores: Sequence[int] | Int64Array, settings: Churn) -> Int64Array:
    """The tier of each risk score: how many of the lowest scores in `churn.tiers` it reaches."""
    return np.searchsorted(np.asarray(settings.tiers), np.asarray(risk_scores), side="right")


class WinBack(NamedTuple):
    """What to do about a customer, and why it is nothing where the tier asks for something."""

    action: str
    reason: NoContact | None


def win_back(tier: int, may_contact: bool, settings: Churn) -> WinBack:
    """The action of the tier for a customer who allows `marketing`; nobody else is contacted."""
    return WinBack(settings.actions[tier], None) if may_contact else WinBack(NO_ACTION, "no_marketing_consent")
