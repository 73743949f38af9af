"""Splits by time: an origin is a date D at which features are known; its labels lie in [D, D + horizon).

An origin may be trained on for an evaluation that starts at E only if its whole label window ends by E.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import DataError


@dataclass(frozen=True)
class Split:
    """Origins to fit on, and the later origin to score on."""

    train: tuple[date, ...]
    evaluate: date


def evaluated_from(as_of: date, horizon_days: int) -> date:
    """The origin of the last window that is wholly known at `as_of`."""
    return as_of - timedelta(days=horizon_days)


def origins(first: date, known_until: date, horizon_days: int, step_days: int) -> list[date]:
    """Every `step_days`-th origin from `first` on whose labels are known at `known_until`, oldest first.

    They are counted back from the last one, so that the newest labels are always used.
    """
    last = evaluated_from(known_until, horizon_days)
    count = (last - first).days // step_days + 1
    return [last - timedelta(days=step_days * i) for i in reversed(range(max(count, 0)))]


def usable(candidates: Sequence[date], evaluate: date, horizon_days: int) -> tuple[date, ...]:
    """Those origins whose label window ends by `evaluate`."""
    return tuple(origin for origin in candidates if origin <= evaluated_from(evaluate, horizon_days))


def rolling(
    candidates: Sequence[date], horizon_days: int, folds: int, fold_step_days: int, least_train: int = 1
) -> list[Split]:
    """The latest `folds` splits over the origins, oldest first, `fold_step_days` apart.

    A split that would leave fewer than `least_train` origins to fit on is left out.
    """
    ordered = sorted(candidates)
    scored = [ordered[-1] - timedelta(days=fold_step_days * i) for i in reversed(range(folds))] if ordered else []
    splits = [Split(usable(ordered, origin, horizon_days), origin) for origin in scored if origin in set(ordered)]
    return [split for split in splits if len(split.train) >= least_train]


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
