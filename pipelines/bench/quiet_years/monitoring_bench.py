"""The bench of monitoring: years without a change, and changes planted one at a time."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median

import numpy as np
import pandas as pd
from scipy.stats import beta

from core.progress import current
from monitoring.drift.judgement import JOINTLY
from monitoring.fairness import judge
from monitoring.fairness.counting import confusions
from monitoring.fairness.judge import Limits
from pipelines.bench.quiet_years import quiet_fairness, quiet_visits, watchers
from pipelines.bench.quiet_years.invented_year import names, weeks
from pipelines.bench.quiet_years.planted_changes import CHANGES, GONE
from pipelines.bench.quiet_years.quiet_fairness import FAIR
from pipelines.bench.quiet_years.quiet_visits import AWAY
from pipelines.bench.quiet_years.resampled_year import WeeksToDraw
from pipelines.bench.quiet_years.watchers import BEFORE, MODELS, OURS

LOOKS, MOST_DAYS = 52, 28
YEARS_HEADER = ("watcher", "years with an alarm", "share", "95% interval", "seconds a look")
CHANGES_HEADER = ("planted", "watcher", "found", "median days", "also raised")
STOPPED = "churn doubled, as weeks go by"
SELECTED, PRICE = "a group selected 1.6 times as often (n = 400)", "a price level 20% lower for one group"


@dataclass(frozen=True)
class QuietYears:
    """Years without a change: of how many a watcher raised anything."""

    watcher: str
    years: int
    alarmed: int
    seconds: float

    def interval(self) -> tuple[float, float]:
        """Clopper and Pearson, 95%."""
        low = beta.ppf(0.025, self.alarmed, self.years - self.alarmed + 1) if self.alarmed else 0.0
        high = beta.ppf(0.975, self.alarmed + 1, self.years - self.alarmed) if self.alarmed < self.years else 1.0
        return float(low), float(high)

    def row(self) -> tuple[object, ...]:
        """For the table."""
        low, high = self.interval()
        share = f"{self.alarmed / self.years:.0%}"
        return self.watcher, f"{self.alarmed} of {self.years}", share, f"[{low:.1%}, {high:.1%}]", f"{self.seconds:.3f}"


@dataclass(frozen=True)
class FoundChange:
    """A planted change: how often a watcher found it within four weeks, how soon, and what else it raised."""

    change: str
    watcher: str
    trials: int
    found: int
    days: float | None
    others: float

    def row(self) -> tuple[object, ...]:
        """For the table; `others` is the mean number of columns that had nothing to do with it."""
        days = f"{self.days:.0f}" if self.days is not None else "-"
        return self.change, self.watcher, f"{self.found} of {self.trials}", days, f"{self.others:.1f}"


Weeks = Callable[[int, int], Iterator[pd.DataFrame]]
"""So many weekly tables of a seed."""


def quiet(years: int, seed: int, shop: WeeksToDraw | None = None) -> list[QuietYears]:
    """Years of 52 weekly looks at three models; a watcher is alarmed by a year if any look at any model raises.

    The years of a shop are drawn from its own weeks, and its groups are looked at as well.

    Each processor watches years of its own; what comes out does not depend on how many there are.
    """
    alarmed, total = Counter[str](), dict[str, Spent]()
    seeds = [seed + number * MODELS for number in range(years)]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, years), multiprocessing.get_context("spawn")) as pool:
        for raised, seconds in current().track(
            pool.map(partial(_year, shop), seeds), "years without a change", total=years
        ):
            alarmed.update(raised)
            for name, each in seconds.items():
                total.setdefault(name, Spent()).add(each.seconds, each.looks)
    return [QuietYears(name, years, alarmed[name], each.seconds / each.looks) for name, each in total.items()]


@dataclass
class Spent:
    """Seconds of so many looks: one that has raised is not asked again in its year."""

    seconds: float = 0.0
    looks: int = 0

    def add(self, seconds: float, looks: int = 1) -> None:
        """More of it."""
        self.seconds, self.looks = self.seconds + seconds, self.looks + looks


def _year(shop: WeeksToDraw | None, seed: int) -> tuple[set[str], dict[str, Spent]]:
    """Who raised anything, and what each spent."""
    raised: set[str] = set()
    spent: dict[str, Spent] = {}
    for model in range(MODELS):
        _quiet_model(shop.weeks if shop else weeks, seed + model, raised, spent)
    if shop:
        away, looks, seconds = quiet_visits.year(shop, seed)
        spent[AWAY] = Spent(seconds, looks)
        raised |= {AWAY} if away else set()
    if shop and shop.groups.columns.size:
        flagged, looks, seconds = quiet_fairness.year(shop, seed)
        spent[FAIR] = Spent(seconds, looks)
        raised |= {FAIR} if flagged else set()
    return raised, spent


def _quiet_model(source: Weeks, seed: int, raised: set[str], spent: dict[str, Spent]) -> None:
    every = source(seed, BEFORE + LOOKS)
    before = [next(every) for _ in range(BEFORE)]
    ours, rivals = watchers.trained(before), watchers.alarms(pd.concat(before[-4:], ignore_index=True))
    asking: dict[str, Callable[[pd.DataFrame], frozenset[str]]] = {OURS: ours.look, **rivals}
    for frame in every:
        for name, look in asking.items():
            if name != OURS and name in raised:
                continue
            started = time.perf_counter()
            if look(frame):
                raised.add(name)
            spent.setdefault(name, Spent()).add(time.perf_counter() - started)


def planted(trials: int, seed: int, shop: WeeksToDraw | None = None) -> list[FoundChange]:
    """Every change in so many shops (or years of one), looked at 7, 14, 21 and 28 days after it happened.

    Of a shop's own weeks churn is planted once more, as it comes about: a tenth of the customers buy nothing from a day
    on, and the features learn it week by week. Whatever moves then is of that, and the product looks at who stays away,
    too: the sooner of the two counts.
    """
    source: Weeks = shop.weeks if shop else weeks
    outcomes: dict[tuple[str, str], list[tuple[int | None, int]]] = {}
    for number in current().track(range(trials), "planted changes", total=trials):
        rng = np.random.default_rng(seed + number)
        every = list(source(seed + number, BEFORE + MOST_DAYS // 7))
        before, after = every[:BEFORE], every[BEFORE:]
        for change, (plant, own) in CHANGES.items():
            ours, rivals = watchers.trained(before), watchers.alarms(pd.concat(before[-4:], ignore_index=True))
            changed = [plant(frame, rng) for frame in after]
            for name, look in {OURS: ours.look, **rivals}.items():
                outcomes.setdefault((change, name), []).append(_first(look, changed, own))
        if shop:
            stopped = list(shop.weeks_with_stops(seed + number, len(every), BEFORE, GONE))[BEFORE:]
            ours, rivals = watchers.trained(before), watchers.alarms(pd.concat(before[-4:], ignore_index=True))
            away = quiet_visits.first(shop.visits(seed + number, len(every), BEFORE, GONE), len(stopped))
            for name, look in {OURS: ours.look, **rivals}.items():
                days, others = _first(look, stopped, frozenset([*names(), JOINTLY]))
                days = min((each for each in (days, away if name == OURS else None) if each), default=None)
                outcomes.setdefault((STOPPED, name), []).append((days, others))
    return [_outcome(change, name, found) for (change, name), found in outcomes.items()]


def _first(
    look: Callable[[pd.DataFrame], frozenset[str]], changed: list[pd.DataFrame], own: frozenset[str]
) -> tuple[int | None, int]:
    """Days until a column of the change is raised, and how many others are by then."""
    others: set[str] = set()
    for week, frame in enumerate(changed, 1):
        raised = look(frame)
        others |= raised - own
        if raised & own:
            return 7 * week, len(others)
    return None, len(others)


def _outcome(change: str, name: str, found: list[tuple[int | None, int]]) -> FoundChange:
    days = [day for day, _ in found if day is not None]
    half = median([day if day is not None else np.inf for day, _ in found])
    others = float(np.mean([count for _, count in found]))
    return FoundChange(change, name, len(found), len(days), float(half) if np.isfinite(half) else None, others)


def unfair(trials: int, seed: int) -> list[FoundChange]:
    """The changes of fairness, by the product's own verdict on one look (the rest of the shop is left fair)."""
    selected, price = [_unfair(seed + number) for number in range(trials)], [_dear(seed + n) for n in range(trials)]
    return [_outcome(SELECTED, OURS, selected), _outcome(PRICE, OURS, price)]


def _unfair(seed: int) -> tuple[int | None, int]:
    rng = np.random.default_rng(seed)
    groups = np.repeat(["own", "one", "two", "three"], 400)
    selected = rng.random(1600) < np.where(groups == "own", 0.25 * 1.6, 0.25)
    figures = judge.rates("group", confusions(groups.tolist(), selected, rng.random(1600) < 0.3), Limits())
    return _verdict([each.group for each in figures if each.verdict == "flagged" and each.metric == "selection rate"])


def _dear(seed: int) -> tuple[int | None, int]:
    rng = np.random.default_rng(seed)
    levels = {name: rng.lognormal(np.log(mean), 0.3, 400) for name, mean in (("own", 0.8), ("one", 1.0), ("two", 1.0))}
    figures = judge.means("group", "price level", levels, Limits())
    return _verdict([each.group for each in figures if each.verdict == "flagged"])


def _verdict(flagged: list[str]) -> tuple[int | None, int]:
    return (7 if "own" in flagged else None), len(set(flagged) - {"own"})


def verdict(years: list[QuietYears], found: list[FoundChange]) -> str:
    """What was reached, in a sentence."""
    alarmed = [
        f"an alarm in {each.alarmed} of {each.years} years" for each in years if each.watcher in (OURS, AWAY, FAIR)
    ]
    mine = [each for each in found if each.watcher == OURS]
    soon = sum(each.days is not None and each.days <= 7 for each in mine)
    return (
        f"{' and '.join(alarmed)} without a change; {soon} of {len(mine)} changes found in a median of at most 7 days"
    )


def document(years: list[QuietYears], found: list[FoundChange]) -> dict[str, object]:
    """For machines."""
    quiet_years = [asdict(each) | {"interval": each.interval()} for each in years]
    return {"years": quiet_years, "changes": [asdict(each) for each in found]}
