"""The shop's tables as Ibis expressions, cut at a snapshot so that no feature can see its own future.

`protected` is not among them: `Tables` does not offer it, and nothing here asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends import BaseBackend
from ibis.formats.pandas import PandasData

from core import query_engine
from core.errors import UsageError, did_you_mean
from core.expressions import literal, parse_scalar
from core.settings import Settings
from core.workspace import Workspace
from feature_repo import aggregates, code_types, kept_aggregates
from feature_repo.code_types import CODED
from feature_repo.contract import TABLES
from feature_repo.kept_aggregates import BEFORE, NAMES, SINCE, STORED, AggregateQueries, KeptAggregates
from feature_repo.kept_codes import CUSTOMERS
from feature_repo.settings_used import settings_used
from feature_repo.written_queries import WrittenQueries

READABLE = (
    "orders", "products", "customers", "events", "reviews", "deliveries", "tickets", "campaigns", "redemptions",
    "promotions", "calendar", "stock",
)  # fmt: skip
BESIDE_MB = 300
"""What a process that builds features holds beside the engine, and the engine beyond what it counts as its own."""
ROWS_AT_ONCE = 20_480
"""Rows that a thread holds, with hundreds of columns, until it writes them."""
QUERIES, AGGREGATES = ".queries", ".aggregates"
"""Folders beside the snapshots."""
TEMPORARY = ops.Namespace(catalog="temp", database="main")
_AGGREGATES = {
    "counted": ("orders", "counting"),
    "baskets": ("orders", "counting"),
    "visits": ("baskets",),
    "purchases": ("orders", "counting"),
    "category_days": ("purchases",),
    "promoted": ("promotions",),
}
"""The tables of `feature_repo.aggregates`, and what each is made from."""
_WRITTEN: dict[tuple[str, ...], tuple[str, ibis.Schema]] = {}
"""The query of each aggregate, written once in a process, and its columns."""
_LOOK_BACK = ("visits", "purchases")
"""The aggregates with gaps, whose rows follow from those before as well."""
_TYPES = {"VARCHAR": "string", "TIMESTAMP": "timestamp(6)", "DATE": "date", "DOUBLE": "float64", "BOOLEAN": "boolean"}


@dataclass(frozen=True)
class Snapshot:
    """The moment features are computed for: 00:00 of `day` in the shop's zone."""

    day: date

    def plus(self, days: int = 0) -> ir.DateValue:
        """The day so many days after the snapshot's (before it, where negative)."""
        return ibis.literal(self.day + timedelta(days=days), type="date")


@dataclass(frozen=True)
class AnySnapshot(Snapshot):
    """A snapshot whose day the engine is told by variables, so that a query is written once and runs for any day."""

    day: date = date.min
    used: set[int] = field(default_factory=set)

    def plus(self, days: int = 0) -> ir.DateValue:
        """A variable of the engine; `used` says which ones there have to be."""
        self.used.add(days)
        return _variable(f"snapshot_plus_{days}")

    def setting(self, day: date) -> list[str]:
        """The statements that say which day it is."""
        days = {n: day + timedelta(days=n) for n in sorted(self.used)}
        return [f"SET VARIABLE \"snapshot_plus_{n}\" = DATE '{each}'" for n, each in days.items()]


@ibis.udf.scalar.builtin(name="getvariable")  # type: ignore[untyped-decorator]
def _variable(variable: str) -> date:  # type: ignore[empty-body]
    """A variable of DuckDB."""


def as_frame(rows: pa.Table, columns: ibis.Schema) -> pd.DataFrame:
    """Rows of these columns as a frame. Ibis's own way there makes a list of ids that are codes, value by value."""
    return cast(pd.DataFrame, PandasData.convert_table(rows.to_pandas(), columns))


class ShopTables:
    """The shop's tables, uncut, or (`before`) as they were known at a snapshot.

    The contract's tables have the contract's columns; one the shop has not brought is empty (see `has`), but
    without `products` every product ever ordered counts, its attributes missing. Beside them, computed on first
    use and kept for all snapshots of the build (see `feature_repo.aggregates`):

    counted:       lines with quantity > 0 whose product is known and not excluded, with its category,
                   department, brand and list_price; guests included (customer_id null)
    baskets:       per (customer_id, order_id, day), all lines: lines, units, revenue, discount,
                   discounted_lines, return_lines, returned, counted_lines, counted_revenue, local_at (the first
                   line's), store_id, channel
    visits:        per (customer_id, day), all lines: the sums of its baskets, `baskets`, and `gap`: days since
                   the customer's visit before (null at the first), and `number`: 1 at the customer's first, and so on
    purchases:     per (customer_id, day, product_id), lines that count: quantity, revenue, lines, category,
                   department, brand, `gap` and `gap_2`: days since the customer's last and second-last day with
                   the product
    category_days: per (customer_id, day, department, category), lines that count: quantity, revenue, lines
    promoted:      per promoted product and span, and per place of `demand.series`: stores by way of promotion

    Once cut, facts carry `age`: whole days from their day to the snapshot (1 = the day before).

    Where aggregates are kept for later commands (`keeps`, of many lines), every customer_id is a number within the
    engine, for which `named` puts the id (`kept_codes`).
    """

    def __init__(self, workspace: Workspace, engine: BaseBackend, *, keeps: bool = False) -> None:
        self.settings: Settings = workspace.settings
        self.engine = engine
        self._tables = workspace.tables
        self._folder = workspace.features_dir
        self.zone = workspace.tables.timezone
        self._tables.entry("orders")
        self.keeps = keeps and self.writes_once and self._tables.rows("orders") >= kept_aggregates.LEAST_LINES
        self._kept: dict[str, ir.Table] = {}
        self.asked: dict[str, None] = {}

    @property
    def writes_once(self) -> bool:
        """Whether the engine runs queries again as they were written."""
        return True

    @cached_property
    def shape(self) -> tuple[str, ...]:
        """What the queries over the tables depend on, beside the code: the settings, and which tables there are."""
        there = (name for name in READABLE if self.has(name))
        return (settings_used(self.settings), self.zone, str(self.keeps), *there)

    @cached_property
    def written(self) -> WrittenQueries:
        """The queries that an earlier process has written over tables of this shape."""
        files = [self._tables.files(name)[0] for name in READABLE if self.has(name)]
        columns = [str(pq.read_schema(file).remove_metadata()) for file in files]
        return WrittenQueries(self._folder / QUERIES, (*self.shape, *columns))

    def has(self, name: str) -> bool:
        """Whether the shop has brought the table."""
        return self._tables.has(name)

    def before(self, at: Snapshot) -> KnownTables:
        """What is known at the snapshot: facts strictly before its day, with their `age`, and known plans."""
        return KnownTables(self, at)

    def keep(self, name: str, table: ir.Table) -> ir.Table:
        """Compute a table once, under a name; the next of that name takes its place."""
        self.fill(name, str(self.engine.compile(table)))
        return self.filled(name, table.schema())

    def keep_all(self, name: str, tables: Sequence[ir.Table]) -> ir.Table:
        """Compute tables of the same columns into one, under a name; one by one, which takes less memory."""
        kept = self.keep(name, tables[0])
        for table in tables[1:]:
            self.engine.raw_sql(f'INSERT INTO "{name}" {self.engine.compile(table)}')
        return kept

    def given(self, name: str, rows: pa.Table) -> ir.Table:
        """Rows from outside the shop, under a name; the next of that name take their place."""
        self.engine.con.register(name, rows)
        return self.engine.table(name)

    def frame(self, table: ir.Table) -> pd.DataFrame:
        """The rows of a table, in its order."""
        return as_frame(self.engine.to_pyarrow(table), table.schema())

    def let_go(self) -> None:
        """Free what is kept: here it goes with the connection."""

    @cached_property
    def _aggregates(self) -> KeptAggregates:
        made_of = (*self.shape, Path(__file__).read_text())
        return KeptAggregates(self._folder / AGGREGATES, self.engine, self._tables, READABLE, made_of)

    def numbers(self, column: str) -> bool:
        """Whether the engine holds numbers for the ids of a column."""
        return self.keeps and column == "customer_id" and bool(self._aggregates.codes.series)

    def named(self, query: str) -> str:
        """A query of customers with their ids for their numbers, in the order of the ids."""
        return (
            f"SELECT told.* REPLACE (who.customer_id AS customer_id) FROM ({query}) AS told"
            f" JOIN {CUSTOMERS} AS who ON told.customer_id = who.number ORDER BY who.customer_id"
        )

    def write(self, table: ir.Table, path: Path) -> None:
        """Write a table to a Parquet file, in its order."""
        self.write_query(str(self.engine.compile(table)), path)

    def write_query(self, query: str, path: Path) -> None:
        """Write what a query gives to a Parquet file, in its order."""
        self.engine.raw_sql(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, ROW_GROUP_SIZE {ROWS_AT_ONCE})")

    def fill(self, name: str, query: str) -> None:
        """Compute a query into the temporary table of a name."""
        self.engine.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {query}')

    def filled(self, name: str, columns: ibis.Schema) -> ir.Table:
        """The temporary table of a name."""
        return ops.DatabaseTable(name, schema=columns, source=self.engine, namespace=TEMPORARY).to_expr()

    def table(self, name: str) -> ir.Table:
        """One of the contract's tables that features may read, or of the aggregates, uncut.

        Raises:
            UsageError: there is no such table, or features may not read it.
        """
        self.asked[name] = None
        return self._had(name)

    @cached_property
    def contacts(self) -> ir.Table:
        """Who was contacted, or held out of it: labels read it, and no feature may, so that it is no `table`."""
        return self._read("contacts")

    def _had(self, name: str) -> ir.Table:
        """The same, which nobody but this class asks for."""
        if name not in self._kept:
            self._kept[name] = self._read(name) if name in READABLE else self._aggregate(name)
        return self._kept[name]

    def _read(self, name: str) -> ir.Table:
        if self.has(name):
            return self._stored(name)
        return _products_of(self._had("orders")) if name == "products" else self._without_rows(name)

    def _stored(self, name: str) -> ir.Table:
        files = [str(path) for path in self._tables.files(name)]
        if not self._is_numbered(name):
            return self.engine.read_parquet(files, table_name=name)
        return self._with_numbers(name, self.engine.read_parquet(files, table_name=f"{STORED}{name}"))

    def _without_rows(self, name: str) -> ir.Table:
        columns = ibis.schema(schema(name))
        if not self._is_numbered(name):
            return self.engine.create_table(name, schema=columns)
        return self._with_numbers(name, self.engine.create_table(f"{STORED}{name}", schema=columns))

    def _is_numbered(self, name: str) -> bool:
        return "customer_id" in schema(name) and self.numbers("customer_id")

    def _with_numbers(self, name: str, stored: ir.Table) -> ir.Table:
        self.engine.raw_sql(
            f'CREATE OR REPLACE TEMP VIEW "{name}" AS SELECT told.* REPLACE (who.number AS customer_id)'
            f' FROM "{STORED}{name}" AS told LEFT JOIN {CUSTOMERS} AS who ON told.customer_id = who.customer_id'
        )
        return self.filled(name, stored.schema())

    def _matching(self, name: str, key: str, condition: str) -> ir.Table:
        """The keys of a stored table's rows for which a condition (checked, in SQL of DuckDB) holds."""
        self.engine.raw_sql(f'CREATE OR REPLACE TEMP VIEW excluded AS SELECT "{key}" FROM {name} WHERE {condition}')
        return self.engine.table("excluded")

    def _aggregate(self, name: str) -> ir.Table:
        if name == "counting":
            return self.keep(name, self._counting_products())
        if name not in _AGGREGATES:
            raise UsageError(f"features can't read {name!r}", todo=did_you_mean(name, READABLE))
        if not self.writes_once:
            return self.keep(name, self._aggregated(name, [self._had(each) for each in _AGGREGATES[name]]))
        query, columns = self._written(name)
        keeps = self.keeps and name in NAMES
        if not keeps or not self._aggregates.has(name):
            for each in _AGGREGATES[name]:  # what it is made of has to be there
                self._coded(each)
            if not keeps or not self._make(name, query, columns):
                self.fill(name, query)
        return self.filled(name, columns)

    def _make(self, name: str, query: str, columns: ibis.Schema) -> bool:
        self._coded("orders")
        self._had("counting")
        inputs = [each for each in _AGGREGATES[name] if each != "counting"]
        since, _ = self._written(name, since=True)
        return self._aggregates.make(name, AggregateQueries(query, since, inputs, columns.names))

    def _written(self, name: str, *, since: bool = False) -> tuple[str, ibis.Schema]:
        """The query of an aggregate (of its rows `since` a day) and its columns, written once for all processes."""
        title = name + SINCE if since else name
        key = (title, *self.shape)
        if key not in _WRITTEN:
            kept = self.written.read(title)
            if kept is None:
                table = self._since(name) if since else self._whole(name)
                columns = {column: str(kind) for column, kind in table.schema().items()}
                kept = {"query": str(self.engine.compile(table)), "columns": columns}
                self.written.write(title, kept)
            _WRITTEN[key] = kept["query"], ibis.schema(kept["columns"])
        return _WRITTEN[key]

    def _whole(self, name: str) -> ir.Table:
        return self._aggregated(name, [self._coded(each) for each in _AGGREGATES[name]])

    def _since(self, name: str) -> ir.Table:
        """An aggregate's rows since the first day with lines that have changed, from the tables named so."""
        inputs = {each: self._coded(each) for each in _AGGREGATES[name]}
        tables = [
            table if each == "counting" else self.filled(each + SINCE, table.schema()) for each, table in inputs.items()
        ]
        before = [self.filled(name + BEFORE, self._written(name)[1])] if name in _LOOK_BACK else []
        return self._aggregated(name, [*tables, *before])

    def _aggregated(self, name: str, tables: Sequence[ir.Table]) -> ir.Table:
        if name == "promoted":
            places = [key for key in self.settings.demand.series if key in ("store_id", "region")]
            return aggregates.promoted(tables[0], places)
        table: ir.Table = getattr(aggregates, name)(*tables)
        return table

    def _coded(self, name: str) -> ir.Table:
        """What aggregates are made from: names as codes, where the engine has a type for it (`code_types`)."""
        if name not in CODED or not self.writes_once:
            return self._had(name)
        return self._with_codes[name]

    @cached_property
    def _with_codes(self) -> dict[str, ir.Table]:
        tables = {name: self._had(name) for name in CODED}
        queries = {name: str(self.engine.compile(tables[name])) for name in tables}
        statements = code_types.statements(queries)
        if self.keeps:
            columns = {column for names in CODED.values() for column in names} - {"customer_id"}
            listed = {column: self._aggregates.codes.names(column) for column in sorted(columns)}
            statements = code_types.statements_of(queries, listed)
        for statement in statements:
            self.engine.raw_sql(statement)
        return {name: self.filled(code_types.coded(name), table.schema()) for name, table in tables.items()}

    def _counting_products(self) -> ir.Table:
        """The products that count: those that `products.exclude` does not match."""
        products = self._coded("products")
        kept = products.select("product_id", "category", "department", "brand", "list_price")
        exclude = self.settings.products.exclude
        if not exclude.strip() or not self.has("products"):
            return kept
        condition = parse_scalar(exclude, list(products.columns), where="products.exclude")
        return kept.anti_join(self._matching("products", "product_id", condition), "product_id")


class KnownTables:
    """The shop's tables as they were known at a snapshot: what a family computes from. See `ShopTables`."""

    def __init__(self, shop: ShopTables, at: Snapshot) -> None:
        self._shop, self._at = shop, at
        self.settings = shop.settings

    def has(self, name: str) -> bool:
        """Whether the shop has brought the table."""
        return self._shop.has(name)

    @cached_property
    def orders(self) -> ir.Table:
        """Every order line."""
        return self._fact("orders")

    @cached_property
    def events(self) -> ir.Table:
        """Interactions."""
        return self._fact("events")

    @cached_property
    def redemptions(self) -> ir.Table:
        """Coupons used."""
        return self._fact("redemptions")

    @cached_property
    def reviews(self) -> ir.Table:
        """Reviews of products."""
        return self._fact("reviews")

    @cached_property
    def tickets(self) -> ir.Table:
        """Requests to the service desk, as far as they had come: an answer, an end or a verdict of later is not known.

        How content a customer was is known once the ticket is closed, or answered; without either, a week after.
        """
        tickets = self._fact("tickets")
        answered, closed = (self._once(tickets[name]) for name in ("answered_at", "closed_at"))
        told = ibis.coalesce(tickets.closed_at, tickets.answered_at, tickets.opened_at + ibis.interval(days=7))
        return tickets.mutate(
            answered_at=answered,
            closed_at=closed,
            satisfaction=ibis.ifelse(self._over(told), tickets.satisfaction, ibis.null("float64")),
        )

    @cached_property
    def deliveries(self) -> ir.Table:
        """Parcels that had left, as far as they had come: `arrived_on` is the day (UTC) on which one had arrived.

        A problem is known once it has arrived; of a parcel that never does, a horizon after it was to arrive, or left.
        """
        parcels = self._shop.table("deliveries")
        left = ibis.coalesce(parcels.shipped_at, parcels.delivered_at)
        parcels = parcels.filter(left.isnull() | self._over(left))
        arrived = self._once(parcels.delivered_at)
        due = ibis.coalesce(parcels.promised_on.cast("timestamp"), parcels.shipped_at)
        missed = due + ibis.interval(days=self.settings.churn.horizon_days)
        known = self._over(ibis.coalesce(parcels.delivered_at, missed))
        return parcels.mutate(
            delivered_at=arrived,
            arrived_on=arrived.date(),
            problem=ibis.ifelse(known, parcels.problem, ibis.null("string")),
        )

    @cached_property
    def counted(self) -> ir.Table:
        """Lines that count for demand and recommendation."""
        return self._fact("counted")

    @cached_property
    def baskets(self) -> ir.Table:
        """Orders of customers."""
        return self._fact("baskets")

    @cached_property
    def visits(self) -> ir.Table:
        """Days of customers with a purchase."""
        return self._fact("visits")

    @cached_property
    def purchases(self) -> ir.Table:
        """Days of customers with a product."""
        return self._fact("purchases")

    @cached_property
    def category_days(self) -> ir.Table:
        """Days of customers with a category."""
        return self._fact("category_days")

    @cached_property
    def stock(self) -> ir.Table:
        """What was counted at the end of days."""
        counted, day = self._shop.table("stock"), self._at.plus()
        known = counted.filter(counted.date < day)
        return known.mutate(age=day.delta(known.date, unit="day").cast("int64"))

    @cached_property
    def products(self) -> ir.Table:
        """All products (an attribute: not cut)."""
        return self._shop.table("products")

    @cached_property
    def customers(self) -> ir.Table:
        """Accounts (an attribute: not cut; mind `signed_up_on`)."""
        return self._shop.table("customers")

    @cached_property
    def campaigns(self) -> ir.Table:
        """Campaigns known at the snapshot."""
        return self._plan("campaigns", "starts_on", self.settings.churn.horizon_days)

    @cached_property
    def promotions(self) -> ir.Table:
        """Promotions known at the snapshot."""
        return self._plan("promotions", "starts_on", self.settings.demand.horizon_days)

    @cached_property
    def promoted(self) -> ir.Table:
        """Promotions known at the snapshot, stores counted per product and span."""
        return self._plan("promoted", "starts_on", self.settings.demand.horizon_days)

    @cached_property
    def calendar(self) -> ir.Table:
        """Outside signals known at the snapshot."""
        return self._plan("calendar", "date", self.settings.demand.horizon_days)

    def _over(self, moment: ir.TimestampValue) -> ir.BooleanValue:
        """Whether a moment (UTC) lies before the snapshot, by the clock at which the shop is farthest ahead of it."""
        return ((moment + ibis.interval(minutes=_ahead(self._shop.zone))).date() < self._at.plus()).fill_null(False)

    def _once(self, moment: ir.TimestampValue) -> ir.TimestampValue:
        """The moment where it lies before the snapshot, else empty: what had not happened was not known."""
        return ibis.ifelse(self._over(moment), moment, ibis.null("timestamp(6)"))

    def _fact(self, name: str) -> ir.Table:
        facts, day = self._shop.table(name), self._at.plus()
        known = facts.filter(facts.day < day)
        return known.mutate(age=day.delta(known.day, unit="day").cast("int64"))

    def _plan(self, name: str, starts: str, horizon_days: int) -> ir.Table:
        """Known from `known_from`; without it, what starts within the horizon counts as announced."""
        plan = self._shop.table(name)
        announced = plan[starts].isnull() | (plan[starts] < self._at.plus(horizon_days))
        known = plan.known_from <= self._at.plus()
        return plan.filter(ibis.ifelse(plan.known_from.isnull(), announced, known))


def connect(workspace: Workspace) -> BaseBackend:
    """The embedded engine: DuckDB in memory, within the settings' threads; its process within their memory."""
    memory_mb = workspace.settings.memory_mb
    engines = max(memory_mb - BESIDE_MB, memory_mb // 2)
    return ibis.duckdb.from_connection(query_engine.connect(workspace, memory_mb=engines))


def tables(workspace: Workspace, con: BaseBackend, *, keeps: bool = False) -> ShopTables:
    """The shop's tables on an Ibis backend; aggregates of many lines are kept where it `keeps` them.

    Raises:
        NotReady: nothing has been ingested.
    """
    return ShopTables(workspace, con, keeps=keeps)


def schema(name: str) -> dict[str, str]:
    """The stored columns of one of the contract's tables, with Ibis' types."""
    return {column: _TYPES[sql] for column, sql in TABLES[name].stored.items()}


def _ahead(zone: str) -> int:
    """Minutes by which the zone is ahead of UTC, at most, over a year: in summer where it has one."""
    moments = (datetime(2024, month, 1, tzinfo=ZoneInfo(zone)) for month in range(1, 13))
    return max(int((moment.utcoffset() or timedelta()).total_seconds() // 60) for moment in moments)


def _products_of(orders: ir.Table) -> ir.Table:
    types = schema("products")
    missing = {name: ibis.null(kind) for name, kind in types.items() if name != "product_id"}
    return orders.select("product_id").distinct().mutate(**missing)
