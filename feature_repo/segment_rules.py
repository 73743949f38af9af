"""The rules by which customers are put into groups and stages, as data: the tables of docs/segments.md are these.

Groups compare a customer with the others of the same day; stages go by days and by the settings `segments`. Both are
partitions: every customer is in exactly one group and in exactly one stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GROUPS: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "champions",
        2: "loyal",
        3: "potential loyal",
        4: "new",
        5: "needs attention",
        6: "at risk",
        7: "cannot lose",
        8: "lost",
    }
)
LEVELS: Final = (4, 6, 8)
"""Where the second, third and fourth column of `GRID` begin: the sum of the scores of frequency and money, 2 to 10."""
GRID: Final[Mapping[int, tuple[str, str, str, str]]] = MappingProxyType(
    {
        5: ("new", "potential loyal", "loyal", "champions"),
        4: ("new", "potential loyal", "loyal", "champions"),
        3: ("needs attention", "needs attention", "loyal", "loyal"),
        2: ("lost", "at risk", "at risk", "cannot lose"),
        1: ("lost", "lost", "at risk", "cannot lose"),
    }
)
"""The group by the score of recency (5 bought last) and by how often and how much is bought."""
STAGES: Final[Mapping[int, str]] = MappingProxyType(
    {1: "new", 2: "growing", 3: "mature", 4: "established", 5: "high value", 6: "at risk", 7: "lost"}
)
STAGE_ORDER: Final = ("lost", "at risk", "high value", "new", "growing", "mature", "established")
"""Which stage is asked for first: the first that applies holds, and everybody is at least established."""


def code(names: Mapping[int, str], name: str) -> int:
    """The code that stands for a name."""
    return next(number for number, each in names.items() if each == name)


def group(recency: int, frequency: int, money: int) -> str:
    """The group of three scores from 1 to 5."""
    return GRID[recency][sum(frequency + money >= level for level in LEVELS)]
