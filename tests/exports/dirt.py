"""What happens to an export on its way: columns moved and added, other encodings, separators and spellings."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Mapping, Sequence

Rows = Sequence[Mapping[str, str]]


def text(rows: Rows, columns: Sequence[str] = (), separator: str = ",", end: str = "\n") -> str:
    """The rows as a text file; the names of the columns as they are, or in the order given."""
    out = io.StringIO()
    listed = list(columns or rows[0])
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    writer.writerow(listed)
    writer.writerows([row[name] for name in listed] for row in rows)
    return out.getvalue()


def plain(rows: Rows) -> bytes:
    """As the platform writes it."""
    return text(rows).encode()


def tangled(rows: Rows) -> bytes:
    """Columns of an app among the others, in another order, with a mark, and the line ends of Windows."""
    more = [{"App: score": str(i % 7), **row, "Note for us": "x, y"} for i, row in enumerate(rows)]
    return text(more, random.Random(3).sample(list(more[0]), len(more[0])), end="\r\n").encode("utf-8-sig")


def western(rows: Rows) -> bytes:
    """As Excel saves it in Europe: cp1252, semicolons."""
    return text(rows, separator=";").encode("cp1252")


def shouted(rows: Rows) -> bytes:
    """The names of the columns in capitals, with blanks around them; as UTF-16, tabs between."""
    return text([{f" {name.upper()}  ": value for name, value in row.items()} for row in rows], separator="\t").encode(
        "utf-16"
    )


DIRT: dict[str, Callable[[Rows], bytes]] = {each.__name__: each for each in (plain, tangled, western, shouted)}
