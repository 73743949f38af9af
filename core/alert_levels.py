"""The levels of alerts, from what is only said to what can't wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from core.settings import AlertSettings

Level = Literal["info", "mild", "moderate", "severe"]
LEVELS: Final[tuple[Level, ...]] = ("info", "mild", "moderate", "severe")
"""Level 0 to 3: the index is the number that the rules of the house speak of."""
WORST: Final = LEVELS[-1]


def rank(level: str | None) -> int:
    """The number of a level; -1 of none."""
    return LEVELS.index(level) if level in LEVELS else -1


def worse(level: Level) -> Level:
    """The next level up; the worst stays what it is."""
    return LEVELS[min(rank(level) + 1, rank(WORST))]


def time_to_answer(level: Level, settings: AlertSettings) -> timedelta | None:
    """How long it may wait; None where nobody has to answer."""
    return None if level == "info" else timedelta(hours=settings.answer_hours[rank(level) - 1])
