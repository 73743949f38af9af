"""Which separators the numbers of a file are written with, from what can mean only one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.expressions import literal

_BEFORE, _BEHIND = "(^|[^0-9.,])", "([^0-9.,].*)?$"


@dataclass(frozen=True)
class Votes:
    """How many numbers of a column can only have a decimal comma, only a decimal point, or could have either.

    `comma_groups` and `point_groups`: 1,200 and 1.200, a thousand and two hundred or a little more than one.
    """

    comma: int = 0
    point: int = 0
    comma_groups: int = 0
    point_groups: int = 0


@dataclass(frozen=True)
class Style:
    """Separators of a file's numbers, and what about them could not be known."""

    decimal: str = "."
    thousands: str = ""
    doubt: str = ""


def counts(text: str) -> str:
    """SQL of the four counts of `Votes` over a column of bare texts."""
    shapes = (_surely(","), _surely("."), _groups(","), _groups("."))
    return ", ".join(f"count(*) FILTER (regexp_matches({text}, {literal(shape)}))" for shape in shapes)


def decide(votes: Sequence[Votes], separator: str) -> Style:
    """The style of the columns that hold numbers; where nothing is sure, the file's own separator is a hint."""
    comma, point = sum(vote.comma for vote in votes), sum(vote.point for vote in votes)
    comma_groups, point_groups = sum(vote.comma_groups for vote in votes), sum(vote.point_groups for vote in votes)
    if comma > point:
        return Style(",", ".")
    if point > comma:
        return Style(".", "," if comma_groups else "")
    if not comma_groups and not point_groups:
        return Style()
    if separator == ";" or (point_groups and comma_groups > point_groups):
        return Style(",", ".", _either("." if point_groups else ","))
    return Style(".", "," if comma_groups else "", _either("," if comma_groups else "."))


def _either(mark: str) -> str:
    return f"1{mark}200 could be either: check decimal and thousands"


def _surely(decimal: str) -> str:
    """A separator that can only be the decimal one, or another that can only part thousands."""
    other = "." if decimal == "," else ","
    digits = (
        rf"\d+[{decimal}](\d{{1,2}}|\d{{4,}})",
        rf"0[{decimal}]\d+",
        rf"\d{{4,}}[{decimal}]\d+",
        rf"\d{{1,3}}([{other}]\d{{3}})+[{decimal}]\d+",
        rf"[1-9]\d{{0,2}}([{other}]\d{{3}}){{2,}}",
    )
    return f"{_BEFORE}({'|'.join(digits)}){_BEHIND}"


def _groups(mark: str) -> str:
    return rf"{_BEFORE}[1-9]\d{{0,2}}[{mark}]\d{{3}}{_BEHIND}"
