"""Recency, frequency and money scores, the segment they make, and the stage of the customer's life.

Scores are fifths of all customers of the snapshot (5 = best): 1 + floor(5 x percent rank), ties alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import ibis
import ibis.expr.types as ir

from core.settings import Churn
from feature_repo.families.windows import count, total, within
from feature_repo.feature_definition import DECIMALS, Feature
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
SEGMENTS: Mapping[int, str] = MappingProxyType(
    {
        1: "champions",
        2: "loyal",
        3: "potential loyalists",
        4: "promising",
        5: "need attention",
        6: "about to sleep",
        7: "at risk",
        8: "can't lose them",
        9: "hibernating",
        10: "lost",
    }
)
STAGES: Mapping[int, str] = MappingProxyType(
    {1: "new", 2: "active", 3: "returning", 4: "slowing", 5: "dormant", 6: "lost"}
)

RECENCY_SCORE = Feature(
    "recency_score", "fifth of customers by days since the last visit, 5 = most recent", "score", "int"
)

FREQUENCY_SCORE = Feature(
    "frequency_score", "fifth of customers by visit days of the last 364 days, 5 = most", "score", "int"
)
MONETARY_SCORE = Feature("monetary_score", "fifth of customers by spend of the last 364 days, 5 = most", "score", "int")
SEGMENT = Feature(
    "rfm_segment", "segment by recency, frequency and money", "code", "int", codes=tuple(SEGMENTS.items())
)
STAGE = Feature(
    "lifecycle_stage", "stage of the customer's life", "code", "int", codes=tuple(STAGES.items()), cause="life_stage"
)
FEATURES = (
    RECENCY_SCORE,
    FREQUENCY_SCORE,
    MONETARY_SCORE,
    SEGMENT,
    STAGE,
    Feature("value_percentile", "percent rank of the customer's spend of the last 364 days", "share"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Scores by percent rank over all customers of the snapshot, and the codes that follow from them."""
    visits = shop.visits
    year = within(visits, 364)
    sums = visits.group_by("customer_id").agg(
        recency=visits.age.min(),
        first=visits.age.max(),
        frequency=count(year),
        money=total(visits.revenue, year).round(DECIMALS),
        usual=visits.gap.median(),
        last_gap=visits.gap.argmin(visits.age),
    )
    scored = sums.mutate(
        recency_score=_fifth(-sums.recency),
        frequency_score=_fifth(sums.frequency),
        monetary_score=_fifth(sums.money),
        value_percentile=ibis.percent_rank().over(order_by=sums.money),
    )
    return scored.mutate(rfm_segment=_segment(scored), lifecycle_stage=_stage(scored, shop.settings.churn))


def _fifth(value: ir.NumericValue) -> ir.IntegerValue:
    rank = ibis.percent_rank().over(order_by=value)
    score = (rank * 5).floor().cast("int64") + 1
    return ibis.least(score, 5)


def _segment(scored: ir.Table) -> ir.IntegerValue:
    """The usual grid of recency against the mean of frequency and money."""
    r, fm = scored.recency_score, (scored.frequency_score + scored.monetary_score) / 2
    return ibis.cases(
        ((r >= 4) & (fm >= 4), 1),
        ((r == 3) & (fm >= 4), 2),
        ((r >= 4) & (fm >= 2), 3),
        (r >= 4, 4),
        ((r == 3) & (fm >= 2), 5),
        (r == 3, 6),
        ((r == 1) & (fm >= 4.5), 8),
        (fm >= 4, 7),
        (fm >= 2, 9),
        else_=10,
    )


def _stage(scored: ir.Table, churn: Churn) -> ir.IntegerValue:
    """New: known for one horizon; dormant: beyond `churn.active_days`; slowing: twice the usual gap overdue."""
    recency, active, horizon = scored.recency, churn.active_days, churn.horizon_days
    overdue = (recency > 2 * scored.usual.fill_null(horizon)) & (recency > 7)
    return ibis.cases(
        (recency > 3 * active, 6),
        (recency > active, 5),
        (scored["first"] <= horizon, 1),
        ((recency > horizon) | overdue, 4),
        (scored.last_gap > active, 3),
        else_=2,
    )
