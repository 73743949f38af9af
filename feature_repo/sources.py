"""The shop's tables as Ibis expressions, cut at a snapshot so that no feature can see its own future.

`protected` is not among them: `Tables` does not offer it, and nothing here asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import sqlglot
from ibis.backends import BaseBackend

from core.expressions import parse_scalar
from core.settings import Settings
from core.workspace import Workspace
from feature_repo.contract import TABLES

FACTS = ("orders", "events", "redemptions")
OPTIONAL = ("products", "customers", "events", "campaigns", "redemptions", "promotions", "calendar")
_TYPES = {"VARCHAR": "string", "TIMESTAMP": "timestamp(6)", "DATE": "date", "DOUBLE": "float64", "BOOLEAN": "boolean"}


@dataclass(frozen=True)
class Snapshot:
    """The moment features are computed for: 00:00 of `day` in the shop's zone."""

    day: date


@dataclass(frozen=True)
class ShopTables:
    """The shop's tables, and what is aggregated once per build.

    counted:  lines that count for demand and recommendation (quantity > 0, product known and not excluded),
              with the product's category, department, brand and list_price; guests included (customer_id null)
    baskets:  one row per (customer_id, order_id, day): lines, units, revenue, discount, counted_lines,
              counted_revenue, local_at (its first line), store_id, channel
    visits:   one row per (customer_id, day), over all lines: the sums of its baskets, `baskets`, and `gap`,
              the days since the customer's visit before (null at the first)
    The other fields are the contract's tables; one the shop has not brought is empty (see `has`).
    """

    settings: Settings
    present: frozenset[str]
    orders: ir.Table
    products: ir.Table
    customers: ir.Table
    events: ir.Table
    campaigns: ir.Table
    redemptions: ir.Table
    promotions: ir.Table
    calendar: ir.Table
    counted: ir.Table
    baskets: ir.Table
    visits: ir.Table

    def has(self, name: str) -> bool:
        """Whether the shop has brought the table."""
        return name in self.present

    def before(self, at: Snapshot) -> ShopTables:
        """What is known at the snapshot: facts strictly before its day, with their `age`, and known plans."""
        facts = {name: _aged(getattr(self, name), at) for name in (*FACTS, "counted", "baskets", "visits")}
        demand_ends = at.day + timedelta(days=self.settings.demand.horizon_days)
        churn_ends = at.day + timedelta(days=self.settings.churn.horizon_days)
        plans = {
            "campaigns": _known(self.campaigns, "starts_on", at, churn_ends),
            "promotions": _known(self.promotions, "starts_on", at, demand_ends),
            "calendar": _known(self.calendar, "date", at, demand_ends),
        }
        return replace(self, **facts, **plans)


def connect(workspace: Workspace) -> BaseBackend:
    """The embedded engine: DuckDB in memory, within the settings' threads and memory."""
    settings = workspace.settings
    spill = workspace.features_dir / ".spill"
    return ibis.duckdb.connect(
        threads=settings.threads, memory_limit=f"{settings.memory_mb}MB", temp_directory=str(spill)
    )


def tables(workspace: Workspace, con: BaseBackend) -> ShopTables:
    """The shop's tables on an Ibis backend, with the aggregates computed once.

    Raises:
        NotReady: nothing has been ingested.
        MappingError: `products.exclude` is not a condition over the products' columns.
    """
    read = {"orders": con.read_parquet(_files(workspace, "orders"), table_name="orders")}
    present = frozenset(name for name in OPTIONAL if workspace.tables.has(name))
    for name in OPTIONAL:
        read[name] = con.read_parquet(_files(workspace, name), table_name=name) if name in present else _empty(name)
    if "products" not in present:
        read["products"] = _products_of(read["orders"])
    exclude = workspace.settings.products.exclude if "products" in present else ""
    counting = _counting_products(con, read["products"], exclude)
    counted = _keep(con, "counted", _counted(read["orders"], counting))
    baskets = _keep(con, "baskets", _baskets(read["orders"], counting))
    visits = _keep(con, "visits", _visits(baskets))
    return ShopTables(workspace.settings, present | {"orders"}, counted=counted, baskets=baskets, visits=visits, **read)


def _files(workspace: Workspace, name: str) -> list[str]:
    workspace.tables.entry(name)
    return [str(path) for path in workspace.tables.files(name)]


def _schema(name: str) -> dict[str, str]:
    return {column: _TYPES[sql] for column, sql in TABLES[name].stored.items()}


def _empty(name: str) -> ir.Table:
    return ibis.memtable([], schema=ibis.schema(_schema(name)))


def _products_of(orders: ir.Table) -> ir.Table:
    """Without a products table, the products are those that were ever ordered, without attributes."""
    types = _schema("products")
    missing = {name: ibis.null(kind) for name, kind in types.items() if name != "product_id"}
    return orders.select("product_id").distinct().mutate(**missing)


def _counting_products(con: BaseBackend, products: ir.Table, exclude: str) -> ir.Table:
    """The products that count: those that `products.exclude` does not match."""
    kept = products.select("product_id", "category", "department", "brand", "list_price")
    if not exclude.strip():
        return _keep(con, "counting", kept)
    condition = parse_scalar(exclude, list(products.columns))
    query = f"CREATE OR REPLACE TEMP VIEW excluded AS SELECT product_id FROM products WHERE {condition}"
    con.raw_sql(sqlglot.transpile(query, read="duckdb", write=con.dialect)[0])
    return _keep(con, "counting", kept.anti_join(con.table("excluded"), "product_id"))


def _keep(con: BaseBackend, name: str, table: ir.Table) -> ir.Table:
    """Compute the table once; every snapshot of the build reads the result."""
    return con.create_table(name, table, temp=True) if con.supports_temporary_tables else table.cache()


def _counted(orders: ir.Table, products: ir.Table) -> ir.Table:
    lines = orders.filter(orders.quantity > 0).select(
        "customer_id", "order_id", "product_id", "day", "local_at", "quantity", "revenue", "discount",
        "channel", "store_id", "region",
    )  # fmt: skip
    return lines.inner_join(products, "product_id")


def _baskets(orders: ir.Table, products: ir.Table) -> ir.Table:
    """Guests have no baskets here: nothing is said about them."""
    lines = orders.filter(orders.customer_id.notnull())
    lines = lines.left_join(products.select("product_id", known=ibis.literal(True)), "product_id")
    counts = lines.known.fill_null(False) & (lines.quantity > 0)
    return lines.group_by("customer_id", "order_id", "day").agg(
        local_at=lines.local_at.min(),
        lines=lines.count(),
        units=lines.quantity.sum(),
        revenue=lines.revenue.sum(),
        discount=lines.discount.fill_null(0.0).sum(),
        discounted_lines=(lines.discount.fill_null(0.0) > 0).sum(),
        return_lines=(lines.quantity < 0).sum(),
        returned=ibis.ifelse(lines.quantity < 0, -lines.revenue, 0.0).sum(),
        counted_lines=counts.sum(),
        counted_revenue=ibis.ifelse(counts, lines.revenue, 0.0).sum(),
        store_id=lines.store_id.max(),
        channel=lines.channel.max(),
    )


def _visits(baskets: ir.Table) -> ir.Table:
    sums = ("lines", "units", "revenue", "discount", "return_lines", "returned", "counted_lines", "counted_revenue")
    days = baskets.group_by("customer_id", "day").agg(
        baskets=baskets.count(), **{name: baskets[name].sum() for name in sums}
    )
    before = days.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    return days.mutate(gap=days.day.delta(before, unit="day").cast("float64"))


def _aged(facts: ir.Table, at: Snapshot) -> ir.Table:
    known = facts.filter(facts.day < ibis.literal(at.day, type="date"))
    return known.mutate(age=ibis.literal(at.day, type="date").delta(known.day, unit="day").cast("int64"))


def _known(plan: ir.Table, starts: str, at: Snapshot, announced_until: date) -> ir.Table:
    """Known from `known_from`; without it, what starts within the horizon counts as announced."""
    announced = plan[starts].isnull() | (plan[starts] < ibis.literal(announced_until, type="date"))
    known = plan.known_from <= ibis.literal(at.day, type="date")
    return plan.filter(ibis.ifelse(plan.known_from.isnull(), announced, known))
