"""Columns of a sheet in which some days are dates and others text: the spreadsheet read those that it could.

Where it expects the month first, 03/04/2024 became the 4th of March, and 13/04/2024 stayed text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.expressions import literal, quote
from pipelines.sources.line_numbers import LineNumbers

if TYPE_CHECKING:
    import duckdb

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?"
_TEXT = "[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}([ T].*)?"
_CURE = "format the column as text and paste the export into it again"


def mixed_dates(
    connection: duckdb.DuckDBPyConnection, rows: str, columns: Sequence[str], numbers: LineNumbers
) -> list[str]:
    """For each such column of the table `rows` a sentence with a row that shows it."""
    counts = ", ".join(part for column in columns for part in _counts(quote(column)))
    [found] = connection.execute(f"SELECT {counts} FROM {rows}").fetchall()
    said = []
    for index, column in enumerate(columns):
        dates, texts, example, row = found[4 * index : 4 * index + 4]
        if dates and texts:
            said.append(
                f"in {column} {dates:,} cells are dates and {texts:,} are text such as {example!r}"
                f" (row {numbers([row])[0]:,}): where the spreadsheet made dates of texts it may have taken the day for"
                f" the month; {_CURE}"
            )
    return said


def _counts(column: str) -> tuple[str, ...]:
    """SQL of how many are dates and how many text, and the first of these with its row."""
    date, text = (f"FILTER (regexp_full_match({column}, {literal(shape)}))" for shape in (_DATE, _TEXT))
    return f"count(*) {date}", f"count(*) {text}", f"arg_min({column}, rowid) {text}", f"min(rowid) {text}"
