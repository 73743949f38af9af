"""The shop's own past, walked through window by window: members fitted on what was known, scored on what came.

Each window is one horizon after the one before it, and the last is the evaluation's. What they show weighs the members
(`training.churn.stacking`), and how a blend weighed on the windows before each did on it is what is promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from core.errors import DataError
from core.progress import current
from models.arrays import Float64Array
from models.churn import dataset
from training.churn import level_trust, stacking
from training.churn.examples import Examples, known_by
from training.churn.fitting import BAG, BAG_OF_PAST, Fitted, Fitter
from training.churn.losses import log_losses
from training.churn.stacking import ScoredWindow, Stack

WINDOWS = 6
LEAST_CUSTOMERS = 20
"""A window with fewer customers tells nothing."""
FACTORS = (1.0, 0.75, 0.5, 0.25, 0.02)
"""How much of the blend is kept beside one rate for all. Never none: an order, however weak, is kept."""


@dataclass(frozen=True)
class ChainWindow:
    """A window, what was fitted for it, and what that said."""

    scored: ScoredWindow
    fitted: Fitted

    @property
    def rate(self) -> float:
        """The share that left."""
        return float(self.scored.churned.mean())


class Foretold(NamedTuple):
    """A window, and the log-odds of its customers by a blend that had not seen it, shape (customers,)."""

    window: ChainWindow
    margins: Float64Array


def walk(fitter: Fitter, now: Examples, until: date) -> list[ChainWindow]:
    """The windows up to the one from `until`, the evaluation's, oldest first.

    Raises:
        DataError: nobody, or everybody, left before the evaluation's.
    """
    days = _days(now, until)
    past = [window for day in current().track(days, "past windows") if (window := _window(fitter, now, day))]
    return [*past, _fitted(fitter, now, until, BAG)]


def blend(past: Sequence[ChainWindow], names: Sequence[str], as_of: date) -> Stack:
    """How the members are to be blended as of a date at which these windows are over."""
    if not past:
        return stacking.usual(names)
    return _served(past, [*_as_weighed(past, names), _weighed(past, names, as_of)])


def forward(past: Sequence[ChainWindow], names: Sequence[str]) -> list[Foretold]:
    """Each window but the first with what the blend that would have served then says of its customers."""
    stacks = _as_weighed(past, names)
    return [
        Foretold(window, _served(past[:place], stacks[:place]).blended(window.scored.margins))
        for place, window in enumerate(past)
        if place
    ]


def _as_weighed(past: Sequence[ChainWindow], names: Sequence[str]) -> list[Stack]:
    """Before each window but the first, the stack by those that were over."""
    return [_weighed(past[:place], names, window.scored.as_of) for place, window in enumerate(past) if place]


def _weighed(past: Sequence[ChainWindow], names: Sequence[str], as_of: date) -> Stack:
    return stacking.fit(names, [each.scored for each in past], past[-1].rate, as_of)


def _served(past: Sequence[ChainWindow], stacks: Sequence[Stack]) -> Stack:
    """The last stack, weighed on all these windows, as far as those before it were right: its level, and all of it."""
    scored = [each.scored for each in past]
    trusted = [
        stack.trusting(level_trust.share(stacks[:place], scored[1 : place + 1])) for place, stack in enumerate(stacks)
    ]
    return trusted[-1].scaled(_factor(past, trusted[:-1]), past[-1].rate)


def _factor(past: Sequence[ChainWindow], stacks: Sequence[Stack]) -> float:
    """The factor that would have done best on the windows: below 1 where hardly anything tells customers apart."""
    if not stacks:
        return 1.0
    told = [
        Foretold(window, stack.blended(window.scored.margins)) for window, stack in zip(past[1:], stacks, strict=True)
    ]
    losses = {factor: _loss(told, past, factor) for factor in FACTORS}
    return min(FACTORS, key=lambda factor: losses[factor])


def _loss(told: Sequence[Foretold], past: Sequence[ChainWindow], factor: float) -> float:
    total = customers = 0.0
    for (window, margins), before in zip(told, past[:-1], strict=True):
        said = factor * margins + (1 - factor) * stacking.log_odds(before.rate)
        total += float(log_losses(said, window.scored.churned).sum())
        customers += len(said)
    return total / customers


def _days(now: Examples, until: date) -> list[date]:
    """Origins about one horizon apart before the evaluation's, counted back from it."""
    apart = dataset.STEP_DAYS * max(1, -(-now.gap_days // dataset.STEP_DAYS))
    there = set(now.labelled["as_of"].unique())
    wanted = [until - timedelta(days=apart * i) for i in reversed(range(1, WINDOWS))]
    return [day for day in wanted if day in there]


def _window(fitter: Fitter, now: Examples, day: date) -> ChainWindow | None:
    """None where its past is too short, or has nobody who left (or stayed)."""
    if (now.labelled["as_of"] == day).sum() < LEAST_CUSTOMERS:
        return None
    try:
        return _fitted(fitter, now, day, BAG_OF_PAST)
    except DataError:
        return None


def _fitted(fitter: Fitter, now: Examples, day: date, bag: int) -> ChainWindow:
    then = known_by(now, day)
    fitted, truth = fitter.fit(then, bag), then.population
    said = [member.margins(member.about.inputs.matrix(truth)) for member in fitted.members.values()]
    newest = then.labelled["as_of"].max()
    usual = float(then.labelled.loc[then.labelled["as_of"] == newest, "churned"].mean())
    return ChainWindow(ScoredWindow(day, np.column_stack(said), truth["churned"].to_numpy(), usual), fitted)
