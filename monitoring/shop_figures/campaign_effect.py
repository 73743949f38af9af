"""What campaigns did: the contacted beside those held out of the same campaign."""

from __future__ import annotations

from datetime import date

import duckdb
from scipy import stats

from core.reads import Read
from core.workspace import Workspace
from monitoring.shop_figures.shop_results import CampaignEffect

READS = (Read("contacts", ("campaign_id", "treated", "customer_id"), "the effect of campaigns on the desk"),)
LATEST = 12
FEWEST = 10
"""Customers on each side, below which nothing is told."""


def latest(connection: duckdb.DuckDBPyConnection, workspace: Workspace, as_of: date) -> list[CampaignEffect]:
    """The campaigns whose days are over and that held customers out, the latest first.

    A customer counts by the first contact of the campaign; bought means any order from that day on, within
    `churn.horizon_days`.
    """
    if not workspace.tables.has("contacts"):
        return []
    days = workspace.settings.churn.horizon_days
    rows = connection.execute(
        "WITH first AS (SELECT campaign_id, customer_id, min(day) AS day, arg_min(treated, day) AS treated"
        " FROM contacts WHERE campaign_id IS NOT NULL AND customer_id IS NOT NULL GROUP BY 1, 2),"
        " known AS (SELECT f.*, EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = f.customer_id AND o.day >= f.day"
        f" AND o.day < f.day + {days}) AS bought FROM first f WHERE f.day + {days} <= $as_of)"
        " SELECT campaign_id, max(day), count(*) FILTER (treated), count(*) FILTER (treated AND bought),"
        " count(*) FILTER (NOT treated), count(*) FILTER (NOT treated AND bought) FROM known GROUP BY 1"
        f" HAVING count(*) FILTER (treated) >= {FEWEST} AND count(*) FILTER (NOT treated) >= {FEWEST}"
        f" ORDER BY 2 DESC, 1 LIMIT {LATEST}",
        {"as_of": as_of},
    ).fetchall()
    return [_effect(str(campaign), day, days, (bought, n), (others, m)) for campaign, day, n, bought, m, others in rows]


def _effect(campaign: str, day: date, days: int, treated: tuple[int, int], held: tuple[int, int]) -> CampaignEffect:
    effect, low, high = difference(treated, held)
    return CampaignEffect(campaign, day, days, treated[1], treated[0], held[1], held[0], effect, low, high)


def difference(one: tuple[int, int], two: tuple[int, int]) -> tuple[float, float, float]:
    """The difference of two shares (count, total) with its 95% interval: Newcombe's hybrid score (1998, method 10)."""
    shares, lows, highs = [], [], []
    for count, total in (one, two):
        interval = stats.binomtest(count, total).proportion_ci(method="wilson")
        shares.append(count / total)
        lows.append(float(interval.low))
        highs.append(float(interval.high))
    apart = shares[0] - shares[1]
    below = ((shares[0] - lows[0]) ** 2 + (highs[1] - shares[1]) ** 2) ** 0.5
    above = ((highs[0] - shares[0]) ** 2 + (shares[1] - lows[1]) ** 2) ** 0.5
    return apart, apart - below, apart + above
