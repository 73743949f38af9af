"""What an operation promises: the columns it leaves, and the rows it makes of a staged relation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import ClassVar

import duckdb

from core.errors import MappingError, did_you_mean
from core.expressions import analyse, quote
from pipelines.parsing.blanks import bare, unless_nothing
from pipelines.parsing.numbers import number_from_text
from pipelines.parsing.types import as_text, is_text
from pipelines.sources.form_parts import Part
from pipelines.sources.source import Staged, TableSource

Types = Mapping[str, str]
"""The columns of a relation with their DuckDB types."""


class Operation(Part, ABC):
    """One key of a table in `mapping.yaml`.

    Rows it can't read get a `Fault`, rows it takes out stand in a `LeftOut`: nothing goes in silence.
    """

    key: ClassVar[str]

    def columns_after(self, source: TableSource, types: Types, where: str) -> Types:
        """The columns there are once it has run; by default those there were.

        Raises:
            MappingError: it can't be meant of a source with these columns.
        """
        return types

    def mapped_after(self, source: TableSource, types: Types) -> TableSource:
        """How the table is mapped once it has run and left columns of these types; by default as it was."""
        return source

    @abstractmethod
    def applied(self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Staged:
        """The staged relation once it has run."""

    def definition(self) -> str:
        """What the mapping says of it: another text means that rows may have become others."""
        return self.model_dump_json(exclude_defaults=True)


def known_column(name: str, types: Collection[str], where: str, purpose: str = "") -> str:
    """The column of a source that is meant, as the source writes it.

    Raises:
        MappingError: there is none; names the nearest.
    """
    found = {column.lower(): column for column in types}.get(name.strip().lower())
    if found is None:
        todo = did_you_mean(name, types)
        raise MappingError(f"the source has no column {name!r}{purpose}", where=where, todo=todo)
    return found


def refuse_taken(names: Collection[str], types: Collection[str], where: str, todo: str) -> None:
    """Refuse names of new columns that stand in the source already, or twice.

    Raises:
        MappingError: with the first such name.
    """
    seen = {column.lower() for column in types}
    for name in names:
        if name.lower() in seen:
            raise MappingError(f"the source has a column {name!r} already", where=where, todo=todo)
        seen.add(name.lower())


def said(source: TableSource, staged: Staged, column: str, *, prose: bool = True) -> str:
    """SQL of a source column's text without blanks and words for nothing; what is no text, as text."""
    type_ = staged.types[column]
    text = as_text(quote(column), type_)
    return unless_nothing(bare(text, prose=prose), source.formats, prose=prose) if is_text(type_) else text


def value_of(text: str, source: TableSource, staged: Staged, where: str) -> str:
    """SQL of a mapped column or expression over the staged relation; null where it can't be computed.

    Raises:
        MappingError: it is not one scalar expression over these columns.
    """
    texts = [name for name, type_ in staged.types.items() if is_text(type_)]
    number = number_from_text("{0}", source.formats)
    scalar = analyse(text, staged.types, text_columns=texts, number=number, where=where)
    return f"TRY({scalar.sql})"


def amount_of(text: str, source: TableSource, staged: Staged, where: str) -> str:
    """SQL of a mapped column or expression as a number; null where it is none.

    Raises:
        MappingError: it is not one scalar expression over these columns.
    """
    texts = [name for name, type_ in staged.types.items() if is_text(type_)]
    number = number_from_text("{0}", source.formats)
    scalar = analyse(text, staged.types, text_columns=texts, number=number, where=where)
    if scalar.columns and scalar.sql == quote(scalar.columns[0]) and scalar.columns[0] in texts:
        return number_from_text(as_text(scalar.sql, staged.types[scalar.columns[0]]), source.formats)
    return f"TRY(CAST({scalar.sql} AS DOUBLE))"


def place(source: TableSource, key: str) -> str:
    """Where an operation stands, for errors."""
    return f"mapping.yaml, {source.table}.{key}"
