"""What happened on the days of a window, counted once for all who ask: labels, evaluations, fairness, monitoring.

A customer bought on a day with any order line, a return as well. A purchase of a product counts as `shop_tables` says
(`counted`): a quantity above 0 of a product that is known and not excluded. A window is `[start, stop)`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from threading import get_ident
from typing import Any, cast

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import query_engine
from core.kept_answers import KeptAnswers
from core.workspace import Workspace, of_one_generation
from feature_repo import aggregates, shop_tables
from feature_repo.families.clipping import clipped
from feature_repo.families.series_features import with_series
from feature_repo.families.series_stockouts import stockouts
from feature_repo.feature_definition import DECIMALS
from feature_repo.shop_tables import ShopTables


def _money(revenue: str, rows: str = "") -> str:
    """SQL of a sum. Parallel sums differ in their last digits from run to run; a model learnt from them must not."""
    return f"round(coalesce(sum({revenue}) {rows}, 0), {DECIMALS})"


_LINES = "FROM orders WHERE customer_id IS NOT NULL AND day >= $start AND day < $stop"
_REPEATS = f"""
    SELECT customer_id, (count(DISTINCT day) - 1)::DOUBLE AS x, (max(day) - min(day))::DOUBLE AS t_x,
        ($stop - min(day))::DOUBLE AS age
    {_LINES} {{among}} GROUP BY customer_id ORDER BY customer_id
"""
_SOME_CUSTOMERS = f"""AND customer_id IN (
    SELECT customer_id FROM (SELECT DISTINCT customer_id {_LINES})
    ORDER BY md5(concat_ws('/', customer_id, $seed)), customer_id LIMIT $most
)"""
_CHURNED = f"""
    INSERT INTO told SELECT customer_id, $origin, NOT bool_or(day >= $origin)
    {_LINES} AND customer_id NOT IN (SELECT customer_id FROM refused)
    GROUP BY customer_id HAVING bool_or(day < $origin)
"""
_SOME_TOLD = """(
    SELECT * FROM told ORDER BY md5(concat_ws('/', customer_id, as_of, $seed)), customer_id, as_of LIMIT $most
)"""
_LATER = """
    WITH days AS (SELECT customer_id, day, sum(revenue) AS revenue {lines} GROUP BY 1, 2)
    SELECT customer_id, origin AS as_of, date_diff('day', origin, min(day) FILTER (day >= origin)) + 1 AS next_in,
        {windows}
    FROM days JOIN (SELECT unnest($origins) AS origin) ON day >= origin - to_days($seen) AND day < $stop
    GROUP BY customer_id, origin HAVING bool_or(day < origin) ORDER BY origin, customer_id
"""
CONTACTS = (
    "(SELECT * FROM contacts"
    ' QUALIFY row_number() OVER (PARTITION BY customer_id, campaign_id, "day" ORDER BY "at" DESC, treated DESC) = 1)'
)
"""SQL of one row per customer, campaign and day, of several the latest: a list may be brought as drawn, and again as
carried out."""
_CONTACTED = f"""
    WITH told AS (
        SELECT customer_id, campaign_id, "day", treated, cost, nullif(trim(channel), '') AS channel,
            nullif(trim(offer), '') AS offer
        FROM {CONTACTS} WHERE "day" >= $start AND "day" < $stop
    ), days AS (SELECT customer_id, day, sum(revenue) AS revenue FROM orders WHERE customer_id IS NOT NULL GROUP BY ALL)
    SELECT told.*, count(days.day) > 0 AS bought, {_money("days.revenue")} AS spend
    FROM told LEFT JOIN days ON days.customer_id = told.customer_id
        AND days.day >= told."day" AND days.day < told."day" + to_days($horizon)
    GROUP BY ALL ORDER BY told."day", campaign_id, told.customer_id
"""


def buyers(workspace: Workspace, start: date, stop: date) -> set[str]:
    """Customers who bought on a day of the window."""
    query = f"SELECT DISTINCT customer_id {_LINES}"
    with query_engine.on_tables(workspace) as connection:
        return {name for (name,) in connection.execute(query, {"start": start, "stop": stop}).fetchall()}


def repeat_buying(workspace: Workspace, stop: date, most: int | None = None) -> pd.DataFrame:
    """Of every customer with an order line before `stop`: customer_id, x (days with a purchase after the first), t_x
    (days from the first to the last) and age (days from the first to `stop`). Of more than `most`, so many drawn."""
    values: dict[str, Any] = {"start": date.min, "stop": stop}
    if most is not None:
        values |= {"most": most, "seed": workspace.settings.seed}
    query = _REPEATS.format(among="" if most is None else _SOME_CUSTOMERS)
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(query, values).df()
    return found


def spent(workspace: Workspace, start: date, stop: date) -> pd.Series[float]:
    """Revenue per customer on the days of the window, indexed by customer_id."""
    query = f"SELECT customer_id, sum(revenue) AS revenue {_LINES} GROUP BY 1"
    with query_engine.on_tables(workspace) as connection:
        found = connection.execute(query, {"start": start, "stop": stop}).df()
    return cast("pd.Series[float]", found.set_index("customer_id")["revenue"])


@dataclass(frozen=True)
class DrawnRows:
    """Rows of those `there` were: all of them, or some drawn by chance, each as likely as any other."""

    frame: pd.DataFrame
    there: int

    @property
    def weight(self) -> float:
        """How many each stands for."""
        return self.there / max(len(self.frame), 1)


def churned(workspace: Workspace, origins: Sequence[date], until: date) -> pd.DataFrame:
    """Who was active at each origin, and who did not buy after it: customer_id, as_of (date), churned (bool).

    Active: bought in the `churn.active_days` before the origin. Churned: did not buy in the `churn.horizon_days` from
    it on, as far as is known at `until`.
    """
    return churned_of_some(workspace, origins, until).frame


def churned_of_some(
    workspace: Workspace,
    origins: Sequence[date],
    until: date,
    most: int | None = None,
    refused: Collection[str] = (),
) -> DrawnRows:
    """`churned` without the customers `refused`; of more than `most` rows so many.

    They are drawn by a hash of customer, origin and `seed`: the same with the same seed, on however many
    threads. No other row is ever outside the engine, so that a million customers at thirty origins take no memory.
    """
    settings = workspace.settings.churn
    active, horizon = timedelta(days=settings.active_days), timedelta(days=settings.horizon_days)
    with query_engine.on_tables(workspace) as connection:
        connection.register("refused", pd.DataFrame({"customer_id": pd.Series(list(refused), dtype="object")}))
        connection.execute("CREATE TEMP TABLE told (customer_id VARCHAR, as_of DATE, churned BOOLEAN)")
        for origin in dict.fromkeys(origins):
            window = {"start": origin - active, "stop": min(origin + horizon, until), "origin": origin}
            connection.execute(_CHURNED, window)
        there = int(connection.execute("SELECT count(*) FROM told").fetchall()[0][0])
        some = most is not None and there > most
        values = {"most": most, "seed": workspace.settings.seed} if some else None
        query = f"SELECT * FROM {_SOME_TOLD if some else 'told'} ORDER BY as_of, customer_id"
        frame: pd.DataFrame = connection.execute(query, values).df()
    return DrawnRows(frame.assign(as_of=pd.to_datetime(frame["as_of"]).dt.date), there)


def later_purchases(
    workspace: Workspace, origins: Sequence[date], seen_days: int, horizons: Sequence[int], until: date
) -> pd.DataFrame:
    """What the customers seen in the `seen_days` before each origin bought from it on, as far as is known at `until`.

    customer_id, as_of (date), next_in (days to the next day with a purchase, 1: on the origin; missing: none), and
    for each horizon spend_<n>d (what was given back taken off) and visits_<n>d (days with a purchase).
    """
    inside = "FILTER (day >= origin AND day < origin + to_days({n}))"
    windows = ", ".join(
        f"{_money('revenue', inside.format(n=n))} AS spend_{n}d, count(*) {inside.format(n=n)} AS visits_{n}d"
        for n in map(int, horizons)
    )
    values = {"origins": list(origins), "seen": seen_days, "start": date.min, "stop": until}
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(_LATER.format(lines=_LINES, windows=windows), values).df()
    return found.assign(as_of=pd.to_datetime(found["as_of"]).dt.date)


def contacted(workspace: Workspace, start: date, until: date) -> pd.DataFrame:
    """Who was contacted, or held out, from a day on, and what came of it in `churn.horizon_days`, known at `until`.

    customer_id, campaign_id, day (date), treated, channel, offer, cost, bought (bool), spend: one row per customer,
    campaign and day, of several the latest: a list may be brought as it was drawn and again as it was carried out.
    Contacts whose days are not over at `until` are left out.
    """
    horizon = workspace.settings.churn.horizon_days
    values = {"start": start, "stop": until - timedelta(days=horizon - 1), "horizon": horizon}
    with query_engine.on_tables(workspace) as connection:
        frame: pd.DataFrame = connection.execute(_CONTACTED, values).df()
    return frame.assign(day=pd.to_datetime(frame["day"]).dt.date)


def purchases(
    workspace: Workspace, start: date, stop: date, customers: Sequence[str] | NDArray[np.object_] | None = None
) -> pd.DataFrame:
    """The distinct pairs (customer_id, product_id) of purchases that count, of everybody or of some customers."""

    def pairs() -> pd.DataFrame:
        lines = counted(workspace, start, stop)
        if customers is not None:
            few = ibis.memtable(pd.DataFrame({"customer_id": customers}, dtype=object))
            lines = lines.semi_join(few, "customer_id")
        found = lines.filter(lines.customer_id.notnull()).select("customer_id", "product_id").distinct()
        return cast(pd.DataFrame, found.to_pandas())

    return pairs() if customers is not None else _PURCHASES.of(workspace, (start, stop), pairs).copy()


def first_regions(workspace: Workspace, start: date, stop: date) -> pd.Series[str]:
    """Of customers who bought nothing that counts before the window: the region of a line of their first day in it.

    Indexed by customer_id; those whose lines name none are left out.
    """
    lines = counted(workspace, date.min, stop)
    lines = lines.filter(lines.customer_id.notnull())
    first = lines.group_by("customer_id").agg(first=lines.day.min())
    first = first.filter(first["first"] >= _day(start))
    own = lines.inner_join(first, "customer_id")
    own = own.filter(own.day == own["first"], own.region.notnull())
    regions = own.group_by("customer_id").agg(region=own.region.min()).order_by("customer_id").to_pandas()
    return cast("pd.Series[str]", regions.set_index("customer_id")["region"])


def products_sold(workspace: Workspace, stop: date) -> pd.DataFrame:
    """Of every product with a purchase that counts before a day: product_id, first (its day), orders, brand."""
    lines = counted(workspace, date.min, stop)
    sold = lines.group_by("product_id").agg(
        first=lines.day.min(), orders=lines.order_id.nunique(), brand=lines.brand.max()
    )
    return cast(pd.DataFrame, sold.order_by("product_id").to_pandas())


def times_bought(workspace: Workspace, stop: date) -> pd.DataFrame:
    """Of every product, by product_id: purchases, pairs of a customer and an order, before a day, and the first day."""
    lines = counted(workspace, date.min, stop)
    pairs = lines.group_by("product_id", "customer_id", "order_id").agg(first=lines.day.min())
    bought = pairs.group_by("product_id").agg(purchases=pairs.count(), first=pairs["first"].min())
    return cast(pd.DataFrame, bought.order_by("product_id").to_pandas()).set_index("product_id")


def units(workspace: Workspace, start: date, stop: date) -> pd.DataFrame:
    """Units of purchases that count, per series and day: series_id, day, units.

    Line quantities are clipped as the features as of `start` clip them, so that one bulk order is no demand.
    """
    settings, first = workspace.settings.demand, _day(start)
    lines = with_series(counted(workspace, date.min, stop), settings.series)
    window = clipped(lines.filter(lines.day >= first), lines.filter(lines.day < first), settings.clip_quantile)
    window = window.filter(window.series_id.notnull())
    days = window.group_by("series_id", "day").agg(units=window.units.sum())
    return cast(pd.DataFrame, days.order_by("series_id", "day").to_pandas())


def product_days(workspace: Workspace, stop: date) -> pd.DataFrame:
    """Purchases that count before a day, per product and day: product_id, day, units (clipped), revenue."""
    lines = with_series(counted(workspace, date.min, stop), ["product_id"])
    days = clipped(lines, lines, workspace.settings.demand.clip_quantile)
    days = days.group_by("product_id", "day").agg(units=days.units.sum(), revenue=days.revenue.sum().round(DECIMALS))
    return cast(pd.DataFrame, days.order_by("day", "product_id").to_pandas())


@of_one_generation
def without_stock(workspace: Workspace, start: date, stop: date) -> list[tuple[str, date]]:
    """The series and days of the window on which everything of the series was out of stock, as known at its end."""
    if not (workspace.tables.has("stock") or workspace.settings.demand.infer_stockouts):
        return []
    shop = shop_tables.tables(workspace, shop_tables.connect(workspace)).before(shop_tables.Snapshot(stop))
    days = stockouts(shop)
    found = days.filter(~days.sold, days.age <= (stop - start).days).select("series_id", "age").to_pandas()
    return [(str(series), stop - timedelta(days=int(age))) for series, age in found.itertuples(index=False)]


def weekly_sales(workspace: Workspace, stop: date, weeks: int) -> pd.DataFrame:
    """Units and revenue of purchases that count in the `weeks` before a day, per series, product and week.

    series_id, product_id, week (0: the seven days before `stop`), units (clipped as the features as of `stop` clip
    them), revenue, category, department. Parallel sums differ in their last digits, so that revenue is rounded.
    """
    settings, first = workspace.settings.demand, _day(stop - timedelta(days=7 * weeks))
    lines = with_series(counted(workspace, date.min, stop), settings.series)
    lines = clipped(lines, lines, settings.clip_quantile).filter(lambda each: each.series_id.notnull())
    lines = lines.filter(lines.day >= first)
    lines = lines.mutate(week=(_day(stop).delta(lines.day, unit="day") - 1) // 7)
    sold = lines.group_by("series_id", "product_id", "week").agg(
        units=lines.units.sum().round(DECIMALS),
        revenue=lines.revenue.sum().round(DECIMALS),
        category=lines.category.max(),
        department=lines.department.max(),
    )
    return cast(pd.DataFrame, sold.order_by("series_id", "product_id", "week").to_pandas())


@of_one_generation
def counted(workspace: Workspace, start: date, stop: date) -> ir.Table:
    """The lines of purchases that count, of guests as well, with their products' attributes (see `ShopTables`)."""
    lines = _counted(workspace)
    return lines.filter(lines.day >= _day(start), lines.day < _day(stop))


_SHOPS = KeptAnswers[ShopTables]()
_PURCHASES = KeptAnswers[pd.DataFrame]()
SHARED_LINES = 3_000_000
"""Up to so many order lines the ones that count stay computed for the whole job (some 300 MB); of more, each question
reads the days and columns it needs, so that a job's memory does not grow with the shop."""


class _OneQuestion(ShopTables):
    """The shop's tables for a single question, whose names stay texts: codes of all names cost more than an answer."""

    @property
    def writes_once(self) -> bool:
        """No."""
        return False

    @property
    def counted_lines(self) -> ir.Table:
        """The rows of the table `counted`, as a part of the query that asks for them."""
        return aggregates.counted(self.table("orders"), self.table("counting"))


def _counted(workspace: Workspace) -> ir.Table:
    """All lines that count: a table for all questions of one job and thread, or a part of one question's query."""

    def opened() -> ShopTables:
        return shop_tables.tables(workspace, shop_tables.connect(workspace))

    if workspace.tables.rows("orders") > SHARED_LINES:
        return _OneQuestion(workspace, shop_tables.connect(workspace)).counted_lines
    return _SHOPS.of(workspace, get_ident(), opened).table("counted")


def computed(name: str, part: ir.Table) -> ir.Table:
    """A part of a question that several of its queries ask for, computed once, under a name, beside the lines."""
    engine = part.get_backend()
    engine.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {engine.compile(part)}')
    return ops.DatabaseTable(name, schema=part.schema(), source=engine, namespace=shop_tables.TEMPORARY).to_expr()


def _day(day: date) -> ir.DateScalar:
    return ibis.literal(day, type="date")
