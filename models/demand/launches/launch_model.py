"""How likely a product reaches its goal, at its launch and after its first days, learnt on a shop's past launches.

The goal is what products alike sold on their first days in the mean, or a number that the settings say. Two logistic
regressions answer: one knows what is known at the launch, the other what sold since as well. Launches that are not over
yet tell by their first days how many of them will succeed: where that is fewer or more than before, the first
regression is moved as far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from models.alike import Alike, products_alike
from models.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from models.churn.linear import Linear
from models.demand.launches.assortment import Assortment
from models.demand.launches.market import Market
from models.demand.launches.past_launches import PastLaunches, past_launches

LEAST, LEAST_EACH = 60, 15
"""So many launches that are over, and so many that succeeded and failed, are needed to learn from."""
_STRENGTH, _STRENGTH_AFTER = 0.1, 1.0
_AGES = (1 / 3, 1 / 2, 2 / 3, 5 / 6)
"""After which parts of the goal's days a past launch is looked at."""
_FURTHEST = 3.0
"""Recent launches move the log-odds by no more than this."""


@dataclass(frozen=True)
class LaunchTerms:
    """What the settings say: `days` in which `goal_units` (0: what products alike sold) are to be reached, the
    `settle_days` that a shop has no launches in, and the `stop_days` after which a launch is looked at again."""

    days: int
    settle_days: int
    goal_units: float
    stop_days: int


@dataclass(frozen=True)
class Launched:
    """Past launches and what was known of each when it came."""

    launches: PastLaunches
    known: pd.DataFrame

    @classmethod
    def of(cls, assortment: Assortment, terms: LaunchTerms) -> Launched:
        """All that a shop has had; the market is looked at once a week, before the first launch of the week."""
        launches = past_launches(assortment, terms.settle_days, terms.days)
        weeks = launches.days // 7
        known = [Market(assortment, int(week) * 7).of(launches.items[weeks == week]) for week in np.unique(weeks)]
        none = pd.DataFrame(index=launches.items.index)
        return cls(launches, pd.concat(known) if known else none)

    def select(self, rows: BoolArray) -> Launched:
        """Some of them."""
        return Launched(self.launches.select(rows), self.known[rows])


@dataclass(frozen=True)
class Goals:
    """The launches that are over, by which new ones are measured."""

    over: PastLaunches
    sold: Float64Array
    goal_units: float

    def expected(self, items: pd.DataFrame) -> tuple[Float64Array, list[Alike]]:
        """What products alike sold in the mean; nan where there are none."""
        alike = products_alike(items, self.over.items)
        return np.array([each.mean(self.sold) for each in alike], dtype=float), alike

    def goal(self, expected: Float64Array) -> Float64Array:
        """What is to be reached."""
        return np.full(len(expected), self.goal_units) if self.goal_units else np.maximum(expected, 1.0)


@dataclass(frozen=True)
class LaunchModel:
    """What was learnt before a day; without regressions, every launch succeeds as often as those of the past.

    base: the share of the past launches that reached their goal; nan where none is over
    shift: what recent launches add to the log-odds at the launch
    """

    goals: Goals
    base: float
    shift: float = 0.0
    first: Linear | None = None
    later: Linear | None = None

    @property
    def launches(self) -> int:
        """How many launches are over."""
        return len(self.goals.sold)

    def at_launch(self, known: pd.DataFrame, goal: Float64Array) -> Float64Array:
        """The chance to reach the goal, shape (rows,)."""
        if self.first is None:
            return np.full(len(known), self.base)
        return np.asarray(expit(self.first.margins(_first(known, goal)) + self.shift))

    def after(self, course: Float64Array, age: int, goal: Float64Array, chance: Float64Array) -> Float64Array:
        """The same once `age` days have sold `course` (L, >= age); `chance` was the one at the launch.

        nan where nothing could be learnt.
        """
        reached = course[:, :age].sum(axis=1) >= goal
        if self.later is None:
            return np.where(reached, 1.0, np.nan)
        told = expit(self.later.margins(_later(course, age, goal, chance)))
        return np.where(reached, 1.0, told)


def learn(launched: Launched, day: int, terms: LaunchTerms) -> LaunchModel:
    """What the launches told that were over before a day."""
    past = launched.select(launched.launches.over(terms.days, day))
    goals = Goals(past.launches, past.launches.sold(), terms.goal_units)
    if not len(goals.sold):
        return LaunchModel(goals, float("nan"))
    goal = goals.goal(goals.expected(past.launches.items)[0])
    success = (goals.sold >= goal).astype(np.int64)
    base = (success.sum() + 1) / (len(success) + 2)
    if len(success) < LEAST or min(success.sum(), (1 - success).sum()) < LEAST_EACH:
        return LaunchModel(goals, float(base))
    first = Linear.fit(_first(past.known, goal), success, _STRENGTH)
    model = LaunchModel(goals, float(base), first=first)
    chance = model.at_launch(past.known, goal)
    later = _fitted_later(past.launches.course, goal, chance, success, terms)
    model = LaunchModel(goals, float(base), 0.0, first, later)
    return LaunchModel(goals, float(base), _shift(model, launched, day, terms), first, later)


def _fitted_later(
    course: Float64Array, goal: Float64Array, chance: Float64Array, success: Int64Array, terms: LaunchTerms
) -> Linear | None:
    """Learnt on launches whose goal was still open at some age."""
    rows, outcomes = [], []
    for age in sorted({terms.stop_days, *(round(part * terms.days) for part in _AGES)}):
        still = course[:, :age].sum(axis=1) < goal
        rows.append(_later(course[still], age, goal[still], chance[still]))
        outcomes.append(success[still])
    reached = np.concatenate(outcomes)
    if min(reached.sum(), (1 - reached).sum()) < LEAST_EACH:
        return None
    return Linear.fit(np.concatenate(rows), reached, _STRENGTH_AFTER)


def _shift(model: LaunchModel, launched: Launched, day: int, terms: LaunchTerms) -> float:
    """What the log-odds of launches that are not over have to be moved by to mean what their first days tell."""
    days = launched.launches.days
    recent = launched.select((days + terms.days > day) & (days + terms.stop_days <= day))
    if len(recent.known) < LEAST or model.later is None:
        return 0.0
    goal = model.goals.goal(model.goals.expected(recent.launches.items)[0])
    chance = model.at_launch(recent.known, goal)
    told = float(model.after(recent.launches.course, terms.stop_days, goal, chance).mean())
    low, high = -_FURTHEST, _FURTHEST
    margins = logit(chance)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(margins + middle).mean() < told else (low, middle)
    return (low + high) / 2


def _first(known: pd.DataFrame, goal: Float64Array) -> Float32Array:
    return np.column_stack([known.to_numpy(dtype=float), goal]).astype(np.float32)


def _later(course: Float64Array, age: int, goal: Float64Array, chance: Float64Array) -> Float32Array:
    """How far a launch is, how much of it came lately, how much time is left, and what was thought of it."""
    sold, lately = course[:, :age].sum(axis=1), course[:, age // 2 : age].sum(axis=1)
    part = age / course.shape[1]
    progress = np.log1p(sold) - np.log1p(goal)
    columns = [progress, np.log1p(lately), np.log1p(goal), np.full(len(sold), part), progress * part, logit(chance)]
    return np.column_stack(columns).astype(np.float32)
