"""The forecasts of all levels of the settings beside one outlook of the series, as files and the service give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.errors import UsageError, did_you_mean
from core.workspace import Workspace
from models.arrays import BoolArray
from models.demand.forecast import Forecast
from models.demand.levels.series_groups import NONE, SeriesGroups, series_groups
from models.demand.levels.sums import USUAL, summed
from models.demand.series import join_keys


@dataclass(frozen=True)
class LevelOutlook:
    """One level: its groups and their forecast."""

    groups: SeriesGroups
    forecast: Forecast

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Where each group stands."""
        return {name: row for row, name in enumerate(self.forecast.ids)}

    def row(self, series: Mapping[str, str]) -> int | None:
        """Where the group with these key values stands; None if there is none."""
        return self.rows.get(join_keys([str(series[key]) for key in self.groups.keys]))

    def any_of(self, row: int, flags: BoolArray) -> bool:
        """Whether one of a group's series has a flag, (S,)."""
        return bool(flags[self.groups.of == row].any())


def level_outlook(
    workspace: Workspace, level: Sequence[str], forecast: Forecast, correlations: Mapping[str, float]
) -> LevelOutlook:
    """The forecast of a level.

    Raises:
        UsageError, DataError: it is no grouping of the series.
    """
    groups = series_groups(workspace, level, forecast.ids)
    return LevelOutlook(groups, summed(forecast, groups, correlations.get(level_name(level), USUAL)))


def level_name(level: Sequence[str]) -> str:
    """How a level is called in commands, files and messages."""
    return ",".join(level)


def chosen_level(levels: Sequence[Sequence[str]], name: str) -> tuple[str, ...]:
    """The level of the settings with this name; the order of its columns does not matter.

    Raises:
        UsageError: there is none, with the nearest.
    """
    wanted = {each.strip() for each in name.split(",")}
    for level in levels:
        if set(level) == wanted:
            return tuple(level)
    names = [level_name(level) for level in levels]
    todo = did_you_mean(name, names) if names else 'name it in regulars.toml: [demand] levels = [["department"]]'
    raise UsageError(f"demand.levels has no level {name!r}", todo=todo)


def left_out(groups: SeriesGroups) -> int:
    """How many series are in no group, as an attribute of their products is empty."""
    return int(np.count_nonzero(groups.of == NONE))
