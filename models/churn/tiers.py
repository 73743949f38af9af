"""From a risk score to what to do: tiers 1, 2, 3 (0 below) and their win-back actions, both from the settings.

The action is the tier's, or, where the cause for which a customer is about to leave is known, that of tier and cause.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from core.settings import Cause, Churn
from models.arrays import Int64Array

NoContact = Literal["no_marketing_consent"]
NO_ACTION: Final = "none"


def tiers(risk_scores: Sequence[int] | Int64Array, settings: Churn) -> Int64Array:
    """The tier of each risk score: how many of the lowest scores in `churn.tiers` it reaches."""
    return np.searchsorted(np.asarray(settings.tiers), np.asarray(risk_scores), side="right")


def tier_of(risk_score: int, settings: Churn) -> int:
    """The tier of one risk score."""
    return bisect_right(settings.tiers, risk_score)


class WinBack(NamedTuple):
    """What to do about a customer, and why it is nothing where the tier asks for something."""

    action: str
    reason: NoContact | None


def action(tier: int, settings: Churn, cause: Cause | None = None) -> str:
    """What to do about a customer of the tier: what the settings say for the main cause, else for all."""
    return settings.actions_by_cause.get(cause, settings.actions)[tier] if cause else settings.actions[tier]


def win_back(tier: int, may_contact: bool, settings: Churn, cause: Cause | None = None) -> WinBack:
    """The action for a customer who allows `marketing`; nobody else is contacted."""
    return WinBack(action(tier, settings, cause), None) if may_contact else WinBack(NO_ACTION, "no_marketing_consent")
