"""Who is ahead: each candidate's metrics over the windows of a shop, and the product's difference to each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pandas import DataFrame

from models.intervals import Interval, Resampled, over_windows

SERVED = "served"
"""What the product would serve."""


@dataclass(frozen=True)
class ContestEntry:
    """What one candidate said of one window: a row per unit, as its metrics need it, and how long it took, if known."""

    frame: DataFrame
    seconds: float | None


Entries = Mapping[str, ContestEntry]
"""Of one window, by candidate."""


@dataclass(frozen=True)
class Yardstick:
    """What candidates are measured by.

    statistics: the metrics shown, in order
    compared: those on which the product's difference to each peer is shown and everybody is ranked, with whether
        higher is better; standings are ordered by the one named `first`
    """

    statistics: Mapping[str, Resampled]
    compared: Mapping[str, bool]
    first: str

    def stand(self, windows: Sequence[Entries], seed: int) -> tuple[Standing, ...]:
        """The candidates that every window has, the best first; differences are paired by unit."""
        everywhere = [name for name in windows[0] if all(name in entries for entries in windows)]
        frames = {name: [entries[name].frame for entries in windows] for name in everywhere}
        values = {
            name: {metric: over_windows(each, one, seed=seed) for metric, one in self.statistics.items()}
            for name, each in frames.items()
        }
        ranks = {
            metric: self._ranks({name: each[metric].value for name, each in values.items()}, metric)
            for metric in self.compared
        }
        standings = [
            Standing(
                name,
                values[name],
                {metric: ranks[metric][name] for metric in self.compared},
                _mean_known(entries[name].seconds for entries in windows),
                {} if name == SERVED else self._ahead(frames[SERVED], frames[name], seed),
            )
            for name in everywhere
        ]
        return tuple(sorted(standings, key=lambda each: each.ranks[self.first]))

    def loses(self, standing: Standing) -> list[str]:
        """The metrics on which the product is behind this candidate with its whole interval."""
        return [metric for metric, each in standing.ahead.items() if each.wholly_worse(self.compared[metric])]

    def ahead_rows(self, standings: Iterable[Standing]) -> list[tuple[object, ...]]:
        """The product's difference to each other candidate, and in words where the whole interval says something."""
        others = [each for each in standings if each.ahead]
        return [(each.name, *map(str, each.ahead.values()), self._said(each)) for each in others]

    def means(self, shops: Sequence[Sequence[Standing]]) -> Iterator[MeanStanding]:
        """Of each candidate that every shop has, the best first: the means of what stands of it."""
        by_shop = [{each.name: each for each in shop} for shop in shops]
        common = [name for name in by_shop[0] if all(name in each for each in by_shop)]
        found = [
            MeanStanding(
                name,
                {metric: _mean(each[name].metrics[metric].value for each in by_shop) for metric in self.statistics},
                {metric: _mean(each[name].ranks[metric] for each in by_shop) for metric in self.compared},
                _mean_known(each[name].seconds for each in by_shop),
            )
            for name in common
        ]
        sign = -1 if self.compared[self.first] else 1
        yield from sorted(found, key=lambda each: sign * each.metrics[self.first])

    def _ahead(self, served: Sequence[DataFrame], other: Sequence[DataFrame], seed: int) -> dict[str, Interval]:
        return {
            metric: over_windows(served, self.statistics[metric], seed=seed, less=other) for metric in self.compared
        }

    def _ranks(self, values: Mapping[str, float], metric: str) -> dict[str, int]:
        sign = -1 if self.compared[metric] else 1
        ordered = sorted(values, key=lambda name: sign * round(values[name], 6))
        return {name: place for place, name in enumerate(ordered, 1)}

    def _said(self, each: Standing) -> str:
        words = {metric: _side(interval, self.compared[metric]) for metric, interval in each.ahead.items()}
        return ", ".join(f"{word} in {metric}" for metric, word in words.items() if word)


@dataclass(frozen=True)
class Standing:
    """A candidate on a shop: the mean of each metric over its windows, its rank on those compared, seconds per window.

    `ahead` is the product's difference to it, paired by unit.
    """

    name: str
    metrics: Mapping[str, Interval]
    ranks: Mapping[str, int]
    seconds: float | None
    ahead: Mapping[str, Interval]

    def row(self) -> tuple[object, ...]:
        """Its metrics with their intervals, its ranks, and seconds per window."""
        return (self.name, *map(str, self.metrics.values()), *self.ranks.values(), _shown(self.seconds))

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "name": self.name,
            "metrics": {metric: interval.as_dict() for metric, interval in self.metrics.items()},
            "ranks": dict(self.ranks),
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            "served_less_this": {metric: interval.as_dict() for metric, interval in self.ahead.items()},
        }


@dataclass(frozen=True)
class MeanStanding:
    """A candidate over several shops."""

    name: str
    metrics: Mapping[str, float]
    ranks: Mapping[str, float]
    seconds: float | None

    def row(self) -> tuple[object, ...]:
        """As that of a standing, without intervals."""
        ranks = (f"{rank:.1f}" for rank in self.ranks.values())
        return (self.name, *(f"{value:.4f}" for value in self.metrics.values()), *ranks, _shown(self.seconds))


def served_of(standings: Iterable[Standing]) -> Standing:
    """The product's own."""
    return next(each for each in standings if each.name == SERVED)


def said_of(measured: Yardstick, shops: Mapping[str, Sequence[Standing]], first: str) -> str:
    """What happened, in a sentence: on how many shops the product is first by all that is compared, and whom it is
    behind; `first` says what that is called."""
    ahead = sum(set(served_of(standings).ranks.values()) == {1} for standings in shops.values())
    lost = [
        f"{each.name} on {shop} ({', '.join(metrics)})"
        for shop, standings in shops.items()
        for each in standings
        if (metrics := measured.loses(each))
    ]
    behind = f"behind {'; '.join(lost)}" if lost else "behind nobody"
    return f"served is first {first} on {ahead} of {len(shops)} shops, {behind} with its whole interval"


def _side(interval: Interval, higher_is_better: bool) -> str:
    if interval.wholly_worse(higher_is_better):
        return "behind"
    return "ahead" if interval.wholly_better(higher_is_better) else ""


def _shown(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"


def _mean_known(seconds: Iterable[float | None]) -> float | None:
    known = [each for each in seconds if each is not None]
    return _mean(known) if known else None


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
