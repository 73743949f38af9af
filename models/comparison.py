"""Two versions, side by side, on the same later time, unit by unit.

Both evaluation models predict as of the later of their two `evaluated_from` dates, so neither has seen the
window, and every unit (customer, series) is scored by both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pandas import DataFrame

from core.errors import UsageError
from core.progress import current
from core.workspace import Workspace
from models.artifact_cache import EVALUATION
from models.intervals import Interval, bootstrap, paired
from models.kinds import Kind, kind
from models.registry import Registry
from models.slice_figure import SliceFigure
from models.slices import slices
from models.version import Version


@dataclass(frozen=True)
class Row:
    """One statistic of both versions; `difference` is a - b, paired by unit."""

    statistic: str
    a: Interval
    b: Interval
    difference: Interval

    @property
    def certain(self) -> bool:
        """Whether the interval of the difference leaves zero out."""
        return self.difference.low > 0 or self.difference.high < 0


@dataclass(frozen=True)
class Comparison:
    """Versions `a` and `b` of a kind on the window from `as_of`, over `units` units that both score."""

    kind: str
    a: str
    b: str
    as_of: date
    units: int
    primary: str
    higher_is_better: bool
    rows: tuple[Row, ...]
    slices: tuple[SliceFigure, ...] = ()
    """Where `a` does worse or better than `b` on the primary statistic."""

    @property
    def verdict(self) -> str:
        """What the primary statistic says, in words."""
        difference = next(row.difference for row in self.rows if row.statistic == self.primary)
        if difference.wholly_better(self.higher_is_better):
            return f"version {self.a} is better on {self.primary}: {difference}"
        if difference.wholly_worse(self.higher_is_better):
            return f"version {self.b} is better on {self.primary}: {difference}"
        return f"no certain difference on {self.primary}: {difference}"

    def as_dict(self) -> dict[str, Any]:
        """For machines; a figure that could not be computed is null."""
        rows = [
            {
                "statistic": row.statistic,
                "a": _plain(row.a),
                "b": _plain(row.b),
                "difference": _plain(row.difference),
                "certain": row.certain,
            }
            for row in self.rows
        ]
        return {
            "model": self.kind,
            "a": self.a,
            "b": self.b,
            "as_of": self.as_of.isoformat(),
            "units": self.units,
            "primary": self.primary,
            "verdict": self.verdict,
            "statistics": rows,
            "slices": [each.as_dict() for each in self.slices],
        }


@dataclass(frozen=True)
class EvaluatedVersion:
    """A version, its evaluation model, and what that said of each unit of a window, beside what came."""

    version: Version
    model: Any
    frame: DataFrame


@dataclass(frozen=True)
class Sides:
    """Two versions of a kind, evaluated on the window from `as_of`: the same units, in the same order."""

    kind: Kind[Any]
    as_of: date
    a: EvaluatedVersion
    b: EvaluatedVersion


def sides(workspace: Workspace, of_kind: Kind[Any], a: str, b: str) -> Sides:
    """Score two versions (numbers or aliases) on the window that neither has seen.

    Raises:
        UsageError: no such version, or twice the same.
        StoreError: one of them is damaged.
        DataError: nobody can be scored as of that date.
    """
    registry, name = Registry(workspace), of_kind.name
    first, second = registry.version(name, a), registry.version(name, b)
    if first.version == second.version:
        raise UsageError(f"{a} and {b} are the same {name} version, {first.version}", todo="name two versions")
    as_of = max(first.evaluated_from, second.evaluated_from)
    one, two = (_evaluated(registry, of_kind, version, as_of) for version in (first, second))
    common = one.frame.index.intersection(two.frame.index)
    one, two = (replace(side, frame=side.frame.loc[common]) for side in (one, two))
    return Sides(of_kind, as_of, one, two)


def compare(workspace: Workspace, both: Sides) -> Comparison:
    """Compare two versions on every statistic of their kind, as a whole and group by group.

    Raises:
        DataError: no unit is scored by both.
    """
    of_kind, seed = both.kind, workspace.settings.seed
    frame_a, frame_b = both.a.frame, both.b.frame
    rows = tuple(
        Row(
            label,
            bootstrap(frame_a, statistic, seed=seed),
            bootstrap(frame_b, statistic, seed=seed),
            paired(frame_a, frame_b, statistic, seed=seed),
        )
        for label, statistic in of_kind.statistics.items()
    )
    names = (both.a.version.version, both.b.version.version)
    current().step("comparing them group by group")
    sliced = slices(workspace, of_kind, both.as_of, frame_a, frame_b, deep=True)
    return Comparison(
        of_kind.name, *names, both.as_of, len(frame_a), of_kind.primary, of_kind.higher_is_better, rows, sliced
    )


def difference(registry: Registry, a: Version, b: Version) -> Interval:
    """The primary statistic of `a` minus that of `b`, paired by unit: what the quality gate asks for."""
    of_kind, as_of = kind(a.kind), max(a.evaluated_from, b.evaluated_from)
    frame_a, frame_b = (_evaluated(registry, of_kind, version, as_of).frame for version in (a, b))
    seed = registry.workspace.settings.seed
    return paired(frame_a, frame_b, of_kind.statistics[of_kind.primary], seed=seed)


def _evaluated(registry: Registry, of_kind: Kind[Any], version: Version, as_of: date) -> EvaluatedVersion:
    current().step(f"scoring {version} as of {as_of}")
    model = of_kind.load(registry.fetch(version) / EVALUATION)
    return EvaluatedVersion(version, model, of_kind.evaluate(registry.workspace, model, as_of))


def _plain(interval: Interval) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in interval.as_dict().items()}
