"""`unpivot`: columns that hold a line each (`line_item_1`, `line_item_2`, ...) become a row each."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar

import duckdb
from pydantic import BeforeValidator, Field, field_validator

from core.errors import MappingError
from core.expressions import literal, quote
from pipelines.sources.operations.operation import Operation, Types, place, refuse_taken, said
from pipelines.sources.operations.relations import remade, spread, spread_row, taken_out
from pipelines.sources.source import ROW, Fault, Staged, TableSource

CELL = "unpivoted_cell"
"""The column that holds the cell a row was made of."""
_MARK = "fault_unpivot_"


def _named(value: Any) -> Any:
    """Keys that become columns of the same name may stand in a list."""
    return {name: name for name in value} if isinstance(value, list) else value


class Unpivot(Operation):
    """Each filled cell of the columns becomes a row, and what it says under each of the keys a column.

    What a key says ends where the next one begins, so that it may hold the signs that part them.
    """

    key: ClassVar[str] = "unpivot"
    columns: str
    keys: Annotated[dict[str, str], BeforeValidator(_named), Field(min_length=1)]
    pairs: Annotated[str, Field(min_length=1)] = "|"
    says: Annotated[str, Field(min_length=1)] = ":"

    @field_validator("columns")
    @classmethod
    def _possible(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"it is no regular expression: {error}") from None
        return pattern

    def columns_after(self, source: TableSource, types: Types, where: str) -> Types:
        """The other columns, one for each key, and the cell."""
        cells = self._cells(types)
        if not cells:
            raise MappingError(
                f"no column of the source is called like {self.columns!r}",
                where=f"{where}.columns",
                todo=f"write a pattern of their whole names, such as line_item_[0-9]+; there are: {', '.join(types)}",
            )
        left = {name: type_ for name, type_ in types.items() if name not in cells}
        todo = "give the key another column: keys: {item_name: name}"
        refuse_taken([*self.keys, CELL], left, f"{where}.keys", todo)
        return {**left, CELL: "VARCHAR", **dict.fromkeys(self.keys, "VARCHAR")}

    def applied(self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Staged:
        """A row for each filled cell; a row of the source without any is taken out."""
        cells = self._cells(staged.types)
        texts = ", ".join(said(source, staged, name) for name in cells)
        filled = f"list_filter([{texts}], lambda c: c IS NOT NULL)"
        bare = taken_out(connection, staged, self.key, f"len({filled}) = 0", f"no line in the columns {self.columns}")
        dropped = ", ".join(quote(name) for name in cells)
        rows = (
            f"SELECT * EXCLUDE ({dropped}, cells_), unnest(cells_) AS {CELL}, generate_subscripts(cells_, 1) AS number_"
            f" FROM (SELECT *, {filled} AS cells_ FROM {quote(staged.relation)})"
        )
        found = [f"{self._value(key)} AS {quote(name)}" for name, key in self.keys.items()]
        unread = " AND ".join(f"NOT {self._has(key)}" for key in self.keys.values())
        query = (
            f"SELECT * EXCLUDE (number_) REPLACE ({spread_row(len(cells), 'number_ - 1')} AS {ROW}),"
            f" {', '.join(found)}, ({unread}) AS {_MARK} FROM ({rows})"
        )
        made = remade(
            connection,
            staged,
            self.key,
            query,
            types=self.columns_after(source, staged.types, place(source, self.key)),
            faults=[Fault(_MARK, "a cell says nothing under any of the keys that unpivot names", CELL)],
            left_out=[bare] if bare else (),
        )
        return spread(made, len(cells))

    def _cells(self, types: Types) -> list[str]:
        return [name for name in types if re.fullmatch(self.columns, name, re.IGNORECASE)]

    def _has(self, key: str) -> str:
        return f"regexp_matches({CELL}, {literal(f'(?s){self._begins(re.escape(key))}')})"

    def _value(self, key: str) -> str:
        """SQL of what a cell says under a key, up to the next key (whether or not it is one of `keys`)."""
        following = f"{re.escape(self.pairs)}[A-Za-z_][A-Za-z0-9_]*{re.escape(self.says)}"
        pattern = f"(?s){self._begins(re.escape(key))}(.*?)(?:{following}|$)"
        return f"nullif(regexp_extract({CELL}, {literal(pattern)}, 1), '')"

    def _begins(self, key: str) -> str:
        return f"(?:^|{re.escape(self.pairs)}){key}{re.escape(self.says)}"
