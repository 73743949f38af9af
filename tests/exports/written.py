"""Rows as text files; what else happens to exports on their way is `pipelines.bench.dirt`."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

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
