"""What the customer does besides buying: browsing, carts, e-mails, complaints, failed payments."""

from __future__ import annotations

import ibis.expr.types as ir

from feature_repo.families.windows import count, decayed, distinct, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

NEEDS = ("events",)
COUNTS = (
    ("product_views", ("view",), 28),
    ("carts", ("cart",), 28),
    ("searches", ("search",), 28),
    ("wishes", ("wishlist",), 84),
    ("logins", ("login",), 28),
    ("emails_opened", ("email_open",), 84),
    ("emails_clicked", ("email_click",), 84),
    ("complaints", ("complaint", "ticket"), 84),
    ("reviews", ("review",), 364),
    ("failed_payments", ("payment_failed",), 84),
    ("cancelled_orders", ("order_cancelled",), 84),
)
FEATURES = (
    *(
        counting(f"{name}_{days}d", f"{name.replace('_', ' ')} in the last {days} days", "events")
        for name, _, days in COUNTS
    ),
    counting("event_days_28d", "days with any interaction in the last 28 days", "days"),
    Feature("days_since_event", "days since the last interaction", "days"),
    Feature("days_since_complaint", "days since the last complaint or ticket", "days"),
    Feature("events_decayed_14d", "interactions, weighted by half for every 14 days back", "events"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Counts of interactions by kind in windows before the snapshot."""
    events = shop.events
    one = events.age * 0 + 1
    return events.group_by("customer_id").agg(
        **{f"{name}_{days}d": count(events.kind.isin(kinds) & within(events, days)) for name, kinds, days in COUNTS},
        event_days_28d=distinct(events.day, within(events, 28)),
        days_since_event=events.age.min(),
        days_since_complaint=events.age.min(where=events.kind.isin(("complaint", "ticket"))),
        events_decayed_14d=decayed(one, events.age, 14),
    )
