"""What is understood of an outcome, and of which line of the answer it tells (docs/endpoints.md lists the keys).

An outcome is free-form JSON; what is not understood here is kept and exported as it came.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.demand.series import join_keys

Line = Mapping[str, Any]
Outcome = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What an outcome tells of one line of the answer; without a `line`, of the answer as a whole, or of an `item`
    that was not in it.
    """

    line: Line | None = None
    item: str | None = None
    bought: bool | None = None
    units: float | None = None

    @property
    def understood(self) -> bool:
        """Whether it says what came of the line."""
        return self.bought is not None or self.units is not None


def read(kind: str, outcome: Outcome, lines: Sequence[Line], series_keys: Sequence[str]) -> list[Told]:
    """What the outcome of a prediction of some kind (as the log names it) tells, at least one thing."""
    if kind == "demand":
        return _of_series(outcome, lines, series_keys)
    return _READERS[kind](outcome, lines) if kind in _READERS else [Told()]


def _of_customer(outcome: Outcome, lines: Sequence[Line]) -> list[Told]:
    bought = outcome.get("bought")
    bought = bought if isinstance(bought, bool) else None
    named = _named(lines, outcome.get("customer_id"))
    return [Told(line, bought=bought) for line in named] or [Told(bought=bought)]


def _of_products(outcome: Outcome, lines: Sequence[Line]) -> list[Told]:
    bought, product = outcome.get("bought"), outcome.get("product_id")
    if isinstance(bought, list) and all(isinstance(each, str) for each in bought):
        shown = {line["item"] for line in lines}
        told = [Told(line, line["item"], line["item"] in bought) for line in lines]
        told += [Told(item=each, bought=True) for each in dict.fromkeys(bought) if each not in shown]
        return told or [Told(bought=False)]
    if not isinstance(bought, bool):
        return [Told()]
    if isinstance(product, str):
        named = [line for line in lines if line["item"] == product]
        return [Told(line, product, bought) for line in named] or [Told(item=product, bought=bought)]
    if bought:  # something of the list, nobody says what
        return [Told(bought=True)]
    return [Told(line, line["item"], False) for line in lines] or [Told(bought=False)]


def _of_series(outcome: Outcome, lines: Sequence[Line], keys: Sequence[str]) -> list[Told]:
    units, series = outcome.get("units"), outcome.get("series")
    known = isinstance(units, int | float) and not isinstance(units, bool) and math.isfinite(units)
    if isinstance(series, Mapping):
        values = [series.get(key) for key in keys]
        series = join_keys([str(value) for value in values])
    amount = float(units) if known and units is not None else None
    return [Told(line, units=amount) for line in _named(lines, series)] or [Told(units=amount)]


def _named(lines: Sequence[Line], subject: object) -> list[Line]:
    """The lines of the subject that is named; the only line where none is."""
    if subject is None:
        return list(lines) if len(lines) == 1 else []
    return [line for line in lines if line["subject"] == subject]


LISTS: Final = ("recommendations", "similar", "bundles")
"""Kinds of answers whose lines are items of one list."""
_READERS: Final[Mapping[str, Callable[[Outcome, Sequence[Line]], list[Told]]]] = {
    "churn": _of_customer,
    "audience": _of_customer,
    **dict.fromkeys(LISTS, _of_products),
}
