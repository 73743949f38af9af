"""What is aggregated from order lines once per build, so that a snapshot costs a scan and not a sort.

Every row of these tables follows from its own day and the days before (`gap` looks back only), so cutting them
at a snapshot is the same as aggregating what was known then. So, too, the rows from a day on follow from the lines from
that day on and, where there are gaps, from the aggregate's rows `before` it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

COUNT = "int32"
"""What a row counts: no order has more lines than fit. The engine would hold the sum of counts in sixteen bytes."""


def counted(orders: ir.Table, counting: ir.Table) -> ir.Table:
    """Lines that count for demand and recommendation, with their product's attributes; guests included."""
    lines = orders.filter(orders.quantity > 0).select(
        "customer_id", "order_id", "product_id", "day", "local_at", "quantity", "revenue", "discount",
        "channel", "store_id", "region",
    )  # fmt: skip
    return lines.inner_join(counting, "product_id")


def baskets(orders: ir.Table, counting: ir.Table) -> ir.Table:
    """One row per customer, order and day, over all lines. Guests have none: nothing is said about them."""
    lines = orders.filter(orders.customer_id.notnull())
    lines = lines.left_join(counting.select("product_id", known=ibis.literal(True)), "product_id")
    counts = lines.known.fill_null(False) & (lines.quantity > 0)
    return lines.group_by("customer_id", "order_id", "day").agg(
        local_at=lines.local_at.min(),
        lines=lines.count().cast(COUNT),
        units=lines.quantity.sum(),
        revenue=lines.revenue.sum(),
        discount=lines.discount.fill_null(0.0).sum(),
        discounted_lines=(lines.discount.fill_null(0.0) > 0).sum().cast(COUNT),
        return_lines=(lines.quantity < 0).sum().cast(COUNT),
        returned=ibis.ifelse(lines.quantity < 0, -lines.revenue, 0.0).sum(),
        counted_lines=counts.sum().cast(COUNT),
        counted_revenue=ibis.ifelse(counts, lines.revenue, 0.0).sum(),
        store_id=lines.store_id.max(),
        channel=lines.channel.max(),
    )


def visits(baskets: ir.Table, before: ir.Table | None = None) -> ir.Table:
    """One row per customer and day with a purchase, with the days since the one before, and its `number` from the
    first.
    """
    sums = ("units", "revenue", "discount", "returned", "counted_revenue")
    counts = ("lines", "return_lines", "counted_lines")
    days = baskets.group_by("customer_id", "day").agg(
        baskets=baskets.count().cast(COUNT),
        **{name: baskets[name].sum().cast(COUNT) for name in counts},
        **{name: baskets[name].sum() for name in sums},
    )
    return _with_gaps(days, before, ["customer_id"], gap="float64", number=COUNT)


def purchases(orders: ir.Table, counting: ir.Table, before: ir.Table | None = None) -> ir.Table:
    """One row per customer, day and product that counts, with the days since the two purchases before.

    From the lines, not from `counted`, which needs more room than anything else and which customers' features do
    without.
    """
    lines = counted(orders.filter(orders.customer_id.notnull()), counting)
    days = lines.group_by("customer_id", "day", "product_id", "category", "department", "brand").agg(
        quantity=lines.quantity.sum(), revenue=lines.revenue.sum(), lines=lines.count().cast(COUNT)
    )
    return _with_gaps(days, before, ["customer_id", "product_id"], gap=COUNT, gap_2=COUNT)


def category_days(purchases: ir.Table) -> ir.Table:
    """One row per customer, day, department and category."""
    return purchases.group_by("customer_id", "day", "department", "category").agg(
        quantity=purchases.quantity.sum(), revenue=purchases.revenue.sum(), lines=purchases.lines.sum().cast(COUNT)
    )


IN_STORE = ("display", "shelf", "endcap", "in-store", "in store")
SENT_OUT = ("mailer", "leaflet", "flyer", "catalog", "mail", "web", "app")


def promoted(promotions: ir.Table, places: Sequence[str]) -> ir.Table:
    """Stores with a promotion per product, span and way (display, mailer, other), and whether it holds everywhere.

    One row per product, span and `known_from`, and per each of `places` (store_id, region) where given.
    """
    kind = promotions.kind.fill_null("").lower()
    display = reduce(or_, (kind.contains(word) for word in IN_STORE))
    mailer = reduce(or_, (kind.contains(word) for word in SENT_OUT))
    ways = {"display": display, "mailer": mailer, "other": ~(display | mailer)}
    everywhere = promotions.store_id.isnull()
    sums = {way: (condition & ~everywhere).sum() for way, condition in ways.items()}
    wholes = {f"{way}_everywhere": (condition & everywhere).sum() for way, condition in ways.items()}
    return promotions.group_by("product_id", "starts_on", "ends_on", "known_from", *places).agg(**sums, **wholes)


def _with_gaps(days: ir.Table, before: ir.Table | None, key: Sequence[str], **types: str) -> ir.Table:
    """The days since the last (`gap`) and the second-last (`gap_2`) row with the same key, `before` included; and the
    `number` of the row among these.
    """
    columns = days.columns
    if before is not None:
        known = before.semi_join(days, key).group_by(key)
        last = known.agg(last=before.day.max(), last_gap=before.gap.argmax(before.day), earlier=before.day.count())
        days = days.left_join(last, key, rname="{name}_before")
    window = ibis.window(group_by=key, order_by="day")
    one, two = (days.day.delta(days.day.lag(back).over(window), unit="day") for back in (1, 2))
    number = ibis.row_number().over(window) + 1
    if before is not None:
        since = days.day.delta(days["last"], unit="day")
        two = ibis.coalesce(two, ibis.ifelse(one.notnull(), since, since + days["last_gap"].cast("int64")))
        one = ibis.coalesce(one, since)
        number += days.earlier.fill_null(0)
    gaps = {"gap": one, "gap_2": two, "number": number}
    return days.select(*columns, **{name: gaps[name].cast(kind) for name, kind in types.items()})
