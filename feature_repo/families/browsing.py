"""Looking without buying: views, searches and carts, and whether they become more or fewer."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, distinct, share, slope, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

VIEW = "customer_features"
CAUSE: Final = "engagement"
NEEDS = ("events",)
KINDS = ("view", "search", "cart", "wishlist", "login")
FEATURES = (
    counting("browsing_days_28d", "days on the site in the last 28 days", "days"),
    counting("browsing_days_change_28d", "days on the site: last 28 days less the 28 before", "days"),
    counting("browsing_slope_8w", "change of weekly page views over the last 8 weeks", "views per week"),
    Feature(
        "days_since_browsing", "days since the last day on the site", "days", phrase="last seen on the site {value} ago"
    ),
    Feature("days_since_cart", "days since something was last put into the cart", "days"),
    Feature("days_since_wish", "days since something was last wished for", "days"),
    counting("products_viewed_28d", "different products looked at in the last 28 days", "products"),
    counting("views_7d", "product views in the last 7 days", "events"),
    counting("carts_7d", "carts in the last 7 days", "events"),
    Feature("carts_per_view_84d", "products put into the cart per product view, last 84 days", "ratio"),
    Feature("visits_per_browsing_day_84d", "days with a purchase per day on the site, last 84 days", "ratio"),
    counting("browsing_days_since_purchase", "days on the site since the last purchase", "days"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Days and counts of events of the site, beside the days with a purchase."""
    events = shop.events.filter(shop.events.kind.isin(KINDS))
    visits = shop.visits
    bought = visits.group_by("customer_id").agg(last_bought=visits.age.min(), visits=count(within(visits, 84)))
    seen = events.left_join(bought, "customer_id", rname="{name}_of_visits").drop("customer_id_of_visits")
    view, cart = seen.kind == "view", seen.kind == "cart"
    before = within(seen, 56) & ~within(seen, 28)
    sums = seen.group_by("customer_id").agg(
        browsing_days_28d=distinct(seen.day, within(seen, 28)),
        days_before=distinct(seen.day, before),
        days_84=distinct(seen.day, within(seen, 84)),
        browsing_slope_8w=slope(view.cast("float64"), seen.age, 8),
        days_since_browsing=seen.age.min(),
        days_since_cart=seen.age.min(where=cart),
        days_since_wish=seen.age.min(where=seen.kind == "wishlist"),
        products_viewed_28d=distinct(seen.product_id, view & within(seen, 28)),
        views_7d=count(view & within(seen, 7)),
        carts_7d=count(cart & within(seen, 7)),
        views_84=count(view & within(seen, 84)),
        carts_84=count(cart & within(seen, 84)),
        visits=seen.visits.max(),
        browsing_days_since_purchase=distinct(seen.day, (seen.age < seen.last_bought).fill_null(True)),
    )
    return sums.mutate(
        browsing_days_change_28d=sums.browsing_days_28d - sums.days_before,
        carts_per_view_84d=share(sums.carts_84, sums.views_84),
        visits_per_browsing_day_84d=share(sums.visits, sums.days_84),
    )
