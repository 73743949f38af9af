"""Recency, frequency and money scores, the group they make, and the stage of the customer's life.

A score is the fifth (5 = best) that holds the middle of the customer's place among all customers of the snapshot: who
are alike share the middle of their places, so that where all are alike, or there is but one, the score is 3.
`feature_repo.segment_rules` says which group and stage follow.
"""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from core.settings import Segments
from feature_repo.families.windows import count, total, within
from feature_repo.feature_definition import DECIMALS, Feature
from feature_repo.segment_rules import GRID, GROUPS, LEVELS, STAGE_ORDER, STAGES, code
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
RECENCY_SCORE = Feature(
    "recency_score", "fifth of customers by days since the last visit, 5 = most recent", "score", "int"
)

FREQUENCY_SCORE = Feature(
    "frequency_score", "fifth of customers by visit days of the last 364 days, 5 = most", "score", "int"
)
MONETARY_SCORE = Feature("monetary_score", "fifth of customers by spend of the last 364 days, 5 = most", "score", "int")
SEGMENT = Feature("rfm_segment", "group by recency, frequency and money", "code", "int", codes=tuple(GROUPS.items()))
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
    """Scores by the places among all customers of the snapshot, and the codes that follow from them."""
    visits = shop.visits
    year = within(visits, 364)
    sums = visits.group_by("customer_id").agg(
        recency=visits.age.min(),
        first=visits.age.max(),
        frequency=count(year),
        money=total(visits.revenue, year).round(DECIMALS),
    )
    placed = sums.mutate(
        recency_place=_place(-sums.recency), frequency_place=_place(sums.frequency), money_place=_place(sums.money),
        places=2 * sums.count().over(), value_percentile=ibis.percent_rank().over(order_by=sums.money),
    )  # fmt: skip
    scored = placed.mutate(
        recency_score=_fifth(placed.recency_place, placed.places),
        frequency_score=_fifth(placed.frequency_place, placed.places),
        monetary_score=_fifth(placed.money_place, placed.places),
    )
    return scored.mutate(rfm_segment=_group(scored), lifecycle_stage=_stage(scored, shop.settings.segments))


def _place(value: ir.NumericValue) -> ir.IntegerValue:
    """The middle of the places of all who are alike, in half places from below: whole, so that no rounding shows."""
    below = ibis.rank().over(order_by=value)
    return 2 * below + value.count().over(group_by=value)


def _fifth(place: ir.IntegerValue, places: ir.IntegerValue) -> ir.IntegerValue:
    return (5 * place // places + 1).cast("int64")


def _group(scored: ir.Table) -> ir.IntegerValue:
    """The cell of the grid."""
    often = scored.frequency_score + scored.monetary_score
    column = sum((often >= level).cast("int64") for level in LEVELS)
    cells = [
        ((scored.recency_score == score) & (column == place), code(GROUPS, name))
        for score, names in GRID.items()
        for place, name in enumerate(names)
    ]
    return ibis.cases(*cells)


def _stage(scored: ir.Table, segments: Segments) -> ir.IntegerValue:
    """The first stage in the order of the rules that applies."""
    first, share = scored["first"], segments.high_value_share
    applies = {
        "lost": scored.recency > segments.lost_days,
        "at risk": scored.recency > segments.at_risk_days,
        "high value": (scored.money_place >= scored.places * (1 - share)) & (scored.money > 0),
        "new": first <= segments.new_days,
        "growing": first <= segments.growing_days,
        "mature": first <= segments.mature_days,
    }
    *asked, last = STAGE_ORDER
    return ibis.cases(*((applies[name], code(STAGES, name)) for name in asked), else_=code(STAGES, last))
