"""Days on which everything of a demand series was out of stock: nothing was sold, and nobody knows what was wanted.

Where the shop has a table `stock`, its counts tell: a product is out on a day if there was none of it at the end of
the day before and at its own. A series is out if all its products are that sold lately and had begun to, and it sold
nothing. A day that began with something and ended with nothing tells a lower bound: what was sold.

Without the table, `demand.infer_stockouts` takes for such days the gaps in a series that its own rate of days with
sales makes next to impossible, of at most four weeks, after which it sells as before. The end of a history is no gap.
Days on which the shop sold nothing at all do not count.
"""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir
from ibis import _

from feature_repo.families.series_features import HISTORY_DAYS, PLACES, series_lines
from feature_repo.feature_definition import Feature
from feature_repo.shop_tables import KnownTables, Snapshot

LATELY_DAYS = 91
"""A product that sold nothing for longer is not asked about: it may have left the shop."""
LONGEST_GAP = 28
"""In days on which the shop sold. What is away for longer may be out of season."""
CHANCE = 1e-6
"""The chance of such a gap where nothing is wrong: a shop has hundreds of thousands of days that could begin one."""
ALIKE = 0.5
"""Sales after a gap are as before where the smaller share of days with sales is at least this part of the larger."""
SHORTEST_SIDE = 14
"""Days that there have to be before and after a gap."""
STEADIEST = 0.99
NEITHER = "channel"
"""The key of a series that stock does not tell."""
_ENTRY = f"days before the snapshot (1 = the day before) within the last {HISTORY_DAYS}"

FEATURES = (
    Feature("out_days", f"days without stock, from their beginning to their end: {_ENTRY}", "days", "ints"),
    Feature("short_days", f"days with sales, at whose end nothing was left: {_ENTRY}", "days", "ints"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """The days of each series that has any, packed."""
    days = stockouts(shop)
    return days.group_by("series_id").agg(out_days=_listed(days, ~days.sold), short_days=_listed(days, days.sold))


def _listed(days: ir.Table, wanted: ir.BooleanValue) -> ir.ArrayValue:
    """The ages of the wanted days; where there are none nothing, which engines say in two ways."""
    ages = days.age.collect(where=wanted).sort()
    return ibis.ifelse(ages.length() > 0, ages, ibis.null("array<int64>"))


def stockouts(shop: KnownTables) -> ir.Table:
    """series_id, age and sold: days that ended with nothing, on which some was sold or none all day long."""
    lines = series_lines(shop)
    keys = shop.settings.demand.series
    if shop.has("stock") and NEITHER not in keys:
        return _counted(lines, shop.stock, [key for key in keys if key in PLACES])
    if shop.settings.demand.infer_stockouts:
        return _inferred(lines)
    return lines.filter(ibis.literal(False)).select("series_id", "age", sold=ibis.literal(False))


def _counted(lines: ir.Table, stock: ir.Table, places: list[str]) -> ir.Table:
    lasting = lines.group_by("series_id", "product_id", *places).agg(first=lines.age.max(), last=lines.age.min())
    counts = stock.filter(stock.age <= HISTORY_DAYS + 1).group_by("product_id", *places, "age")
    left = counts.agg(left=stock.on_hand.max())
    none = left.filter(left.left <= 0).drop("left")
    gone = _asked(lasting.inner_join(none, ["product_id", *places]))
    gone = gone.group_by("series_id", "age").agg(gone=gone.count())
    wanted = _asked(lasting.inner_join(gone.select("series_id", "age"), "series_id"))
    wanted = wanted.group_by("series_id", "age").agg(wanted=wanted.count())
    ended = gone.inner_join(wanted, ["series_id", "age"])
    ended = ended.filter(ended.gone == ended.wanted).select("series_id", "age")
    begun = ended.select("series_id", age=ended.age - 1, begun=ibis.literal(True))
    told = ended.left_join(begun, ["series_id", "age"]).drop("series_id_right", "age_right")
    days = lines.select("series_id", "age", sold=ibis.literal(True)).distinct()
    told = told.left_join(days, ["series_id", "age"]).drop("series_id_right", "age_right")
    told = told.mutate(sold=told.sold.fill_null(False)).filter(_.age <= HISTORY_DAYS)
    return told.filter(told.sold | told.begun.fill_null(False)).select("series_id", "age", "sold")


def _asked(products: ir.Table) -> ir.Table:
    """Days after a product's first sale, and not long after its last."""
    return products.filter(products["first"] > products.age, products.age >= products["last"] - LATELY_DAYS)


def _inferred(lines: ir.Table) -> ir.Table:
    """The days within gaps that are no chance; places count the days on which the shop sold, the newest first."""
    lines = lines.filter(lines.age <= HISTORY_DAYS)
    opened = lines.select("age").distinct()
    opened = opened.select("age", place=ibis.row_number().over(ibis.window(order_by=opened.age)))
    sold = lines.select("series_id", "age").distinct().inner_join(opened, "age").select("series_id", "place")
    gaps = _gaps(sold)
    rate = ibis.least(gaps.newer, gaps.older, gaps.overall)
    alike = ibis.least(gaps.newer, gaps.older) >= ALIKE * ibis.greatest(gaps.newer, gaps.older)
    chance = gaps.days * (1 - ibis.least(rate, STEADIEST)).ln()
    gaps = gaps.filter(alike, gaps.days > 0, gaps.days <= LONGEST_GAP, chance < math.log(CHANCE))
    within = gaps.inner_join(opened, [opened.place > gaps.after, opened.place < gaps.before])
    return within.select("series_id", "age", sold=ibis.literal(False))


def _gaps(sold: ir.Table) -> ir.Table:
    """Between two days with sales, `after` the newer and `before` the older: `days` without, and the shares of days
    with sales on its newer side, on its older side, and since the first sale."""
    span = LONGEST_GAP - 1
    series = ibis.window(group_by="series_id", order_by="place")
    newer = ibis.range_window(preceding=span, following=0, group_by="series_id", order_by="place")
    older = ibis.range_window(preceding=0, following=span, group_by="series_id", order_by="place")
    whole = ibis.window(group_by="series_id")
    sides = sold.mutate(
        newer=sold.count().over(newer) / ibis.least(LONGEST_GAP, sold.place + 1),
        older=sold.count().over(older) / ibis.least(LONGEST_GAP, sold.place.max().over(whole) - sold.place + 1),
        overall=sold.count().over(whole) / (sold.place.max().over(whole) + 1),
        first=sold.place.max().over(whole),
    )
    gaps = sides.select(
        "series_id", "newer", "overall", "first", after="place",
        before=sides.place.lead().over(series), older=sides.older.lead().over(series),
    )  # fmt: skip
    gaps = gaps.mutate(days=gaps.before - gaps.after - 1)
    return gaps.filter(gaps.after + 1 >= SHORTEST_SIDE, gaps["first"] - gaps.before + 1 >= SHORTEST_SIDE)
