"""What is said of a version on one group of units: kept with runs and reports, and read without what measured it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

Told = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A float that JSON keeps as null where it is none."""


@dataclass(frozen=True)
class SliceFigure:
    """A version minus another (its floor, a baseline, the champion) on one group of units, as measured, and pooled with
    the attribute's other groups.

    `low` and `high` bound the pooled difference; together those of an attribute hold with 95%. `more_needed` units are
    missing for a judgement.
    """

    attribute: str
    group: str
    units: int
    value: Told
    difference: Told
    pooled: Told
    low: Told
    high: Told
    worse: bool
    more_needed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For machines; a figure that could not be computed is null."""
        return {name: None if value != value else value for name, value in asdict(self).items()}  # noqa: PLR0124
