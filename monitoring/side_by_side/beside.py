"""What is known of two versions side by side, beyond their statistics: figures, and no row of anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import log
from typing import Any

from models.comparison import Comparison
from models.fairness_result import JUDGED, FairnessResult, GroupFigure
from models.slice_figure import Told
from monitoring.results import DriftResult
from monitoring.side_by_side.answer_changes import AnswerChanges

MOST_FIGURES = 40
MOST_COLUMNS = 20
MOST_INPUTS = 15


@dataclass(frozen=True)
class FairnessBeside:
    """One metric of one group beside the rest, by both versions; None where a version was not measured on it."""

    a: GroupFigure | None
    b: GroupFigure | None

    @property
    def figure(self) -> GroupFigure:
        """What it is of."""
        found = self.a or self.b
        assert found is not None
        return found

    @property
    def farthest(self) -> float:
        """How far the farther of the two ratios is from 1, as the logarithm of it or its inverse."""
        return max((abs(log(each.ratio)) for each in (self.a, self.b) if each and each.ratio), default=0.0)

    @property
    def judged(self) -> bool:
        """Whether one of the two could be judged."""
        return any(each is not None and each.verdict in JUDGED for each in (self.a, self.b))


@dataclass(frozen=True)
class MovedColumn:
    """A column that moved by one of the versions: its score over its mark, 1 and more where it moved."""

    column: str
    a: float | None
    b: float | None


@dataclass(frozen=True)
class DriftSince:
    """How many of a version's columns stand elsewhere as of a day than its training made likely."""

    trained_as_of: date
    as_of: date
    columns: int
    moved: int


@dataclass(frozen=True)
class InputShare:
    """How much each version leans on an input: its share of the gain of all splits."""

    name: str
    a: Told
    b: Told


@dataclass(frozen=True)
class SideBySide:
    """A comparison, and what else speaks for one version or the other.

    `measured` are the windows on which the fairness of a and of b was measured: they may differ.
    """

    comparison: Comparison
    changes: AnswerChanges
    fairness: tuple[FairnessBeside, ...] = ()
    measured: tuple[str, str] = ("", "")
    drift: tuple[DriftSince | None, DriftSince | None] = (None, None)
    columns: tuple[MovedColumn, ...] = ()
    inputs: tuple[InputShare, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For machines; a figure that could not be computed is null."""
        from pydantic import TypeAdapter

        rest: dict[str, Any] = TypeAdapter(SideBySide).dump_python(self, mode="json", exclude={"comparison"})
        return self.comparison.as_dict() | rest


def fairness(a: FairnessResult | None, b: FairnessResult | None) -> tuple[FairnessBeside, ...]:
    """The figures of both, those farthest from even first, what nobody can judge after what can be."""
    ours, theirs = ({f.flag: f for f in each.figures} if each else {} for each in (a, b))
    found = [FairnessBeside(ours.get(flag), theirs.get(flag)) for flag in dict.fromkeys([*ours, *theirs])]
    found.sort(key=lambda each: (not each.judged, -each.farthest))
    return tuple(found[:MOST_FIGURES])


def columns(a: DriftResult | None, b: DriftResult | None) -> tuple[MovedColumn, ...]:
    """The columns that moved by either version, those farthest beyond their mark first."""
    sides = [{c.column: c.score / c.threshold for c in each.columns if c.threshold} if each else {} for each in (a, b)]
    moved = {column.column for each in (a, b) if each for column in each.drifted}
    found = [MovedColumn(name, sides[0].get(name), sides[1].get(name)) for name in sorted(moved)]
    found.sort(key=lambda each: -max(each.a or 0.0, each.b or 0.0))
    return tuple(found[:MOST_COLUMNS])


def inputs(a: dict[str, float], b: dict[str, float]) -> tuple[InputShare, ...]:
    """The inputs on which the versions lean most differently."""
    found = [InputShare(name, a.get(name, 0.0), b.get(name, 0.0)) for name in dict.fromkeys([*a, *b])]
    found.sort(key=lambda each: -abs(each.a - each.b))
    return tuple(each for each in found[:MOST_INPUTS] if each.a != each.b)
