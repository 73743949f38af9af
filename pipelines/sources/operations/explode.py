"""`explode`: several products in one cell ("2x Mug, large, 1x Tea") become a row each."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

import duckdb
from pydantic import Field, field_validator

from core import query_engine
from core.expressions import literal, quote
from pipelines.sources.operations.operation import (
    Operation,
    Types,
    amount_of,
    known_column,
    place,
    refuse_taken,
    said,
)
from pipelines.sources.operations.relations import remade, spread, spread_row
from pipelines.sources.source import ROW, Fault, Staged, TableSource

_MARK = "fault_explode_"
_NEARLY = 1e-6


class Explode(Operation):
    """The items of a cell become rows, and what the named groups of their pattern find becomes columns.

    A separator may stand in an item, too: it parts two items only where an item ends before it and another begins
    behind it. A cell that is not wholly made of items is one bad row; so is an empty one, unless it is to be kept as a
    row that names nothing.
    """

    key: ClassVar[str] = "explode"
    column: str
    pattern: str
    separator: Annotated[str, Field(min_length=1)] = ", "
    sums: dict[str, str] = {}
    empty: Literal["bad", "keep"] = "bad"

    @field_validator("pattern")
    @classmethod
    def _possible(cls, pattern: str) -> str:
        """The pattern, if both Python and the engine can read it and it names what it finds."""
        portable = re.sub(r"\(\?<(?![=!])", "(?P<", pattern)
        try:
            compiled = re.compile(portable)
            with query_engine.without_workspace() as connection:
                connection.execute("SELECT regexp_full_match('', " + literal(portable) + ")")
        except (re.error, duckdb.Error) as error:
            raise ValueError(f"it is no regular expression: {str(error).splitlines()[0]}") from None
        if not compiled.groupindex:
            raise ValueError("it names no group; write what is to become a column as (?<quantity>[0-9]+)")
        if compiled.fullmatch(""):
            raise ValueError("it matches nothing at all, so where an item begins can't be told")
        return portable

    @property
    def groups(self) -> dict[str, int]:
        """The names of the pattern's groups, with their numbers."""
        return dict(re.compile(self.pattern).groupindex)

    def columns_after(self, source: TableSource, types: Types, where: str) -> Types:
        """The source's columns, and one for each named group."""
        known_column(self.column, types, where)
        refuse_taken(self.groups, types, where, "give the group of the pattern another name")
        for group, column in self.sums.items():
            known_column(group, self.groups, f"{where}.sums", " among the pattern's groups")
            known_column(column, types, f"{where}.sums")
        return {**types, **dict.fromkeys(self.groups, "VARCHAR")}

    def applied(self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Staged:
        """A row for each item."""
        where = place(source, self.key)
        column = known_column(self.column, staged.types, where)
        cut = f"SELECT *, {_items('cell_', self.pattern, self.separator)} AS items_ FROM ({{}})"
        cells = f"SELECT *, {said(source, staged, column)} AS cell_ FROM {quote(staged.relation)}"
        read = f"SELECT *, {self._unread(source, staged, where)} AS {_MARK} FROM ({cut.format(cells)})"
        measure = "count(*), max(len(items_)), sum(greatest(len(items_), 1))"
        [(cells_, most, items)] = connection.execute(f"SELECT {measure} FROM ({cut.format(cells)})").fetchall()
        width = max(most or 1, 1)
        listed = f"CASE WHEN {_MARK} OR items_ IS NULL THEN [NULL] ELSE items_ END"
        rows = f"SELECT *, unnest({listed}) AS item_, generate_subscripts({listed}, 1) AS number_ FROM ({read})"
        found = [
            f"regexp_extract(item_, {literal(_whole(self.pattern))}, {number}) AS {quote(name)}"
            for name, number in self.groups.items()
        ]
        query = (
            f"SELECT * EXCLUDE (cell_, items_, item_, number_) REPLACE ({spread_row(width, 'number_ - 1')} AS {ROW}),"
            f" {', '.join(found)} FROM ({rows})"
        )
        reason = f"{column} is not made of items as {self.key} describes them"
        made = remade(
            connection,
            staged,
            self.key,
            query,
            types={**staged.types, **dict.fromkeys(self.groups, "VARCHAR")},
            faults=[Fault(_MARK, reason, column)],
            notes=[f"{source.table}: explode found {items:,} items in {cells_:,} cells of {column}"] if items else (),
        )
        return spread(made, width)

    def _unread(self, source: TableSource, staged: Staged, where: str) -> str:
        """SQL condition: a cell is not wholly made of items, or they don't add up to what another column says."""
        whole = literal(f"(?s:{self.pattern})")
        wrong = [f"len(list_filter(items_, lambda i: NOT regexp_full_match(i, {whole}))) > 0"]
        for group, column in self.sums.items():
            number = self.groups[known_column(group, self.groups, where)]
            one = f"TRY_CAST(regexp_extract(i, {literal(_whole(self.pattern))}, {number}) AS DOUBLE)"
            total = amount_of(quote(known_column(column, staged.types, where)), source, staged, where)
            wrong.append(f"abs(list_sum(list_transform(items_, lambda i: {one})) - {total}) > {_NEARLY}")
        unread = f"coalesce(len(items_) = 0 OR {' OR '.join(wrong)}, true)"
        return f"(cell_ IS NOT NULL AND {unread})" if self.empty == "keep" else unread


def _whole(pattern: str) -> str:
    return f"^(?s:{pattern})$"


def _items(cell: str, pattern: str, separator: str) -> str:
    """SQL of the list of a cell's items.

    The cell is cut at every separator; of the pieces, the n-th begins an item where one ends with the piece before
    it, and what follows begins with one.
    """
    mark = re.escape(separator)
    begins = f"regexp_matches(array_to_string(p[n:], {literal(separator)}), {literal(f'^(?s:{pattern})(?:{mark}|$)')})"
    ends = (
        f"regexp_matches(array_to_string(p[:n - 1], {literal(separator)}), {literal(f'(?:^|{mark})(?s:{pattern})$')})"
    )
    starts = f"list_filter(range(1, len(p) + 1), lambda n: n = 1 OR ({begins} AND {ends}))"
    joined = f"array_to_string(p[s[k]:coalesce(s[k + 1] - 1, len(p))], {literal(separator)})"
    within = f"list_transform(range(1, len(s) + 1), lambda k: {joined})"
    cut = f"list_transform([{starts}], lambda s: {within})[1]"
    return f"list_transform([string_split({cell}, {literal(separator)})], lambda p: {cut})[1]"
