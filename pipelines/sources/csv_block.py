"""The `csv:` block of a drafted mapping: how a text file is written, and what of it was guessed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.sources.csv_dialect import Dialect
from pipelines.sources.number_style import Style


def csv_block(dialects: Sequence[Dialect], style: Style) -> list[str]:
    """The line of YAML for files whose numbers have this style, none where nothing has to be said.

    What the files do not have in common is looked up in each of them, whenever it is read.
    """
    dialect = dialects[0]
    parts = []
    if dialect.separator != "," and _common(other.separator for other in dialects):
        parts.append(f'separator: "{dialect.separator}"'.replace("\t", "\\t"))
    if dialect.encoding.name != "utf-8" and _common(other.encoding.name for other in dialects):
        parts.append(f"encoding: {dialect.encoding.name}")
    if dialect.header_line > 1 and _common(other.header_line for other in dialects):
        parts.append(f"header: {dialect.header_line}")
    if style.decimal != ".":
        parts.append(f'decimal: "{style.decimal}"')
    if style.thousands:
        parts.append(f'thousands: "{style.thousands}"')
    return [f"    csv: {{{', '.join(parts)}}}   # seen in the file{_doubt(dialect, style)}"] if parts else []


def _common(values: Iterable[object]) -> bool:
    return len(set(values)) == 1


def _doubt(dialect: Dialect, style: Style) -> str:
    text = f"; 1{style.doubt}200 could be either: check decimal and thousands" if style.doubt else ""
    encoding = dialect.encoding
    if encoding.guessed:
        also = f", and {', '.join(encoding.also)} would fit as well" if encoding.also else ""
        text += f"; the encoding is a guess{also}: it reads {encoding.example!r}"
    return text
