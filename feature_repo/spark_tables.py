"""The shop's tables on Spark: the same expressions as on the embedded engine, with the same values.

Workers read the workspace's files and write the shards of a snapshot beside it, so every one of them has to see the
workspace under the same path. The driver joins the shards, a few rows at a time, into the file that the embedded engine
would have written: one schema, one order, one Parquet file per snapshot.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from ibis.backends.pyspark.datatypes import PySparkSchema
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from core import spark_session
from core.workspace import Workspace
from feature_repo.shop_tables import ROWS_AT_ONCE, ShopTables, as_frame, schema

SHARDS = "shards"
"""The folder beside a snapshot's file that Spark writes, and the driver reads and removes."""


class SparkTables(ShopTables):
    """The shop's tables on Spark.

    What is kept lies in the executors' memory, or on their disks. An executor that is lost is no loss: what it kept is
    computed again from the files, by the others.
    """

    def __init__(self, workspace: Workspace, session: SparkSession) -> None:
        self._session = session.newSession()  # whose names are its own: others may be open beside it
        super().__init__(workspace, ibis.pyspark.connect(self._session))
        self._held: dict[str, DataFrame] = {}

    @property
    def writes_once(self) -> bool:
        """Spark plans each query anew."""
        return False

    def keep(self, name: str, table: ir.Table) -> ir.Table:
        """Compute a table once, when it is first asked for, under a name; the next of that name takes its place."""
        view = re.sub(r"\W", "_", name)
        self._let_go(view)
        self._held[view] = self._frame(table).persist(StorageLevel.MEMORY_AND_DISK)
        return self._named(view, self._held[view])

    def keep_all(self, name: str, tables: Sequence[ir.Table]) -> ir.Table:
        """Compute tables of the same columns into one, under a name."""
        return self.keep(name, ibis.union(*tables))

    def given(self, name: str, rows: pa.Table) -> ir.Table:
        """Rows from outside the shop, under a name; the next of that name take their place."""
        return self._named(name, self._session.createDataFrame(rows))

    def frame(self, table: ir.Table) -> pd.DataFrame:
        """The rows of a table, in its order; the driver has to have room for them."""
        columns = table.schema()
        return as_frame(self._frame(table).toArrow().cast(columns.to_pyarrow()), columns)

    def let_go(self) -> None:
        """Free what is kept on the executors."""
        for view in list(self._held):
            self._let_go(view)

    def write(self, table: ir.Table, path: Path) -> None:
        """Write a table to a Parquet file, in its order."""
        shards = path.parent / SHARDS
        self._frame(table).write.parquet(f"file://{shards}")
        columns = pa.schema([field.with_nullable(True) for field in table.schema().to_pyarrow()])
        _join(sorted(shards.glob("part-*.parquet")), path, columns)
        shutil.rmtree(shards)

    def _stored(self, name: str) -> ir.Table:
        files = [said_literally(path) for path in self._tables.files(name)]
        return self._named(name, self._session.read.parquet(*files))

    def _without_rows(self, name: str) -> ir.Table:
        return self._named(name, self._session.createDataFrame([], PySparkSchema.from_ibis(ibis.schema(schema(name)))))

    def _matching(self, name: str, key: str, condition: str) -> ir.Table:
        query = sqlglot.parse_one(f'SELECT "{key}" FROM {name} WHERE {condition}', read="duckdb")
        return self._named("excluded", self._session.sql(query.transform(_in_doubles).sql(dialect="spark")))

    def _named(self, name: str, frame: DataFrame) -> ir.Table:
        frame.createOrReplaceTempView(name)
        return self.engine.table(name)

    def _frame(self, table: ir.Table) -> DataFrame:
        query = self.engine.compiler.to_sqlglot(table.unbind()).transform(_in_doubles)
        return self._session.sql(query.sql(dialect=self.engine.dialect))

    def _let_go(self, view: str) -> None:
        frame = self._held.pop(view, None)
        if frame is not None and spark_session.answers(self._session):
            frame.unpersist()


def _in_doubles(node: exp.Expression) -> exp.Expression:
    """A number with a fraction as what it is in the expression: Spark would compute with it in decimals, and round."""
    is_fraction = isinstance(node, exp.Literal) and not node.is_string and not node.is_int
    return exp.cast(node, exp.DataType.Type.DOUBLE) if is_fraction else node


def said_literally(path: Path) -> str:
    """A path to read from, of which Spark is to take no character for a pattern or a separator."""
    return "file://" + re.sub(r"([\\\[\]{}*?,])", r"\\\1", str(path))


def _join(shards: Sequence[Path], path: Path, columns: pa.Schema) -> None:
    """One file of several, its rows in their order: what a snapshot is, whoever has built it."""
    with pq.ParquetWriter(path, columns) as writer:
        for shard in shards:
            for rows in pq.ParquetFile(shard).iter_batches(ROWS_AT_ONCE):
                writer.write_table(pa.Table.from_batches([rows]).cast(columns), row_group_size=ROWS_AT_ONCE)
