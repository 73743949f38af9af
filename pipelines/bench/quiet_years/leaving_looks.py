"""Whether more customers leave, week by week at a shop as it went: nothing planted, then churn doubled.

In a copy of the workspace churn is trained as of a week before the first look. At each look the two rules of customers
who leave are asked as the monitor asks them, each time with what was known then. Then a tenth of the customers who came
in the quarter before a day buy nothing from it on, and both are asked again 7, 14, 21 and 28 days after it. Until then
no window of labels begins after the day, so that what the version expected is as it was, and only the outcomes change.
Every look but the last four is such a day once for each seed. It is one course of one shop: the days lie in the same
months, so that what is found counts no independent trials.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from statistics import median

import numpy as np
import pandas as pd

from core import query_engine
from core.clock import present
from core.progress import current
from core.settings import Rules
from core.workspace import Workspace, of_one_generation
from feature_repo import facts
from models.arrays import Int64Array
from models.kinds import kind, names
from models.registry import Registry
from models.version import CHALLENGER, Version
from monitoring import performance, rules
from monitoring.error_budget import ErrorBudget
from monitoring.leaving import looking, own_rhythm, visit_weeks
from monitoring.leaving.left_over_expected import LeftOverExpected
from monitoring.leaving.own_rhythm import StayingAway
from pipelines.bench.quiet_years.planted_changes import GONE
from pipelines.bench.quiet_years.weekly_looks import TRIALS, WEEK, copied
from pipelines.training_pipeline import train

HEADER = ("day", "left", "expected", "ratio [95%]", "left over expected", "share that stopped [95%]", "staying away")
PLANTED_HEADER = ("planted", "rule", "found", "median days", "ratio after 28 days")
CHURN = "churn"
WEEKS = 4
"""Of looks after the day of a change."""
QUARTER = timedelta(days=91)
LEFT, AWAY = "left over expected", "customers who stay away"


@dataclass(frozen=True)
class LeavingLook:
    """What the two rules measured, and whether they alert; None where one could not judge."""

    day: date
    left: LeftOverExpected | None
    away: StayingAway | None
    says_left: bool
    says_away: bool

    def row(self) -> tuple[object, ...]:
        """For the table."""
        left, away = self.left, self.away
        of_left = ("-", "-", "-") if left is None else (left.left, f"{left.expected:.0f}", _with_interval(left))
        share = "-" if away is None else f"{away.share:+.1%} [{away.low:+.1%}, {away.high:+.1%}]"
        return self.day, *of_left, _said(self.says_left), share, _said(self.says_away)


@dataclass(frozen=True)
class PlantedStop:
    """Days after which each rule found it, of `WEEKS` weeks; None: it did not. The ratio at the last of their looks."""

    day: date
    seed: int
    left: int | None
    away: int | None
    ratio: float


@dataclass(frozen=True)
class LeavingLooks:
    """The shop as it went, and with the changes planted."""

    looks: tuple[LeavingLook, ...]
    planted: tuple[PlantedStop, ...]

    def planted_rows(self) -> list[tuple[object, ...]]:
        """For the table."""
        ratio = f"{median(each.ratio for each in self.planted):.2f}" if self.planted else "-"
        found = {LEFT: [each.left for each in self.planted], AWAY: [each.away for each in self.planted]}
        return [(f"{GONE:.0%} stop", rule, *_counted(days), ratio) for rule, days in found.items()]

    def verdict(self) -> str:
        """In a sentence."""
        alarms = [sum(each.says_left for each in self.looks), sum(each.says_away for each in self.looks)]
        by_left = sum(each.left is not None for each in self.planted)
        by_away = sum(each.away is not None for each in self.planted)
        return (
            f"{LEFT}: {alarms[0]} alerts in {len(self.looks)} looks as the shop went, {by_left} of {len(self.planted)}"
            f" changes found within {7 * WEEKS} days; {AWAY}: {alarms[1]} and {by_away}"
        )

    def document(self) -> dict[str, object]:
        """For machines."""
        return {
            "looks": [asdict(each) | {"day": each.day.isoformat()} for each in self.looks],
            "planted": [asdict(each) | {"day": each.day.isoformat()} for each in self.planted],
        }


def run(workspace: Workspace, many: int, trials: int, seed: int) -> LeavingLooks:
    """So many weekly looks, the last as of the present, and so many plantings at each day that has four looks after it.

    Raises:
        UsageError: the workspace keeps its state on servers.
        DataError: too little history before the first look to train.
    """
    days = [present(workspace) - WEEK * back for back in range(many)][::-1]
    with copied(workspace) as own:
        current().step(f"training {CHURN} as of {days[0] - WEEK}")
        train(own, CHURN, as_of=days[0] - WEEK, trials=TRIALS)
        return at(own, days, range(seed, seed + trials))


@of_one_generation
def at(workspace: Workspace, days: Sequence[date], seeds: Sequence[int]) -> LeavingLooks:
    """The looks at some days, a week apart, in a workspace whose churn has a challenger, and the plantings."""
    shop = _Shop(workspace)
    looks = tuple(shop.look(day) for day in current().track(days, "looks at who leaves", total=len(days)))
    stops = [(day, seed) for day in days[:-WEEKS] for seed in seeds]
    planted = [shop.planted(day, seed) for day, seed in current().track(stops, "churn doubled", total=len(stops))]
    return LeavingLooks(looks, tuple(each for each in planted if each is not None))


class _Shop:
    """The shop, its version, and what the version said of each window, made once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._registry, self._kind = workspace, Registry(workspace), kind(CHURN)
        version = self._registry.find(CHURN, CHALLENGER)
        assert version is not None, "trained before"
        self._version: Version = version
        self._frames: dict[date, pd.DataFrame | None] = {}
        self._visits: dict[date, Int64Array] = {}

    def look(self, day: date) -> LeavingLook:
        """As it went."""
        frame = self._frame(day)
        left = None if frame is None else looking.left(self._workspace, frame, self._began(day))
        away = own_rhythm.judge(self._weeks(day))
        return LeavingLook(day, left, away, self._says_left(left, day), self._says_away(away, day))

    def planted(self, stop: date, seed: int) -> PlantedStop | None:
        """What is found where customers stop on a day; None where no window is complete by the last look."""
        rng, looks = np.random.default_rng(seed), [stop + WEEK * week for week in range(1, WEEKS + 1)]
        came = sorted(facts.buyers(self._workspace, stop - QUARTER, stop))
        stopped = {who for who, goes in zip(came, rng.random(len(came)) < GONE, strict=True) if goes}
        left = {day: self._left_after(day, stop, stopped) for day in looks}
        last = left[looks[-1]]
        if last is None:
            return None
        by_left = next((day for day in looks if self._says_left(left[day], day)), None)
        by_away = next((day for day in looks if self._says_away(self._away_after(day, stop, seed), day)), None)
        return PlantedStop(stop, seed, _days(by_left, stop), _days(by_away, stop), last.ratio)

    def _left_after(self, day: date, stop: date, stopped: set[str]) -> LeftOverExpected | None:
        frame = self._frame(day)
        if frame is None:
            return None
        came_before_it = facts.buyers(self._workspace, self._began(day), stop)
        gone = frame.index.isin(list(stopped - came_before_it))
        changed = frame.assign(churned=np.where(gone, 1, frame["churned"]))
        return looking.left(self._workspace, changed, self._began(day))

    def _away_after(self, day: date, stop: date, seed: int) -> StayingAway | None:
        visits, weeks = self._weeks(day).copy(), (day - stop).days // 7
        came = visits[:, -weeks - QUARTER.days // 7 : -weeks].any(axis=1)
        visits[came & (np.random.default_rng(seed).random(len(visits)) < GONE), -weeks:] = 0
        return own_rhythm.judge(visits)

    def _began(self, day: date) -> date:
        return day - timedelta(days=self._kind.horizon_days(self._workspace.settings))

    def _frame(self, day: date) -> pd.DataFrame | None:
        """The last complete window at a look; None where the version has seen it."""
        if day not in self._frames:
            window = performance.last_window(self._registry, self._kind, self._version, day)
            found = None if window is None else self._kind.evaluate(self._workspace, window.model, window.as_of)
            self._frames[day] = found
        return self._frames[day]

    def _weeks(self, day: date) -> Int64Array:
        if day not in self._visits:
            with query_engine.on_tables(self._workspace) as connection:
                self._visits[day] = visit_weeks.read(connection, self._workspace, day)
        return self._visits[day]

    def _says_left(self, found: LeftOverExpected | None, day: date) -> bool:
        level = _level("performance", day, len(names()) + 1)
        return found is not None and rules.beyond(found, Rules(), level) is not None

    def _says_away(self, found: StayingAway | None, day: date) -> bool:
        return rules.staying_away(found, Rules(), _level("business", day), day).status == "alert"


def _level(family: str, day: date, subjects: int = 1) -> float:
    """What a weekly look may spend."""
    return ErrorBudget.configured(Rules()).level(family, [day - WEEK], day, subjects)


def _days(found: date | None, stop: date) -> int | None:
    return None if found is None else (found - stop).days


def _counted(days: Sequence[int | None]) -> Iterator[str]:
    """How many were found, and the median day, as the other tables of planted changes say it."""
    yield f"{sum(each is not None for each in days)} of {len(days)}"
    half = median([np.inf if each is None else each for each in days]) if days else np.inf
    yield f"{half:.0f}" if np.isfinite(half) else "-"


def _with_interval(left: LeftOverExpected) -> str:
    return f"{left.ratio:.2f} [{left.low:.2f}, {left.high:.2f}]"


def _said(alert: bool) -> str:
    return "alert" if alert else "-"
