"""What happened on the days of a window, counted once for all who ask: labels, evaluations, fairness, monitoring.

A customer bought on a day with any order line, a return as well. A purchase of a product counts as `shop_tables` says
(`counted`): a quantity above 0 of a product that is known and not excluded. A window is `[start, stop)`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from threading import get_ident
from typing import cast

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from core.kept_answers import KeptAnswers
from core.workspace import Workspace, of_one_generation
from feature_repo import aggregates, engines, shop_tables
from feature_repo.families.clipping import clipped
from feature_repo.families.series_features import with_series
from feature_repo.families.series_stockouts import stockouts
from feature_repo.feature_definition import DECIMALS
from feature_repo.shop_tables import ShopTables, Snapshot


def buyers(workspace: Workspace, start: date, stop: date) -> set[str]:
    """Customers who bought on a day of the window."""
    with _asked(workspace) as shop:
        found = shop.frame(_lines(shop, start, stop).select("customer_id").distinct())
    return set(found["customer_id"])


def repeat_buying(workspace: Workspace, stop: date, most: int | None = None) -> pd.DataFrame:
    """Of every customer with an order line before `stop`: customer_id, x (days with a purchase after the first), t_x
    (days from the first to the last) and age (days from the first to `stop`). Of more than `most`, so many drawn."""
    with _asked(workspace) as shop:
        lines = _lines(shop, date.min, stop)
        if most is not None:
            customers = lines.select("customer_id").distinct()
            lines = lines.semi_join(_drawn(customers, ["customer_id"], shop, most), "customer_id")
        day, of_each = lines.day, lines.group_by("customer_id")
        of_each = of_each.agg(days=day.nunique(), last=day.max(), first=day.min())
        told = of_each.select(
            "customer_id",
            x=(of_each.days - 1).cast("float64"),
            t_x=of_each["last"].delta(of_each["first"], unit="day").cast("float64"),
            age=_day(stop).delta(of_each["first"], unit="day").cast("float64"),
        )
        return shop.frame(told.order_by("customer_id"))


def spent(workspace: Workspace, start: date, stop: date) -> pd.Series[float]:
    """Revenue per customer on the days of the window, indexed by customer_id."""
    with _asked(workspace) as shop:
        lines = _lines(shop, start, stop)
        found = shop.frame(lines.group_by("customer_id").agg(revenue=lines.revenue.sum()))
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
    with _asked(workspace) as shop:
        left_out = shop.given("refused", pa.table({"customer_id": pa.array(list(refused), pa.string())}))
        outcomes = [
            _left(_lines(shop, origin - active, min(origin + horizon, until)), left_out, origin)
            for origin in dict.fromkeys(origins)
        ]
        if not outcomes:
            outcomes = [_left(_lines(shop, until, until), left_out, until)]
        told = shop.keep_all("told", outcomes)
        there = int(shop.frame(told.agg(there=told.count()))["there"].iloc[0])
        some = told if most is None or there <= most else _drawn(told, ["customer_id", "as_of"], shop, most)
        frame = shop.frame(some.order_by("as_of", "customer_id"))
    return DrawnRows(frame.assign(as_of=pd.to_datetime(frame["as_of"]).dt.date), there)


def _left(lines: ir.Table, refused: ir.Table, origin: date) -> ir.Table:
    """Who was there before an origin, and whether they did not come again."""
    after = lines.day >= _day(origin)
    of_each = lines.anti_join(refused, "customer_id").group_by("customer_id")
    of_each = of_each.agg(came=after.any(), was_there=(~after).any())
    return of_each.filter("was_there").select("customer_id", as_of=_day(origin), churned=~of_each.came)


def _drawn(rows: ir.Table, key: Sequence[str], shop: ShopTables, most: int) -> ir.Table:
    """So many of some rows, by a hash of their key and the seed."""
    said = ibis.literal("/").join([*(rows[name].cast("string") for name in key), ibis.literal(str(shop.settings.seed))])
    return rows.mutate(chance=said.hexdigest("md5")).order_by("chance", *key).limit(most).drop("chance")


def later_purchases(
    workspace: Workspace, origins: Sequence[date], seen_days: int, horizons: Sequence[int], until: date
) -> pd.DataFrame:
    """What the customers seen in the `seen_days` before each origin bought from it on, as far as is known at `until`.

    customer_id, as_of (date), next_in (days to the next day with a purchase, 1: on the origin; missing: none), and
    for each horizon spend_<n>d (what was given back taken off) and visits_<n>d (days with a purchase).
    """
    with _asked(workspace) as shop:
        since = [origin - timedelta(days=seen_days) for origin in origins]
        moments = {"as_of": pa.array(origins, pa.date32()), "since": pa.array(since, pa.date32())}
        at = shop.given("origins", pa.table(moments))
        lines = _lines(shop, date.min, until)
        days = lines.group_by("customer_id", "day").agg(revenue=lines.revenue.sum())
        beside = days.inner_join(at, days.day >= at.since)
        beside = beside.mutate(after=beside.day.delta(beside.as_of, unit="day").cast("int64"))
        came = beside.after >= 0
        within = {n: came & (beside.after < n) for n in map(int, horizons)}
        told = beside.group_by("customer_id", "as_of").agg(
            was_there=(~came).any(),
            next_in=beside.after.min(where=came) + 1,
            **{f"spend_{n}d": _money(beside.revenue, inside) for n, inside in within.items()},
            **{f"visits_{n}d": beside.count(where=inside) for n, inside in within.items()},
        )
        order = [name for n in within for name in (f"spend_{n}d", f"visits_{n}d")]
        told = told.filter("was_there").select("customer_id", "as_of", "next_in", *order)
        found = shop.frame(told.order_by("as_of", "customer_id"))
    return found.assign(as_of=pd.to_datetime(found["as_of"]).dt.date)


def contacted(workspace: Workspace, start: date, until: date) -> pd.DataFrame:
    """Who was contacted, or held out, from a day on, and what came of it in `churn.horizon_days`, known at `until`.

    customer_id, campaign_id, day (date), treated, cost, channel, offer, bought (bool), spend: one row per customer,
    campaign and day, of several the latest: a list may be brought as it was drawn and again as it was carried out.
    Contacts whose days are not over at `until` are left out.
    """
    horizon = workspace.settings.churn.horizon_days
    with _asked(workspace) as shop:
        told = latest_contacts(shop.contacts)
        told = told.filter(told.day >= _day(start), told.day < _day(until - timedelta(days=horizon - 1)))
        told = told.select(
            "customer_id", "campaign_id", "day", "treated", "cost",
            channel=told.channel.strip().nullif(""), offer=told.offer.strip().nullif(""),
        )  # fmt: skip
        lines = shop.table("orders")
        bought = lines.filter(lines.customer_id.notnull()).group_by("customer_id", bought_on=lines.day)
        days = bought.agg(revenue=lines.revenue.sum())
        beside = told.left_join(days, ["customer_id", days.bought_on >= told.day]).drop("customer_id_right")
        after = beside.bought_on.delta(beside.day, unit="day") < horizon
        of_each = beside.group_by(*told.columns)
        came = of_each.agg(bought=after.fill_null(False).any(), spend=_money(beside.revenue, after))
        frame = shop.frame(came.order_by("day", "campaign_id", "customer_id"))
    return frame.assign(day=pd.to_datetime(frame["day"]).dt.date)


def latest_contacts(contacts: ir.Table) -> ir.Table:
    """One row per customer, campaign and day, of several the latest: a list may be brought as drawn, and again as
    carried out."""
    latest = [contacts["at"].desc(), contacts.treated.desc()]
    place = ibis.row_number().over(group_by=["customer_id", "campaign_id", "day"], order_by=latest)
    numbered = contacts.mutate(place=place)
    return numbered.filter(numbered.place == 0).drop("place")


@cache
def contacts_once() -> str:
    """SQL of the embedded engine for `latest_contacts`, in brackets."""
    return f"({ibis.to_sql(latest_contacts(ibis.table(shop_tables.schema('contacts'), name='contacts')), 'duckdb')})"


def purchases(
    workspace: Workspace, start: date, stop: date, customers: Sequence[str] | NDArray[np.object_] | None = None
) -> pd.DataFrame:
    """The distinct pairs (customer_id, product_id) of purchases that count, of everybody or of some customers."""

    def pairs() -> pd.DataFrame:
        with _asked(workspace) as shop:
            lines = _counted(shop, start, stop)
            if customers is not None:
                few = shop.given("few", pa.table({"customer_id": pa.array(customers, pa.string())}))
                lines = lines.semi_join(few, "customer_id")
            return shop.frame(lines.filter(lines.customer_id.notnull()).select("customer_id", "product_id").distinct())

    return pairs() if customers is not None else _PURCHASES.of(workspace, (start, stop), pairs).copy()


def first_regions(workspace: Workspace, start: date, stop: date) -> pd.Series[str]:
    """Of customers who bought nothing that counts before the window: the region of a line of their first day in it.

    Indexed by customer_id; those whose lines name none are left out.
    """
    with _asked(workspace) as shop:
        lines = _counted(shop, date.min, stop)
        lines = lines.filter(lines.customer_id.notnull())
        first = lines.group_by("customer_id").agg(first=lines.day.min())
        first = first.filter(first["first"] >= _day(start))
        own = lines.inner_join(first, "customer_id")
        own = own.filter(own.day == own["first"], own.region.notnull())
        regions = shop.frame(own.group_by("customer_id").agg(region=own.region.min()).order_by("customer_id"))
    return cast("pd.Series[str]", regions.set_index("customer_id")["region"])


def products_sold(workspace: Workspace, stop: date) -> pd.DataFrame:
    """Of every product with a purchase that counts before a day: product_id, first (its day), orders, brand."""
    with _asked(workspace) as shop:
        lines = _counted(shop, date.min, stop)
        sold = lines.group_by("product_id").agg(
            first=lines.day.min(), orders=lines.order_id.nunique(), brand=lines.brand.max()
        )
        return shop.frame(sold.order_by("product_id"))


def times_bought(workspace: Workspace, stop: date) -> pd.DataFrame:
    """Of every product, by product_id: purchases, pairs of a customer and an order, before a day, and the first day."""
    with _asked(workspace) as shop:
        lines = _counted(shop, date.min, stop)
        pairs = lines.group_by("product_id", "customer_id", "order_id").agg(first=lines.day.min())
        bought = pairs.group_by("product_id").agg(purchases=pairs.count(), first=pairs["first"].min())
        return shop.frame(bought.order_by("product_id")).set_index("product_id")


def units(workspace: Workspace, start: date, stop: date) -> pd.DataFrame:
    """Units of purchases that count, per series and day: series_id, day, units.

    Line quantities are clipped as the features as of `start` clip them, so that one bulk order is no demand.
    """
    settings, first = workspace.settings.demand, _day(start)
    with _asked(workspace) as shop:
        lines = with_series(_counted(shop, date.min, stop), settings.series)
        window = clipped(lines.filter(lines.day >= first), lines.filter(lines.day < first), settings.clip_quantile)
        window = window.filter(window.series_id.notnull())
        days = window.group_by("series_id", "day").agg(units=window.units.sum())
        return shop.frame(days.order_by("series_id", "day"))


def product_days(workspace: Workspace, stop: date) -> pd.DataFrame:
    """Purchases that count before a day, per product and day: product_id, day, units (clipped), revenue."""
    with _asked(workspace) as shop:
        lines = with_series(_counted(shop, date.min, stop), ["product_id"])
        lines = clipped(lines, lines, workspace.settings.demand.clip_quantile)
        days = lines.group_by("product_id", "day")
        sold = days.agg(units=lines.units.sum(), revenue=lines.revenue.sum().round(DECIMALS))
        return shop.frame(sold.order_by("day", "product_id"))


@of_one_generation
def without_stock(workspace: Workspace, start: date, stop: date) -> list[tuple[str, date]]:
    """The series and days of the window on which everything of the series was out of stock, as known at its end."""
    if not (workspace.tables.has("stock") or workspace.settings.demand.infer_stockouts):
        return []
    with _asked(workspace) as shop:
        days = stockouts(shop.before(Snapshot(stop)))
        found = shop.frame(days.filter(~days.sold, days.age <= (stop - start).days).select("series_id", "age"))
    return [(str(series), stop - timedelta(days=int(age))) for series, age in found.itertuples(index=False)]


def weekly_sales(workspace: Workspace, stop: date, weeks: int) -> pd.DataFrame:
    """Units and revenue of purchases that count in the `weeks` before a day, per series, product and week.

    series_id, product_id, week (0: the seven days before `stop`), units (clipped as the features as of `stop` clip
    them), revenue, category, department. Parallel sums differ in their last digits, so that revenue is rounded.
    """
    settings, first = workspace.settings.demand, _day(stop - timedelta(days=7 * weeks))
    with _asked(workspace) as shop:
        lines = with_series(_counted(shop, date.min, stop), settings.series)
        lines = clipped(lines, lines, settings.clip_quantile).filter(lambda each: each.series_id.notnull())
        lines = lines.filter(lines.day >= first)
        lines = lines.mutate(week=(_day(stop).delta(lines.day, unit="day") - 1) // 7)
        sold = lines.group_by("series_id", "product_id", "week").agg(
            units=lines.units.sum().round(DECIMALS),
            revenue=lines.revenue.sum().round(DECIMALS),
            category=lines.category.max(),
            department=lines.department.max(),
        )
        return shop.frame(sold.order_by("series_id", "product_id", "week"))


@of_one_generation
def counted(workspace: Workspace, start: date, stop: date) -> ir.Table:
    """The lines of purchases that count, of guests as well, with their products' attributes (see `ShopTables`).

    On the embedded engine, whichever computes features: who asks goes on with them there.
    """
    return _counted(_kept_open(workspace), start, stop)


def _counted(shop: ShopTables, start: date, stop: date) -> ir.Table:
    lines = shop.counted_lines if isinstance(shop, _OneQuestion) else shop.table("counted")
    return lines.filter(lines.day >= _day(start), lines.day < _day(stop))


def _lines(shop: ShopTables, start: date, stop: date) -> ir.Table:
    """Customers' order lines on the days of a window."""
    lines = shop.table("orders")
    return lines.filter(lines.customer_id.notnull(), lines.day >= _day(start), lines.day < _day(stop))


def _money(revenue: ir.FloatingColumn, rows: ir.BooleanValue) -> ir.FloatingScalar:
    """The sum over some rows. Parallel sums differ in their last digits from run to run; a model learnt from them must
    not."""
    return revenue.sum(where=rows).fill_null(0.0).round(DECIMALS)


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


@contextmanager
def _asked(workspace: Workspace) -> Iterator[ShopTables]:
    """The shop's tables of one generation on the engine of the settings, for one question."""
    with workspace.pinned() as pinned:
        if pinned.settings.features.engine == "duckdb":
            yield _kept_open(pinned)
        else:
            with engines.opened(pinned) as shop:
                yield shop


def _kept_open(workspace: Workspace) -> ShopTables:
    """The shop's tables on the embedded engine, for all questions of a job and thread; of many lines for one."""

    def opened() -> ShopTables:
        return shop_tables.tables(workspace, shop_tables.connect(workspace))

    if workspace.tables.rows("orders") > SHARED_LINES:
        return _OneQuestion(workspace, shop_tables.connect(workspace))
    return _SHOPS.of(workspace, get_ident(), opened)


def computed(name: str, part: ir.Table) -> ir.Table:
    """A part of a question that several of its queries ask for, computed once, under a name, beside the lines."""
    engine = part.get_backend()
    engine.raw_sql(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {engine.compile(part)}')
    return ops.DatabaseTable(name, schema=part.schema(), source=engine, namespace=shop_tables.TEMPORARY).to_expr()


def _day(day: date) -> ir.DateScalar:
    return ibis.literal(day, type="date")
