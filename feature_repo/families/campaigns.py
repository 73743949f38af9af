"""Campaigns that reached, reach or are about to reach the customer, as far as they are known."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import count
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
NEEDS = ("campaigns",)
FEATURES = (
    counting("campaigns_84d", "campaigns that began in the last 84 days", "campaigns"),
    counting("campaigns_364d", "campaigns that began in the last 364 days", "campaigns"),
    counting("campaigns_running", "campaigns running at the snapshot", "campaigns"),
    counting("campaigns_ahead", "announced campaigns that begin at the snapshot or later", "campaigns"),
    counting("campaign_days_364d", "days of campaigns that began in the last 364 days, each counted", "days"),
    Feature("campaign_days_left", "days until the last running campaign ends", "days"),
    Feature("days_since_campaign_start", "days since a campaign last began", "days"),
    Feature("days_since_campaign_end", "days since a campaign last ended", "days"),
    Feature("days_to_next_campaign", "days until the next announced campaign begins", "days"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Counts of past, running and announced campaigns and the days to and from them."""
    day = at.plus()
    reached = shop.campaigns.mutate(
        began=day.delta(shop.campaigns.starts_on, unit="day"), ended=day.delta(shop.campaigns.ends_on, unit="day")
    )
    past, over = reached.began > 0, reached.ended > 0
    running = past & (reached.ended <= 0)
    days = (reached.began - reached.ended + 1).cast("float64")
    return reached.group_by("customer_id").agg(
        campaigns_84d=count(past & (reached.began <= 84)),
        campaigns_364d=count(past & (reached.began <= 364)),
        campaigns_running=count(running),
        campaigns_ahead=count(reached.began <= 0),
        campaign_days_364d=ibis.ifelse(past & (reached.began <= 364), days, 0.0).sum(),
        campaign_days_left=(-reached.ended).max(where=running),
        days_since_campaign_start=reached.began.min(where=past),
        days_since_campaign_end=reached.ended.min(where=over),
        days_to_next_campaign=(-reached.began).min(where=reached.began <= 0),
    )
