"""An operation alone: rows in, rows out, without an ingest around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from core.expressions import quote
from pipelines.parsing.formats import Formats
from pipelines.sources.operations.operation import Operation
from pipelines.sources.operations.relations import operated
from pipelines.sources.readers import FixedQuery
from pipelines.sources.source import ROW, Staged, TableSource

Row = Mapping[str, Any]
NOWHERE = FixedQuery("SELECT 1", "rows of a test")


class Operated:
    """What operations made of rows of text: the rows, those left out, and what is said of them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: TableSource, staged: Staged) -> None:
        self.connection, self.source, self.staged = connection, source, staged

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """The rows left, by their place in the source."""
        names = ", ".join(map(quote, columns))
        return self.connection.execute(f"SELECT {names} FROM {quote(self.staged.relation)} ORDER BY {ROW}").fetchall()

    def positions(self) -> list[int]:
        """The place in the source that each of the rows has."""
        return self.staged.positions([row for (row,) in self.rows(ROW)])


@contextmanager
def operate(
    operations: Sequence[Operation],
    rows: Sequence[Row],
    columns: Mapping[str, str] | None = None,
    **mapped: Any,
) -> Iterator[Operated]:
    """The rows of a table `orders`, mapped by `columns`, once the operations have run."""
    types = dict.fromkeys(rows[0], "VARCHAR")
    texts = {name: pa.array([row[name] for row in rows], pa.string()) for name in types}
    source = TableSource("orders", NOWHERE, columns or {}, formats=mapped.pop("formats", Formats(nulls=None)), **mapped)
    checked: Mapping[str, str] = types
    for operation in operations:
        checked = operation.columns_after(source, checked, operation.key)
    with duckdb.connect() as connection:
        table = pa.table({ROW: pa.array(range(len(rows)), pa.int64()), **texts})
        connection.register("given", table)
        connection.execute("CREATE TABLE staged AS SELECT * FROM given")
        staged = Staged("staged", types)
        left, done = operated(connection, TableSource(**{**vars(source), "operations": tuple(operations)}), staged)
        assert dict(done.types) == dict(checked)
        yield Operated(connection, left, done)
