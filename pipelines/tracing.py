"""From a feature back to the shop's own files: families, columns of the contract, columns of the source, lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from core import query_engine, row_places
from core.clock import present
from core.errors import DataError, UsageError, did_you_mean
from core.expressions import literal, quote
from core.row_places import POSITION, READING, FileReading
from core.workspace import Workspace, of_one_generation
from feature_repo import catalog, lineage
from feature_repo.catalog import CUSTOMER, PRODUCT, Entity
from feature_repo.contract import TABLES
from feature_repo.lineage import FeatureLineage
from feature_repo.partitions import built_days, partition
from pipelines.ingest.memory import Memory

NOT_MAPPED = ""
"""What a column of the contract that the source does not bring comes from."""
_OF_COLUMNS = ("columns.", "constants.", "formats.")
_BOUGHT = "SELECT DISTINCT product_id FROM ({}) WHERE customer_id = $key"


@dataclass(frozen=True)
class TracedColumn:
    """A column of the contract and what fills it: a source column, an expression, or one value for all rows."""

    table: str
    column: str
    source: str


@dataclass(frozen=True)
class TracedFile:
    """A file that rows in force came from: how many of them, and between which of its positions."""

    table: str
    file: str
    digest: str | None
    read_at: str
    unit: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True)
class TracedLine:
    """One row that a value rests on: where it stands, and the shop's day it is of (None: it has no time)."""

    table: str
    place: str
    file: str
    position: int | None
    day: date | None

    @classmethod
    def of(cls, known: Mapping[int, FileReading], row: tuple[str, date | None, int | None, int | None]) -> TracedLine:
        """The row of a table that is of a day, which a reading brought from a position."""
        table, day, number, position = row
        reading = known.get(number) if number is not None else None
        return cls(table, row_places.said(reading, position), reading.file if reading else "", position, day)


@dataclass(frozen=True)
class EntityTrace:
    """The value of one customer or product in the latest snapshot, and the rows before it that speak of them.

    `lines` are the latest of `rows` rows. Without a snapshot there is no `value`, and `as_of` is the shop's present.
    """

    key: str
    as_of: date
    value: Any
    built: bool
    rows: int
    lines: tuple[TracedLine, ...]


@dataclass(frozen=True)
class FeatureTrace:
    """The whole way back from one feature. `operations` changed the rows of a table's source before they were read."""

    feature: FeatureLineage
    services: tuple[str, ...]
    columns: tuple[TracedColumn, ...]
    operations: Mapping[str, tuple[str, ...]]
    files: tuple[TracedFile, ...]
    unplaced: Mapping[str, int]
    entity: EntityTrace | None


@of_one_generation
def trace(
    workspace: Workspace, name: str, *, customer: str | None = None, product: str | None = None, lines: int = 20
) -> FeatureTrace:
    """Follow a feature back.

    Args:
        workspace: whose tables.
        name: a feature, alone or behind its service or view («churn_v1.days_since_last_visit»).
        customer: show the rows that this customer's value rests on.
        product: the same of a product.
        lines: how many of them at most.

    Raises:
        UsageError: there is no such feature, or it is not one of customers (products).
        DataError: nothing is known of the customer or product.
        NotReady: nothing has been ingested.
    """
    view = view_of(name)
    found = lineage.of_feature(view.name, name.rpartition(".")[2], workspace.settings)
    tables = list(dict.fromkeys(table for table, _ in found.columns if workspace.tables.has(table)))
    workspace.tables.entry("orders")
    key = _key(view.entity, customer, product)
    with query_engine.connect(workspace) as connection:
        files, unplaced = _files(connection, workspace, tables)
        one = None if key is None else _OfOne(connection, workspace, view, key)
        entity = one.traced(found.feature.name, tables, lines) if one else None
    definitions = {table: Memory(workspace).definition(table) for table in tables}
    return FeatureTrace(
        found,
        tuple(service for service, views in catalog.SERVICES.items() if view.name in views),
        tuple(
            TracedColumn(table, column, _source(definitions[table], column))
            for table, column in found.columns
            if table in definitions
        ),
        {table: changes for table, parts in definitions.items() if (changes := _operations(parts))},
        files,
        unplaced,
        entity,
    )


def view_of(name: str) -> catalog.View:
    """The view of a feature that is named alone, or behind its service or view.

    Raises:
        UsageError: there is none, or several views have one of that name.
    """
    owner, _, feature = name.rpartition(".")
    if owner and owner not in {**catalog.SERVICES, **catalog.VIEWS}:
        known = [*catalog.SERVICES, *catalog.VIEWS]
        raise UsageError(f"there is no feature service or view {owner!r}", todo=did_you_mean(owner, known))
    among = catalog.service(owner) if owner in catalog.SERVICES else tuple(catalog.VIEWS.values())
    among = (catalog.VIEWS[owner],) if owner in catalog.VIEWS else among
    having = [view for view in among if feature in {each.name for each in view.features}]
    if not having:
        names = [each.name for view in among for each in view.features]
        raise UsageError(f"there is no feature {feature!r}", todo=did_you_mean(feature, names))
    if len(having) > 1:
        listed = " or ".join(f"{view.name}.{feature}" for view in having)
        raise UsageError(f"several views have a feature {feature!r}", todo=f"say which: {listed}")
    return having[0]


def _key(entity: Entity, customer: str | None, product: str | None) -> str | None:
    """Whose rows are asked for.

    Raises:
        UsageError: the feature is about something else.
    """
    if customer is None and product is None:
        return None
    given = {CUSTOMER: customer, PRODUCT: product}.get(entity)
    if given is None or (customer and product):
        options = {CUSTOMER: "--customer", PRODUCT: "--product"}
        todo = f"use {options[entity]} alone" if entity in options else "leave --customer and --product out"
        raise UsageError(f"this feature is about {entity.description}", todo=todo)
    return given


def _files(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, tables: Sequence[str]
) -> tuple[tuple[TracedFile, ...], dict[str, int]]:
    """The files that the rows in force of some tables came from; and by table, how many rows have no noted place."""
    known, found, unplaced = row_places.readings(workspace), [], {}
    for table in tables:
        noted = 0
        places = [row_places.path_of(workspace, table, file) for file in workspace.tables.files(table)]
        if there := [path for path in places if path.exists()]:
            rows = connection.execute(
                f"SELECT reading, count(*), min(position), max(position) FROM read_parquet([{_listed(there)}])"
                " WHERE reading IS NOT NULL GROUP BY 1 ORDER BY 1"
            ).fetchall()
            for number, count, first, last in rows:
                if number in known:
                    noted += count
                    found.append(_traced_file(known[number], count, first, last))
        if lacking := workspace.tables.rows(table) - noted:
            unplaced[table] = lacking
    return tuple(found), unplaced


def _traced_file(reading: FileReading, rows: int, first: int, last: int) -> TracedFile:
    return TracedFile(reading.table, reading.file, reading.digest, reading.at, reading.unit, rows, first, last)


@dataclass(frozen=True)
class _OfOne:
    """One customer or product of a view."""

    connection: duckdb.DuckDBPyConnection
    workspace: Workspace
    view: catalog.View
    key: str

    def traced(self, feature: str, tables: Sequence[str], limit: int) -> EntityTrace:
        """Its value, and the rows of some tables that speak of it.

        Raises:
            DataError: there are none.
        """
        days = built_days(self.workspace, self.view.name)
        as_of = days[-1] if days else present(self.workspace)
        selects = [_rows_of(self.workspace, self.view.entity, table, as_of) for table in tables]
        rows = " UNION ALL ".join(filter(None, selects))
        [(count,)] = self._ask(f"SELECT count(*) FROM ({rows})")
        if not count:
            raise DataError(
                f"nothing is known of {self.view.entity.name} {self.key!r} before {as_of}",
                why="no row of " + ", ".join(tables) + " speaks of it",
                todo="ids are text: write it as the source does, with its zeros",
            )
        latest = self._ask(f"SELECT * FROM ({rows}) ORDER BY day DESC NULLS LAST, {READING}, {POSITION} LIMIT {limit}")
        known = row_places.readings(self.workspace)
        lines = tuple(TracedLine.of(known, row) for row in latest)
        value = self._value(feature, as_of) if days else None
        return EntityTrace(self.key, as_of, value, bool(days), count, lines)

    def _value(self, feature: str, day: date) -> Any:
        path = literal(str(partition(self.workspace, self.view.name, day)))
        rows = self._ask(f"SELECT {quote(feature)} FROM read_parquet({path}) WHERE {quote(self.view.key)} = $key")
        return rows[0][0] if rows else None

    def _ask(self, query: str) -> list[Any]:
        rows: list[Any] = self.connection.execute(query, {"key": self.key}).fetchall()
        return rows


def _rows_of(workspace: Workspace, entity: Entity, table: str, as_of: date) -> str:
    """SQL of the rows of a table before a day that speak of one entity, or of the products that a customer bought."""
    spec, rows = TABLES[table], row_places.placed_rows(workspace, table)
    day, before = ("day", f" AND day < DATE '{as_of}'") if spec.time else ("NULL::DATE", "")
    if entity.key in spec.names:
        chosen = f"{quote(entity.key)} = $key"
    elif table == "products" and entity == CUSTOMER:
        chosen = f"product_id IN ({_BOUGHT.format(row_places.placed_rows(workspace, 'orders'))})"
    else:
        return ""
    return f"SELECT {literal(table)} AS t, {day} AS day, {READING}, {POSITION} FROM ({rows}) WHERE {chosen}{before}"


def _source(definition: Mapping[str, str], column: str) -> str:
    if text := definition.get(f"columns.{column}"):
        return text
    constant = definition.get(f"constants.{column}")
    return f"always {constant!r}" if constant else NOT_MAPPED


def _operations(definition: Mapping[str, str]) -> tuple[str, ...]:
    """What a table's mapping does to rows before their columns are read."""
    return tuple(f"{name}: {text}" for name, text in definition.items() if not name.startswith(_OF_COLUMNS))


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(literal(str(path)) for path in paths)
