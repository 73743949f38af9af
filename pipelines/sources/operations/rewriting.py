"""How a mapping reads on once an operation has something to say about its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from core.expressions import literal, quote
from pipelines.sources.operations.operation import Types
from pipelines.sources.source import TableSource


def computed(
    source: TableSource, types: Types, columns: Iterable[str], expression: Callable[[str], str]
) -> TableSource:
    """The table with some of its columns as expressions over what was mapped to them before."""
    mapped, constants = dict(source.columns), dict(source.constants)
    for name in columns:
        if name in mapped:
            mapped[name] = expression(_value(mapped[name], types))
        elif name in constants:
            mapped[name] = expression(f"CAST({literal(constants.pop(name))} AS DOUBLE)")
    return replace(source, columns=mapped, constants=constants)


def _value(text: str, types: Types) -> str:
    """A column's name in quotes, an expression in brackets (on a line of its own: it may end with a comment)."""
    name = {column.lower(): column for column in types}.get(text.strip().lower())
    return quote(name) if name else f"({text}\n)"
