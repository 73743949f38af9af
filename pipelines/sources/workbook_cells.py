"""The cells of a workbook as text: what a person sees in them, ready to be read like the cells of a text file."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

Cell = int | float | str | bool | date | datetime | time | timedelta
"""What a cell may hold."""
CELL_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S.%f")
"""How cells that are dates are written, whatever format they are shown in."""
_SURE_DIGITS = 15
"""Spreadsheets keep so many digits of a number; of a longer one the rest is lost."""


def cell_text(cell: Cell, decimal: str = ".") -> str:
    """A cell's text: whole numbers without a point, days and moments as ISO 8601.

    `decimal` is the mark that texts beside them are written with. A number with more digits than a spreadsheet keeps
    is written with its exponent, as the spreadsheet shows it: as an id it is none.
    """
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case int() | float():
            return _number(float(cell)).replace(".", decimal)
        case datetime():
            return cell.isoformat(sep=" ")
        case timedelta():
            return str(cell)
        case _:
            return cell.isoformat()


def _number(value: float) -> str:
    if abs(value) >= 10**_SURE_DIGITS:
        return f"{value:.{_SURE_DIGITS - 1}E}"
    return str(int(value)) if value.is_integer() else f"{value:.{_SURE_DIGITS}g}"
