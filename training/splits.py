"""Splits by time: an origin is a date D at which features are known; its labels lie in [D, D + horizon).

An origin may be trained on for an evaluation that starts at E only if its whole label window ends by E.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import DataError
from models.origins import evaluated_from, origins, usable

__all__ = ["Split", "evaluated_from", "origins", "require_history", "rolling", "usable"]


@dataclass(frozen=True)
class Split:
    """Origins to fit on, and the later origin to score on."""

    train: tuple[date, ...]
    evaluate: date


def rolling(candidates: Sequence[date], horizon_days: int, folds: int, fold_step_days: int) -> list[Split]:
    """The latest `folds` splits over the origins, oldest first, `fold_step_days` apart.

    A split that would leave no origin to fit on is left out.
    """
    ordered = sorted(candidates)
    scored = [ordered[-1] - timedelta(days=fold_step_days * i) for i in reversed(range(folds))] if ordered else []
    splits = [Split(usable(ordered, origin, horizon_days), origin) for origin in scored if origin in set(ordered)]
    return [split for split in splits if split.train]


def require_history(first_day: date, as_of: date, days: int, purpose: str) -> None:
    """Refuse an as-of date with fewer than `days` days of facts before it.

    Raises:
        DataError: naming the earliest date that is possible.
    """
    earliest = first_day + timedelta(days=days)
    if as_of < earliest:
        raise DataError(
            f"{as_of} is too early to {purpose}",
            why=f"the first order is of {first_day}, and {days} days of history are needed",
            todo=f"the earliest possible --as-of is {earliest}",
        )
