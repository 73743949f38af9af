"""Origins: dates at which features are known, and whose labels lie in [origin, origin + horizon)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta


def evaluated_from(as_of: date, horizon_days: int) -> date:
    """The origin of the last window that is wholly known at `as_of`."""
    return as_of - timedelta(days=horizon_days)


def origins(first: date, labels_until: date, horizon_days: int, step_days: int) -> list[date]:
    """Every `step_days`-th origin from `first` on whose labels are known at `labels_until`, oldest first.

    They are counted back from the last one, so that the newest labels are always used.
    """
    last = evaluated_from(labels_until, horizon_days)
    count = (last - first).days // step_days + 1
    return [last - timedelta(days=step_days * i) for i in reversed(range(max(count, 0)))]


def usable(candidates: Sequence[date], evaluate: date, horizon_days: int) -> tuple[date, ...]:
    """Those origins whose label window ends by `evaluate`."""
    return tuple(origin for origin in candidates if origin <= evaluated_from(evaluate, horizon_days))
