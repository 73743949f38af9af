"""Which signals a model uses, and what they make of a forecast: each series' days are multiplied by a factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import Float64Array, Int64Array
from models.demand.plans import Plans
from models.demand.series import Histories
from models.demand.signals.anomalies import Anomalies
from models.demand.signals.interest import Interest
from models.demand.signals.responses import Ground

_MOST = 1.2
"""The strongest effect of all signals together, as a logarithm."""


@dataclass(frozen=True)
class Term:
    """A signal at a lag: a period's sales follow what it was `shift` periods before (after, if negative)."""

    name: str
    shift: int = 0


@dataclass(frozen=True)
class SignalUse:
    """The terms that are used, and how far: 0 leaves forecasts as they are, 1 takes responses at their word."""

    terms: tuple[Term, ...] = ()
    strength: float = 0.0

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> SignalUse:
        """That of `model.json`."""
        terms = tuple(Term(each["name"], int(each["shift"])) for each in content["terms"])
        return cls(terms, float(content["strength"]))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the signals that are used."""
        return tuple(sorted({term.name for term in self.terms}))


UNUSED = SignalUse()


def effects(histories: Histories, plans: Plans, terms: Sequence[Term], horizon: int) -> Float64Array:
    """The logarithm of what the terms multiply each coming period of each series by, (S, horizon).

    Responses are learnt anew from the histories at hand, so that a series that began lately has one too.
    """
    drivers = Drivers.of(histories, plans, {term.name for term in terms}, horizon)
    used = [term for term in terms if drivers.told(term)]
    if not used:
        return np.zeros((len(histories.ids), horizon))
    return drivers.effects(Ground.of(histories, plans), used)


@dataclass(frozen=True)
class Drivers:
    """The anomalies of signals at an origin, and whose (the row of its region, or its own) each series goes by."""

    each: Mapping[str, Anomalies]
    places: Mapping[str, Int64Array]
    periods: int

    @classmethod
    def of(cls, histories: Histories, plans: Plans, names: Sequence[str] | set[str], horizon: int) -> Drivers:
        """Those of the signals with these names."""
        known, own = plans.signals, Interest(histories)
        outside = sorted(set(names) & set(known.names))
        values = {name: known.values(name, histories, horizon) for name in outside}
        places = dict.fromkeys(outside, known.places(histories))
        for name in sorted(set(names) & set(own.names)):
            values[name], places[name] = own.values(name, horizon), np.arange(len(histories.ids))
        each = {name: Anomalies.of(told, histories.periods, histories.freq) for name, told in values.items()}
        return cls(each, places, histories.periods)

    def told(self, term: Term) -> bool:
        """Whether there is anything to a term's signal."""
        return term.name in self.each and self.each[term.name].told

    def past(self, term: Term, periods: int) -> Float64Array:
        """A term's anomalies in the last periods before the origin, (S, periods)."""
        past = self.each[term.name].shifted(term.shift).past[:, self.periods - periods : self.periods]
        found: Float64Array = past[self.places[term.name]]
        return found

    def ahead(self, term: Term) -> Float64Array:
        """A term's anomalies in the coming periods, (S, H)."""
        ahead = self.each[term.name].shifted(term.shift).ahead[:, self.periods :]
        found: Float64Array = ahead[self.places[term.name]]
        return found

    def reaches(self, term: Term) -> bool:
        """Whether it tells of the first coming period: what is only observed later than that is of no use."""
        return self.told(term) and self.each[term.name].reach + term.shift > 0

    def effects(self, ground: Ground, terms: Sequence[Term]) -> Float64Array:
        """The logarithm of what the terms multiply each coming period by, (S, H)."""
        responses = ground.responses([self.past(term, ground.periods) for term in terms])
        ahead = np.array([self.ahead(term) for term in terms])
        summed: Float64Array = np.clip(np.einsum("js,jsh->sh", responses, ahead), -_MOST, _MOST)
        return summed
