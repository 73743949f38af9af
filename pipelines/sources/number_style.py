"""Which separators the numbers of a file are written with, from what can mean only one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.expressions import literal

Groups = Literal["thousands", "decimals"]
"""What the three digits behind the only mark of a number can be."""
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
    """Separators of a file's numbers; `doubt`: the mark of which it could not be known what it parts."""

    decimal: str = "."
    thousands: str = ""
    doubt: str = ""


def counts(text: str) -> str:
    """SQL of the four counts of `Votes` over a column of bare texts."""
    shapes = (_surely(","), _surely("."), _groups(","), _groups("."))
    return ", ".join(f"count(*) FILTER (regexp_matches({text}, {literal(shape)}))" for shape in shapes)


def decide(votes: Sequence[Votes], separator: str, groups: Groups | None = None) -> Style:
    """The style of the columns that hold numbers.

    Where nothing is sure, `groups` says what three digits behind a mark are, if that is known from elsewhere; else
    they most likely are thousands, as no price with one or two decimals stands among them.
    """
    comma, point = sum(vote.comma for vote in votes), sum(vote.point for vote in votes)
    comma_groups, point_groups = sum(vote.comma_groups for vote in votes), sum(vote.point_groups for vote in votes)
    if comma > point:
        return Style(",", ".")
    if point > comma:
        return Style(".", "," if comma_groups else "")
    if not comma_groups and not point_groups:
        return Style()
    mark = "," if comma_groups > point_groups or not point_groups else "."
    if (groups or ("decimals" if (mark, separator) == (",", ";") else "thousands")) == "decimals":
        return Style(mark, "", doubt="" if groups else mark)
    return Style("," if mark == "." else ".", mark, doubt="" if groups else mark)


def _surely(decimal: str) -> str:
    """A separator that can only be the decimal one, or another that can only part thousands."""
    other = "." if decimal == "," else ","
    digits = (
        rf"\d+[{decimal}](\d{{1,2}}|\d{{4,}})",
        rf"0[{decimal}]\d+",
        rf"\d{{4,}}[{decimal}]\d+",
        rf"\d{{1,3}}([{other}]\d{{3}})+[{decimal}]\d+",
        rf"[1-9]\d{{0,2}}([{other}]\d{{3}}){{2,}}",
        *([r"[1-9]\d?(,\d{2})+,\d{3}([.]\d+)?"] if decimal == "." else []),
    )
    return f"{_BEFORE}({'|'.join(digits)}){_BEHIND}"


def _groups(mark: str) -> str:
    return rf"{_BEFORE}[1-9]\d{{0,2}}[{mark}]\d{{3}}{_BEHIND}"
