"""Whether those who buy what the customer buys are leaving or coming back: two steps away, through what they share.

All of it is known before the snapshot. Who bought in the `churn.active_days` before the last `churn.horizon_days` could
be lost; who has not come since has left. The exit ratio of a product is the share of those of its buyers who left, over
the same share of all customers: 1 is as everywhere. The customer is not counted among the others, and what has few
buyers is drawn to 1, as if STRENGTH more of them had left as often as everybody.
"""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from core.settings import Churn
from feature_repo.families.windows import share, within
from feature_repo.feature_definition import Feature
from feature_repo.shop_tables import KnownTables, Snapshot

VIEW = "customer_features"
CAUSE: Final = "product"
STRENGTH = 20.0
RECENT, MONTH = 84, 28
_LEFT = "left in the last horizon, over how often all customers did"
_BOUGHT = "of the products of the last 84 days"
FEATURES = (
    Feature("product_exit_ratio_84d", f"how often the other buyers {_BOUGHT} {_LEFT}", "ratio"),
    Feature("product_exit_ratio_last", f"how often other buyers of the products of the last purchase {_LEFT}", "ratio"),
    Feature("fellow_exit_ratio_84d", f"the same of all that the other buyers {_BOUGHT} buy", "ratio"),
    Feature("category_exit_ratio_84d", f"how often others in the categories of the last 84 days {_LEFT}", "ratio"),
    Feature(
        "store_exit_ratio_84d",
        f"how often others in the stores of the last 84 days {_LEFT}",
        "ratio",
        cause="logistics",
    ),
    Feature("product_return_share_84d", f"share of the other buyers {_BOUGHT} who bought them again", "share"),
    Feature("product_buyers_change_28d", f"other buyers {_BOUGHT}: last 28 days less 28 before, over both", "ratio"),
    Feature("unsold_share_84d", f"share {_BOUGHT} that nobody bought in the last 28, by purchases", "share"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Pairs of a customer and what is shared, what the others of each did, and the customer's mean of it."""
    churn = shop.settings.churn
    leavers = _leavers(shop.visits, churn)
    products = _pairs(shop.purchases, "product_id", leavers, churn)
    of_products = _of_products(_others(products, "product_id"))
    joined = shop.visits.select("customer_id").distinct()
    for part in (
        of_products,
        _of_fellows(products, of_products),
        _exit_ratio(_others(_pairs(shop.category_days, "category", leavers, churn), "category"), "category"),
        _exit_ratio(_others(_pairs(shop.baskets, "store_id", leavers, churn), "store_id"), "store"),
    ):
        joined = joined.left_join(part, "customer_id", rname="{name}_of_part").drop("customer_id_of_part")
    return joined


def _leavers(visits: ir.Table, churn: Churn) -> ir.Table:
    """One row per customer who could be lost; `left` is 0, or 1 over the share that left: its mean is 1."""
    horizon, since = churn.horizon_days, churn.horizon_days + churn.active_days
    seen = visits.filter(visits.age <= since)
    there = seen.group_by("customer_id").agg(newest=seen.age.min(), oldest=seen.age.max())
    there = there.filter(there.oldest > horizon)
    left = (there.newest > horizon).cast("float64")
    return there.select("customer_id", left=(left / left.mean().over(ibis.window()).nullif(0)).fill_null(1.0))


def _pairs(days: ir.Table, shared: str, leavers: ir.Table, churn: Churn) -> ir.Table:
    """One row per customer and what is shared: how often and when it was bought, and whether its buyer left.

    `could` is 1 where the customer bought it when there to be lost, else 0; `left` and `again` count where it is 1.
    """
    horizon, since = churn.horizon_days, churn.horizon_days + churn.active_days
    known = days.filter(days.age <= max(since, RECENT), days[shared].notnull())
    age = known.age
    pairs = known.group_by("customer_id", shared).agg(
        bought=within(known, RECENT).cast("int64").sum(),
        newest=age.min(),
        oldest=ibis.ifelse(age <= since, age, 0).max(),
        oldest_of_two=ibis.ifelse(age <= 2 * MONTH, age, 0).max(),
    )
    joined = pairs.left_join(leavers, "customer_id", rname="{name}_of_leaver").drop("customer_id_of_leaver")
    could = _one(joined.oldest > horizon)
    return joined.select(
        "customer_id", shared, "bought", "newest",
        could=could, again=could * _one(joined.newest <= horizon), left=could * joined.left.fill_null(0.0),
        now=_one(joined.newest <= MONTH), before=_one(joined.oldest_of_two > MONTH),
    )  # fmt: skip


def _one(condition: ir.BooleanValue) -> ir.FloatingValue:
    return condition.fill_null(False).cast("float64")


def _others(pairs: ir.Table, shared: str) -> ir.Table:
    """The pairs with what the others of each did: the sums over what is shared, less the customer's own part."""
    names = ("could", "left", "again", "now", "before")
    sums = {f"all_{name}": pairs[name].sum() for name in names}
    totals = pairs.group_by(shared).agg(**sums, sold=pairs.newest.min())
    joined = pairs.join(totals, shared)
    others = joined.mutate(**{f"others_{name}": joined[f"all_{name}"] - joined[name] for name in names})
    return others.mutate(exits=(others.others_left + STRENGTH) / (others.others_could + STRENGTH))


def _of_products(pairs: ir.Table) -> ir.Table:
    """Exits, returns and the trend of the products of each customer."""
    latest = pairs.group_by("customer_id").agg(latest=pairs.newest.min())
    pairs = pairs.join(latest, "customer_id")
    weight, now, before = pairs.bought, pairs.others_now, pairs.others_before
    return pairs.group_by("customer_id").agg(
        product_exit_ratio_84d=_mean(pairs.exits, weight),
        product_exit_ratio_last=pairs.exits.mean(where=pairs.newest == pairs.latest),
        product_return_share_84d=share((pairs.others_again * weight).sum(), (pairs.others_could * weight).sum()),
        unsold_share_84d=_mean(_one(pairs.sold > MONTH), weight),
        product_buyers_change_28d=share(((now - before) * weight).sum(), ((now + before) * weight).sum()),
    )


def _of_fellows(pairs: ir.Table, customers: ir.Table) -> ir.Table:
    """One step further: the mean exits of what the other buyers of the customer's products buy."""
    known = pairs.join(customers.select("customer_id", own="product_exit_ratio_84d"), "customer_id")
    totals = known.group_by("product_id").agg(all_own=known.own.sum(), buyers=known.own.count())
    joined = known.join(totals, "product_id")
    fellows = (joined.all_own - joined.own + STRENGTH) / (joined.buyers - 1 + STRENGTH)
    return joined.group_by("customer_id").agg(fellow_exit_ratio_84d=_mean(fellows, joined.bought))


def _exit_ratio(pairs: ir.Table, name: str) -> ir.Table:
    """The mean exits of the customer's pairs, by how often they were bought."""
    return pairs.group_by("customer_id").agg(**{f"{name}_exit_ratio_84d": _mean(pairs.exits, pairs.bought)})


def _mean(value: ir.NumericValue, weight: ir.NumericValue) -> ir.NumericValue:
    return share((value * weight).sum(), weight.sum())
