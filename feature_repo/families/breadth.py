"""How much of the assortment the customer uses."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, distinct, share, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "product"
FEATURES = (
    *(counting(f"categories_{n}d", f"categories bought in the last {n} days", "categories") for n in (28, 84, 182)),
    counting("departments_84d", "departments bought in the last 84 days", "departments"),
    counting("departments_182d", "departments bought in the last 182 days", "departments"),
    *(counting(f"products_{n}d", f"products bought in the last {n} days", "products") for n in (28, 84, 182)),
    counting("new_products_28d", "products bought for the first time in the last 28 days", "products"),
    Feature("new_product_share_28d", "share of the products of the last 28 days never bought before", "share"),
    Feature("repeat_product_share_182d", "share of the products of the last 182 days bought on several days", "share"),
    Feature("top_category_share_182d", "share of the lines of the last 182 days in the favourite category", "share"),
)  # fmt: skip


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Distinct categories, departments and products, and how concentrated and how new they are."""
    categories = _categories(shop.category_days.filter(within(shop.category_days, 182)))
    products = _products(shop.purchases.filter(within(shop.purchases, 182)))
    joined = products.left_join(categories, "customer_id", rname="{name}_of_category")
    return joined.mutate(
        new_product_share_28d=share(joined.new_products_28d, joined.products_28d),
        repeat_product_share_182d=share(joined.repeated, joined.products_182d),
        top_category_share_182d=share(joined.top_lines, joined.all_lines),
    )


def _first_within(days: ir.Table, window: int) -> ir.BooleanValue:
    """The row is its key's first of the window: counting these counts keys, without grouping by them."""
    return within(days, window) & (days.gap.isnull() | (days.age + days.gap > window))


def _products(bought: ir.Table) -> ir.Table:
    second = bought.age + bought.gap <= 182
    second &= bought.gap_2.isnull() | (bought.age + bought.gap_2 > 182)
    return bought.group_by("customer_id").agg(
        **{f"products_{n}d": count(_first_within(bought, n)) for n in (28, 84, 182)},
        new_products_28d=count(within(bought, 28) & bought.gap.isnull()),
        repeated=count(second),
    )


def _categories(days: ir.Table) -> ir.Table:
    kinds = days.group_by("customer_id", "department", "category").agg(lines=days.lines.sum(), last=days.age.min())
    last = kinds["last"]
    return kinds.group_by("customer_id").agg(
        **{f"categories_{n}d": count(last <= n) for n in (28, 84, 182)},
        **{f"departments_{n}d": distinct(kinds.department, last <= n) for n in (84, 182)},
        top_lines=kinds.lines.max(),
        all_lines=kinds.lines.sum(),
    )
