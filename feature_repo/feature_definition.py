"""What a feature is: a name, what it means, its unit and its type. The data dictionary is made of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Dtype = Literal["float", "int", "text", "floats", "ints", "texts"]

IBIS_TYPES: dict[Dtype, str] = {
    "float": "float64",
    "int": "int64",
    "text": "string",
    "floats": "array<float64>",
    "ints": "array<int64>",
    "texts": "array<string>",
}
UNSAID = {"ratio", "share", "score", "code"}
"""Units that a number does without when it is said."""
DECIMALS = 6
"""Floats are rounded to this many decimals, so that the order of a sum (threads, engines) does not show."""


@dataclass(frozen=True)
class Feature:
    """One entry of the data dictionary.

    `unit` is what the number counts ("days", "visits", "share", "base currency", "code", ...). `default` is
    the value of an entity about which the family has no row: 0 for counts, None (missing) where nothing can
    be said. `codes` names the values of a feature that is a code, as pairs of value and name.
    """

    name: str
    description: str
    unit: str
    dtype: Dtype = "float"
    default: float | int | str | None = None
    codes: tuple[tuple[int, str], ...] = ()

    @property
    def meaning(self) -> str:
        """The description, and what each code stands for."""
        listed = ", ".join(f"{code} {name}" for code, name in self.codes)
        return f"{self.description}: {listed}" if listed else self.description

    def say(self, value: float) -> str:
        """A value in words: with its unit, or the name that the code stands for."""
        number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        plain = number if self.unit in UNSAID else f"{number} {self.unit}"
        return dict(self.codes).get(round(value), plain)


def counting(name: str, description: str, unit: str) -> Feature:
    """A number that is 0, not missing, where nothing happened."""
    return Feature(name, description, unit, default=0.0)
