"""How a product sells and at what price: one row per product that may be recommended.

These are the products with at least `recommendation.min_purchases` (customer, order) purchases before the
snapshot. Figures of the same kind over several windows are packed into one list: the online store keeps a row
for each value.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import count, decayed, share, within
from feature_repo.feature_definition import DECIMALS, Feature
from feature_repo.shop_tables import KnownTables, Snapshot

WINDOWS = (7, 28, 84)
HALF_LIFE = 30
OVER = f"in the last {', '.join(map(str, WINDOWS))} days, then all, each counting half as much per {HALF_LIFE} days"

FEATURES = (
    Feature("name", "the product's name", "text", "text"),
    Feature("category", "its category", "text", "text"),
    Feature("department", "its department", "text", "text"),
    Feature("brand", "its brand", "text", "text"),
    Feature("order_count", "orders with the product", "orders"),
    Feature("sales", f"orders with the product {OVER}", "orders", "floats"),
    Feature("sold_days", "days since it was last sold, days since it was first sold", "days", "floats"),
    Feature("price", "revenue per unit", "base currency"),
    Feature("price_level", "revenue per unit over that of its category", "ratio"),
    Feature("discount_share", "share of its lines with a discount in the last 28 days, then ever", "share", "floats"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Sums over all orders, those of guests as well."""
    sums = _sums(_orders(shop.counted))
    in_category = ibis.window(group_by="category")
    category_price = share(sums.revenue.sum().over(in_category), sums.units.sum().over(in_category))
    table = sums.mutate(
        sales=ibis.array([rounded(sums[f"sales_{n}"]) for n in (*WINDOWS, "weight")]),
        sold_days=ibis.array([rounded(sums.newest), rounded(sums.oldest)]),
        price=share(sums.revenue, sums.units),
        price_level=share(sums.revenue, sums.units) / category_price.nullif(0),
        discount_share=ibis.array(
            [
                rounded(share(sums.discounted_28, sums.lines_28).fill_null(0.0)),
                rounded(share(sums.discounted, sums.lines)),
            ]
        ),
    )
    table = table.filter(table.order_count >= shop.settings.recommendation.min_purchases)
    return table.left_join(shop.products.select("product_id", "name"), "product_id")


def rounded(value: ir.NumericValue) -> ir.NumericValue:
    """An entry of a packed list."""
    return value.cast("float64").round(DECIMALS)


def _orders(lines: ir.Table) -> ir.Table:
    """One row per (product, customer, order)."""
    return lines.group_by("product_id", "customer_id", "order_id").agg(
        age=lines.age.max(),
        lines=lines.count(),
        units=lines.quantity.sum(),
        revenue=lines.revenue.sum(),
        discounted=count(lines.discount > 0),
        category=lines.category.max(),
        department=lines.department.max(),
        brand=lines.brand.max(),
    )


def _sums(orders: ir.Table) -> ir.Table:
    recent = within(orders, 28)
    return orders.group_by("product_id").agg(
        order_count=orders.count(),
        **{f"sales_{n}": count(within(orders, n)) for n in WINDOWS},
        sales_weight=decayed(ibis.literal(1.0), orders.age, HALF_LIFE),
        newest=orders.age.min(),
        oldest=orders.age.max(),
        revenue=orders.revenue.sum(),
        units=orders.units.sum(),
        lines=orders.lines.sum(),
        discounted=orders.discounted.sum(),
        lines_28=ibis.ifelse(recent, orders.lines, 0).sum(),
        discounted_28=ibis.ifelse(recent, orders.discounted, 0).sum(),
        **{name: orders[name].max() for name in ("category", "department", "brand")},
    )
