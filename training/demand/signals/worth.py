"""What each signal is worth: leaving it out of forecasts of many past windows, and looking at what that costs.

A signal has to help by itself, and beside all others that do; the one that helps least goes first, so that of two
that tell the same one stays. Its lag is chosen anew at each window, from what came before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from scipy.stats import t as student

from models.arrays import Float64Array
from models.demand.plans import Calendar
from models.demand.series import Freq, Histories
from models.demand.signals.interest import signal_names
from models.demand.signals.use import SignalUse, Term
from training.demand.signals.past_origins import PastOrigin, past_origins

SHIFTS: dict[Freq, tuple[int, ...]] = {"D": (0, -2, -1, 1, 2, 3, 4, 5, 7, 10, 14, 21, 28), "W": (0, -1, 1, 2, 3, 4)}
"""Lags that are tried, in periods; negative: leads."""
_DOUBT = 0.1
"""How often a gain of 0 would count as certain among all signals of a shop. A useless signal loses in the mean: of 320
that wander on their own in 40 invented shops, none was kept."""
_LEAST = 0.0005
"""A gain of less than this share of the error is none."""
_LEAST_BLOCKS = 4
_CLEARLY = 3.0
"""Another lag has to have more evidence than none by this, as a logarithm; so has a second lag."""

Verdict = Literal[
    "used", "no gain", "told by others", "nothing beside the model", "constant or too few values", "too little history"
]
USED: Final = "used"
NO_STRENGTH: Final = "nothing beside the model"


@dataclass(frozen=True)
class SignalWorth:
    """What leaving a signal out of past forecasts costs, as a share of their error, and what became of it."""

    name: str
    verdict: Verdict
    worth: float = 0.0
    windows: int = 0


@dataclass(frozen=True)
class Discovery:
    """The terms worth using, and what each signal of the shop is worth."""

    terms: tuple[Term, ...] = ()
    each: tuple[SignalWorth, ...] = ()

    def followed(self, use: SignalUse) -> Discovery:
        """What became of it: signals that a model was not better with are not used."""
        if use.terms or not self.terms:
            return self
        return Discovery((), tuple(replace(s, verdict=NO_STRENGTH) if s.verdict == USED else s for s in self.each))

    def notes(self, strength: float) -> tuple[str, ...]:
        """What the model card says of it; nothing where the shop has no signals."""
        lags = {name: sorted(term.shift for term in self.terms if term.name == name) for name in self.names(USED)}
        used = [
            f"{each.name} (lag {', '.join(map(str, lags[each.name]))}; worth {each.worth:.1%} of the error on"
            f" {each.windows} past windows)"
            for each in sorted(self.each, key=lambda each: -each.worth)
            if each.verdict == USED
        ]
        left = [f"{each.name} ({each.verdict})" for each in self.each if each.verdict != USED]
        said = (
            (f"Outside signals used, with a strength of {strength:.2f} (0 to 1): {'; '.join(used)}.",) if used else ()
        )
        return (*said, f"Outside signals that are not used: {', '.join(left)}.") if left else said

    def names(self, verdict: Verdict) -> tuple[str, ...]:
        """The signals with a verdict."""
        return tuple(each.name for each in self.each if each.verdict == verdict)


def discover(histories: Histories, days: Calendar, horizon: int) -> Discovery:
    """Try every signal of a shop, those of its calendar and of its events, on its past before an origin."""
    named = signal_names(histories, days.signals.names)
    if not named:
        return Discovery()
    return _Trial(past_origins(histories, days, horizon)).discovery(named)


@dataclass(frozen=True)
class _Trial:
    """Signals on past windows, the latest first."""

    origins: Sequence[PastOrigin]

    def discovery(self, names: Sequence[str]) -> Discovery:
        told = [name for name in names if self.origins and any(_told(origin, name) for origin in self.origins)]
        verdicts: dict[str, SignalWorth] = {
            name: SignalWorth(name, "constant or too few values" if self.origins else "too little history")
            for name in names
            if name not in told
        }
        terms = {name: [_terms(origin, name) for origin in self.origins] for name in told}
        helpful = {}
        for name in told:
            gain = self._gain([], {name: terms[name]}, len(told))
            verdicts[name] = SignalWorth(name, "no gain", gain.share, len(self.origins))
            if gain.certain:
                helpful[name] = terms[name]
        kept, gains = self._kept(helpful, len(told))
        verdicts |= {n: SignalWorth(n, "told by others", verdicts[n].worth, len(self.origins)) for n in helpful}
        verdicts |= {name: SignalWorth(name, "used", gains[name].share, len(self.origins)) for name in kept}
        newest = [term for name in kept for term in kept[name][0]]
        return Discovery(tuple(newest), tuple(verdicts[name] for name in names))

    def _kept(
        self, helpful: Mapping[str, list[list[Term]]], tried: int
    ) -> tuple[dict[str, list[list[Term]]], dict[str, _Gain]]:
        """Those that help beside each other."""
        kept = dict(helpful)
        while kept:
            gains = {
                name: self._gain([o for n, o in kept.items() if n != name], {name: kept[name]}, tried) for name in kept
            }
            least = min(gains, key=lambda name: gains[name].certainty)
            if gains[least].certain:
                return kept, gains
            del kept[least]
        return {}, {}

    def _gain(self, others: Sequence[list[list[Term]]], one: Mapping[str, list[list[Term]]], tried: int) -> _Gain:
        """What a signal adds to others, block by block."""
        [own] = one.values()
        without, beside = [], []
        for place, origin in enumerate(self.origins):
            rest = [term for each in others for term in each[place]]
            without.append(origin.losses(rest))
            beside.append(origin.losses([*rest, *own[place]]))
        return _Gain(np.concatenate(without), np.concatenate(beside), tried)


@dataclass(frozen=True)
class _Gain:
    """The losses of blocks without and with a signal, one of `tried`."""

    without: Float64Array
    beside: Float64Array
    tried: int

    @property
    def share(self) -> float:
        """By how much the signal lowers the error."""
        return float((self.without - self.beside).sum() / max(self.without.sum(), 1e-9))

    @property
    def certainty(self) -> float:
        """The gain in standard errors."""
        gains = self.without - self.beside
        error = float(gains.std(ddof=1)) / np.sqrt(len(gains)) if len(gains) > 1 else np.inf
        return float(gains.mean() / max(error, 1e-12))

    @property
    def certain(self) -> bool:
        """Whether it is no luck, and worth speaking of."""
        blocks = len(self.without)
        if blocks < _LEAST_BLOCKS:
            return False
        limit = float(student.ppf(1 - _DOUBT / self.tried, blocks - 1))
        return self.share > _LEAST and self.certainty > limit


def _told(origin: PastOrigin, name: str) -> bool:
    return origin.drivers.told(Term(name))


def _terms(origin: PastOrigin, name: str) -> list[Term]:
    """A signal's lag with the most evidence before an origin, of those that help ahead; the plain one if none is
    clearly better."""
    tried = [Term(name, shift) for shift in SHIFTS[origin.histories.freq]]
    evidence = {term: origin.evidence(term) for term in tried if origin.drivers.reaches(term)}
    if not evidence:
        return []
    best, plain = max(evidence, key=lambda term: evidence[term]), next(iter(evidence))
    return [best if evidence[best] > evidence[plain] + _CLEARLY else plain]
