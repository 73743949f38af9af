"""What the customer does besides buying: browsing, carts, e-mails, complaints, failed payments."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from core.settings import Cause
from feature_repo.families.windows import count, decayed, distinct, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
NEEDS = ("events",)
COUNTS: tuple[tuple[str, tuple[str, ...], int, Cause | None], ...] = (
    ("product_views", ("view",), 28, None),
    ("carts", ("cart",), 28, None),
    ("searches", ("search",), 28, None),
    ("wishes", ("wishlist",), 84, None),
    ("logins", ("login",), 28, None),
    ("emails_opened", ("email_open",), 84, None),
    ("emails_clicked", ("email_click",), 84, None),
    ("complaints", ("complaint", "ticket"), 84, "service"),
    ("reviews", ("review",), 364, "product"),
    ("failed_payments", ("payment_failed",), 84, "service"),
    ("cancelled_orders", ("order_cancelled",), 84, "service"),
)
FEATURES = (
    *(
        Feature(
            f"{name}_{days}d", f"{name.replace('_', ' ')} in the last {days} days", "events", default=0.0, cause=cause
        )
        for name, _, days, cause in COUNTS
    ),
    counting("event_days_28d", "days with any interaction in the last 28 days", "days"),
    Feature("days_since_event", "days since the last interaction", "days"),
    Feature("days_since_complaint", "days since the last complaint or ticket", "days", cause="service"),
    Feature("events_decayed_14d", "interactions, weighted by half for every 14 days back", "events"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Counts of interactions by kind in windows before the snapshot."""
    events = shop.events
    one = events.age * 0 + 1
    return events.group_by("customer_id").agg(
        **{f"{name}_{days}d": count(events.kind.isin(kinds) & within(events, days)) for name, kinds, days, _ in COUNTS},
        event_days_28d=distinct(events.day, within(events, 28)),
        days_since_event=events.age.min(),
        days_since_complaint=events.age.min(where=events.kind.isin(("complaint", "ticket"))),
        events_decayed_14d=decayed(one, events.age, 14),
    )
