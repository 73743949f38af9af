"""Whether the customer still reads what the shop sends."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, share, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

VIEW = "customer_features"
CAUSE: Final = "engagement"
NEEDS = ("events",)
FEATURES = (
    counting("emails_opened_28d", "e-mails opened in the last 28 days", "events"),
    counting("emails_opened_364d", "e-mails opened in the last 364 days", "events"),
    counting("emails_opened_change_28d", "e-mails opened: last 28 days less the 28 before", "events"),
    Feature(
        "email_click_share_84d",
        "e-mails clicked per e-mail opened, last 84 days",
        "ratio",
        usual="email_click_share_364d",
    ),
    Feature("email_click_share_364d", "e-mails clicked per e-mail opened, last 364 days", "ratio"),
    Feature(
        "days_since_email_opened",
        "days since an e-mail was last opened",
        "days",
        phrase="last opened an e-mail {value} ago",
    ),
    Feature("days_since_email_clicked", "days since an e-mail was last clicked", "days"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Openings and clicks in windows before the snapshot."""
    events = shop.events.filter(shop.events.kind.isin(("email_open", "email_click")))
    opened, clicked = events.kind == "email_open", events.kind == "email_click"
    sums = events.group_by("customer_id").agg(
        **{f"emails_opened_{n}d": count(opened & within(events, n)) for n in (28, 56, 84, 364)},
        **{f"clicked_{n}": count(clicked & within(events, n)) for n in (84, 364)},
        days_since_email_opened=events.age.min(where=opened),
        days_since_email_clicked=events.age.min(where=clicked),
    )
    return sums.mutate(
        emails_opened_change_28d=2 * sums.emails_opened_28d - sums.emails_opened_56d,
        **{f"email_click_share_{n}d": share(sums[f"clicked_{n}"], sums[f"emails_opened_{n}d"]) for n in (84, 364)},
    )
