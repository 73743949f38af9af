"""What is usual for a weekly figure: the median of the weeks before, and how far they lie from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WEEKS = 26
"""How far back the weeks before reach. So long, that weeks of a broken source are not what is usual soon."""
FEWEST_WEEKS = 4
_SPREADS = 6.0
_NORMAL = 1.4826


@dataclass(frozen=True)
class UsualRange:
    """The median of the weeks before, and the distance from it that is still usual."""

    median: float
    tolerance: float

    @classmethod
    def of(cls, before: Sequence[float], least: float) -> UsualRange | None:
        """`least` or six robust standard deviations (1.4826 times the median absolute deviation; Rousseeuw and Croux
        1993), whichever is more; None of fewer than `FEWEST_WEEKS`.
        """
        if len(before) < FEWEST_WEEKS:
            return None
        median = float(np.median(before))
        spread = _NORMAL * float(np.median(np.abs(np.asarray(before) - median)))
        return cls(median, max(least, _SPREADS * spread))

    def holds(self, value: float) -> bool:
        """Whether a value is usual."""
        return abs(value - self.median) <= self.tolerance
