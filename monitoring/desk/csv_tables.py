"""A table of a page as CSV: the same words, figures unrounded, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from io import StringIO

from starlette.exceptions import HTTPException
from starlette.responses import Response

from monitoring.desk.languages import NOTHING, gettext

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?%?", re.IGNORECASE)
_RUN = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that a spreadsheet takes for a formula."""


def response(page: str, table: str) -> Response | None:
    """The table of a page as a file; None where none was asked for.

    Raises:
        HTTPException: 404 where the page has no such table.
    """
    if not table:
        return None
    found = _CsvTable(table)
    found.feed(page)
    if not found.rows:
        raise HTTPException(404, gettext("this page has no such table"))
    lines = StringIO()
    csv.writer(lines).writerows([[inert(cell) for cell in row] for row in found.rows])
    name = re.sub(r"[^A-Za-z0-9_-]", "-", table)
    return Response(
        "\ufeff" + lines.getvalue(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before what looks like one, numbers aside."""
    if cell == NOTHING:
        return ""
    return f"'{cell}" if cell.startswith(_RUN) and not _NUMBER.fullmatch(cell) else cell


class _CsvTable(HTMLParser):
    """The text of the cells of one table, pictures and the foot left out."""

    def __init__(self, table: str) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._wanted = f"t-{table}"
        self._inside = False
        self._skipped = 0
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open the table, a row or a cell."""
        if tag == "table" and dict(attrs).get("id") == self._wanted:
            self._inside = True
        elif self._inside and tag in ("svg", "tfoot"):
            self._skipped += 1
        elif self._inside and tag == "tr" and not self._skipped:
            self.rows.append([])
        elif self._inside and tag in ("td", "th") and not self._skipped:
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("; ")

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        if not self._inside:
            return
        if tag in ("svg", "tfoot"):
            self._skipped -= 1
        elif tag in ("td", "th") and self._cell is not None:
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag == "table":
            self._inside = False

    def handle_data(self, data: str) -> None:
        """Text of a cell."""
        if self._cell is not None and not self._skipped:
            self._cell.append(data)
