"""What a feature is: a name, what it means, its unit and its type. The data dictionary is made of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.settings import Cause

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
    be said. `codes` names the values of a feature that is a code, as pairs of value and name. `cause` is the family
    of reasons it belongs to, for a marketer. `usual` names another feature of the view that tells what this one is
    normally for the same customer. `phrase` says the value in a sentence, with {value} and, after a comma, {usual}.
    """

    name: str
    description: str
    unit: str
    dtype: Dtype = "float"
    default: float | int | str | None = None
    codes: tuple[tuple[int, str], ...] = ()
    cause: Cause | None = None
    usual: str | None = None
    phrase: str = ""

    @property
    def meaning(self) -> str:
        """The description, and what each code stands for."""
        listed = ", ".join(f"{code} {name}" for code, name in self.codes)
        return f"{self.description}: {listed}" if listed else self.description

    @property
    def missing(self) -> str:
        """What stands where nothing happened; where a table is lacking, it is empty in any case."""
        return (
            "empty"
            if self.default is None
            else f"{self.default:g}"
            if isinstance(self.default, float)
            else str(self.default)
        )

    def say(self, value: float) -> str:
        """A value in words: with its unit, or the name that the code stands for."""
        number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        plain = number if self.unit in UNSAID else f"{number} {self.unit}"
        return dict(self.codes).get(round(value), plain)

    def tell(self, value: float | None, usual: float | None = None) -> str:
        """The feature with its value in words, beside what is usual where that is known."""
        said = "not known" if value is None else self.say(value)
        phrase = (
            self.phrase if self.phrase and value is not None else f"{self.description}: {{value}}, usually {{usual}}"
        )
        if value is None or usual is None:
            phrase = phrase.partition(", usually")[0]
        return phrase.format(value=said, usual="" if usual is None else self.say(usual))


def counting(name: str, description: str, unit: str, phrase: str = "") -> Feature:
    """A number that is 0, not missing, where nothing happened."""
    return Feature(name, description, unit, default=0.0, phrase=phrase)
