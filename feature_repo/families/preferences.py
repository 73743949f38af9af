"""What a customer prefers, by name: categories, departments, channels, and where they are at home."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from feature_repo.feature_definition import Feature
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "product"
WINDOW = 364
FEATURES = (
    Feature("favourite_category", f"the category bought most in the last {WINDOW} days", "name", "text"),
    Feature("second_category", f"the category bought second most in the last {WINDOW} days", "name", "text"),
    Feature("favourite_department", f"the department bought most in the last {WINDOW} days", "name", "text"),
    Feature("main_channel", f"the channel of most orders in the last {WINDOW} days", "name", "text", cause="logistics"),
    Feature(
        "second_channel",
        f"the channel of second most orders in the last {WINDOW} days",
        "name",
        "text",
        cause="logistics",
    ),
    Feature(
        "home_region", "where the customer is at home, else where they order most", "name", "text", cause="logistics"
    ),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """The names, by days or orders with them; of equals the first in the order of their names."""
    bought = shop.category_days.filter(shop.category_days.age <= WINDOW)
    ordered = shop.baskets.filter(shop.baskets.age <= WINDOW)
    placed = shop.orders.filter(shop.orders.customer_id.notnull())
    parts = [
        _named(_ranked(bought, "category"), favourite_category=0, second_category=1),
        _named(_ranked(bought, "department"), favourite_department=0),
        _named(_ranked(ordered, "channel"), main_channel=0, second_channel=1),
        _home(shop.customers, _named(_ranked(placed, "region"), ordered_from=0)),
    ]
    found = parts[0]
    for part in parts[1:]:
        joined = found.outer_join(part, "customer_id", rname="{name}_r")
        who = ibis.coalesce(joined.customer_id, joined.customer_id_r)
        found = joined.mutate(customer_id=who).drop("customer_id_r")
    return found


def _ranked(facts: ir.Table, column: str) -> ir.Table:
    known = facts.filter(facts[column].notnull())
    times = known.group_by("customer_id", column).agg(times=known.count())
    place = ibis.row_number().over(group_by="customer_id", order_by=[ibis.desc("times"), ibis.asc(column)])
    return times.mutate(place=place, named=times[column])


def _named(ranked: ir.Table, **places: int) -> ir.Table:
    return ranked.group_by("customer_id").agg(
        **{name: ranked.named.max(where=ranked.place == place) for name, place in places.items()}
    )


def _home(customers: ir.Table, ordered: ir.Table) -> ir.Table:
    told = customers.filter(customers.region.notnull()).group_by("customer_id").agg(told=customers.region.max())
    both = told.outer_join(ordered, "customer_id", rname="{name}_r")
    return both.select(
        customer_id=ibis.coalesce(both.customer_id, both.customer_id_r),
        home_region=ibis.coalesce(both.told, both.ordered_from),
    )
