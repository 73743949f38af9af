"""`fill_down`: columns that only the first row of an order fills; the order's other rows take their value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import duckdb
from pydantic import model_validator

from core.errors import MappingError
from core.expressions import analyse, quote
from pipelines.parsing.types import is_text
from pipelines.sources.form_parts import Listed
from pipelines.sources.operations.operation import Operation, Types, known_column, place, said
from pipelines.sources.operations.relations import remade
from pipelines.sources.source import ROW, Staged, TableSource


class FillDown(Operation):
    """An empty value becomes the first one in the same order, whatever the order of the rows.

    Where the order's own column is left empty, the row belongs to the order above it.
    """

    key: ClassVar[str] = "fill_down"
    columns: Listed = ()

    @model_validator(mode="before")
    @classmethod
    def _names_alone(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"columns": value}

    def definition(self) -> str:
        """The columns' names, as releases before there were operations wrote them."""
        return ", ".join(self.columns)

    def columns_after(self, source: TableSource, types: Types, where: str) -> Types:
        """The same columns."""
        for column in self.columns:
            known_column(column, types, where, " to fill down")
        if self.columns and "order_id" not in source.columns:
            raise MappingError(
                "fill_down fills the rows of one order alike, and no column says which order a row is of",
                where=where,
                todo="map order_id in columns",
            )
        return types

    def applied(self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> Staged:
        """The same rows, filled."""
        if not self.columns:
            return staged
        names = [known_column(name, staged.types, place(source, self.key)) for name in self.columns]
        order = analyse(source.columns["order_id"], staged.types, where=place(source, "order_id"))
        above = [name for name in names if name in order.columns]
        alike = [name for name in names if name not in order.columns]
        query = f"SELECT * {_replaced(staged, above, _from_above, source)} FROM {quote(staged.relation)}"
        query = f"SELECT *, {order.sql} AS order_ FROM ({query})"
        query = f"SELECT * EXCLUDE (order_) {_replaced(staged, alike, _from_order, source)} FROM ({query})"
        return remade(connection, staged, self.key, query)


def _replaced(staged: Staged, columns: list[str], fill: Callable[[str], str], source: TableSource) -> str:
    parts = [f"{fill(_value(source, staged, name))} AS {quote(name)}" for name in columns]
    return f"REPLACE ({', '.join(parts)})" if parts else ""


def _value(source: TableSource, staged: Staged, column: str) -> str:
    """Text without blanks around it, null where nothing is left or it says so; anything else as it is."""
    return said(source, staged, column) if is_text(staged.types[column]) else quote(column)


def _from_above(value: str) -> str:
    return f"last_value({value} IGNORE NULLS) OVER (ORDER BY {ROW})"


def _from_order(value: str) -> str:
    whole = f"PARTITION BY order_ ORDER BY {ROW} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    first = f"first_value({value} IGNORE NULLS) OVER ({whole})"
    return f"coalesce({value}, CASE WHEN order_ IS NOT NULL THEN {first} END)"
