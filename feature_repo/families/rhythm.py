"""The rhythm of visits: how steady the months are, how often the customer stayed away before, how it sounds lately."""

from __future__ import annotations

import math
from typing import Final

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import count, decayed, from_the_last, share
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
BLOCK = 28
AWAY = (14, 28)
HALF_LIVES = (28, 112)
LAGS = (2, 3, 4)
_FADING = 0.8  # weight of a gap against that of the one after it
FEATURES = (
    counting(
        "visit_days_least_3x28d", "days with a purchase in the emptiest of the last three blocks of 28 days", "days"
    ),
    Feature("visit_days_std_6x28d", "standard deviation of the visits of the last six blocks of 28 days", "days"),
    *(
        Feature(f"away_{n}d_share", f"share of all spans of {n} days since the first visit without any visit", "share")
        for n in AWAY
    ),
    *(
        Feature(
            f"visit_share_decayed_{h}d", f"share of days with a purchase, half the weight per {h} days back", "share"
        )
        for h in HALF_LIVES
    ),
    *(Feature(f"gap_{n}_back", f"time between visits, number {n} from the last", "days") for n in LAGS),
    Feature("gap_mean_fading", f"mean time between visits, each weighted {_FADING} of the one after it", "days"),
    Feature("overdue_fading_ratio", "days since the last visit over the fading mean of times between visits", "ratio"),
    Feature("weekday_entropy", "evenness of visits over the weekdays: 0 always the same, 1.95 all alike", "nats"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Blocks of four weeks, spells of absence, and gaps with the latest counting most."""
    ranked = from_the_last(shop.visits)
    weight = (ranked.back.cast("float64") * math.log(_FADING)).exp()
    weighed = ranked.mutate(
        weight=ibis.ifelse(ranked.gap.isnull(), 0.0, weight), weighted=ranked.gap.fill_null(0.0) * weight
    )
    age, one, weekday = weighed.age, weighed.age * 0 + 1.0, weighed.day.day_of_week.index()
    sums = weighed.group_by("customer_id").agg(
        recency=weighed.recency.min().cast("float64"),
        first=age.max().cast("float64"),
        **{f"block_{i}": count((age > BLOCK * i) & (age <= BLOCK * (i + 1))) for i in range(6)},
        **{f"away_{n}": ibis.greatest(weighed.gap.fill_null(0.0) - n, 0.0).sum() for n in AWAY},
        **{f"decayed_{h}": decayed(one, age, h) for h in HALF_LIVES},
        **{f"gap_{n}_back": weighed.gap.max(where=weighed.back == n - 1) for n in LAGS},
        weighted=weighed.weighted.sum(),
        weights=weighed.weight.sum(),
        **{f"weekday_{i}": count(weekday == i) for i in range(7)},
    )
    fading = share(sums.weighted, sums.weights)
    return sums.mutate(
        visit_days_least_3x28d=ibis.least(sums.block_0, sums.block_1, sums.block_2),
        visit_days_std_6x28d=_deviation([sums[f"block_{i}"] for i in range(6)]),
        **{f"away_{n}d_share": _away(sums, n) for n in AWAY},
        **{
            f"visit_share_decayed_{h}d": share(sums[f"decayed_{h}"], _decayed_days(sums["first"], h))
            for h in HALF_LIVES
        },
        gap_mean_fading=fading,
        overdue_fading_ratio=share(sums.recency, fading),
        weekday_entropy=_entropy([sums[f"weekday_{i}"] for i in range(7)]),
    )


def _deviation(values: list[ir.NumericColumn]) -> ir.NumericValue:
    """The population standard deviation across columns."""
    mean = sum(values[1:], values[0]) / len(values)
    squares = [(value - mean) * (value - mean) for value in values]
    return (sum(squares[1:], squares[0]) / len(values)).sqrt()


def _away(sums: ir.Table, days: int) -> ir.NumericValue:
    """Spans [s, s + days) from the first visit to the snapshot that hold no visit, over all such spans.

    A gap of g days holds g - days of them, and so do the days since the last visit.
    """
    empty = sums[f"away_{days}"] + ibis.greatest(sums.recency - days, 0.0)
    return empty / ibis.greatest(sums["first"] - days + 1, 1.0)


def _decayed_days(known: ir.NumericColumn, half_life: float) -> ir.NumericValue:
    """The decayed sum over every day known: 0.5^(1/h) + ... + 0.5^(known/h), a geometric series."""
    rate = math.log(2) / half_life
    step = math.exp(-rate)
    return (1 - (known * -rate).exp()) * (step / (1 - step))


def _entropy(counts: list[ir.NumericColumn]) -> ir.NumericValue:
    """Of the shares of counts, of which one at least is not 0."""
    whole = sum(counts[1:], counts[0])
    terms = [ibis.ifelse(n > 0, -(n / whole) * (ibis.greatest(n, 1.0) / whole).log(), 0.0) for n in counts]
    return sum(terms[1:], terms[0])
