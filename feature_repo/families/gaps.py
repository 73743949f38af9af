"""The time between visits: its usual length, its regularity, and how overdue the next visit is."""

from __future__ import annotations

from typing import Any, Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, from_the_last, share
from feature_repo.feature_definition import Feature, counting
from feature_repo.purchases import Purchase, Row, is_new_day
from feature_repo.shop_tables import KnownTables, Snapshot

CAUSE: Final = "engagement"
LONG = (14, 28)
APPROXIMATE = ("overdue_ratio", "overdue_mean_ratio", "overdue_max_ratio")
"""After a purchase these take the new days since the last visit over the old gaps."""
GAP_MEDIAN = Feature("gap_median", "median time between visits", "days")
FEATURES = (
    Feature("gap_mean", "mean time between visits", "days"),
    GAP_MEDIAN,
    Feature("gap_std", "standard deviation of the time between visits", "days"),
    Feature("gap_max", "longest time between visits", "days"),
    Feature("gap_max_182d", "longest time between visits that ended in the last 182 days", "days"),
    Feature("gap_p75", "time between visits that three in four stay below", "days"),
    Feature("gap_p90", "time between visits that nine in ten stay below", "days"),
    Feature("gap_last", "time between the last two visits", "days", usual="gap_median"),
    Feature("gap_mean_last_3", "mean of the last three times between visits", "days", usual="gap_mean"),
    Feature("gap_mean_last_6", "mean of the last six times between visits", "days", usual="gap_mean"),
    Feature("gap_variation", "irregularity: standard deviation over mean of the time between visits", "ratio"),
    Feature("gap_trend", "mean of the last three times between visits over the mean of all", "ratio"),
    Feature("overdue_ratio", "days since the last visit over the median time between visits", "ratio"),
    Feature("overdue_mean_ratio", "days since the last visit over the mean of the last six gaps", "ratio"),
    Feature("overdue_max_ratio", "days since the last visit over the longest time between visits", "ratio"),
    Feature("overdue_score", "days since the last visit less the mean gap, in standard deviations", "deviations"),
    Feature("gaps_shorter_share", "share of own times between visits shorter than the current one", "share"),
    *(counting(f"gaps_over_{n}d", f"times between visits of more than {n} days", "gaps") for n in LONG),
    *(Feature(f"gaps_over_{n}d_share", f"share of times between visits of more than {n} days", "share") for n in LONG),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Statistics of the gaps of each customer's visits, set against the days since the last."""
    ranked = from_the_last(shop.visits)
    gap = ranked.gap
    stats = ranked.group_by("customer_id").agg(
        recency=ranked.recency.min().cast("float64"),
        gaps=gap.count(),
        gap_mean=gap.mean(),
        gap_std=gap.std(how="sample"),
        gap_max=gap.max(),
        gap_max_182d=gap.max(where=ranked.age <= 182),
        quantiles=gap.quantile([0.5, 0.75, 0.9]),  # the engine sorts once for all of them
        gap_last=gap.max(where=ranked.back == 0),
        gap_mean_last_3=gap.mean(where=ranked.back < 3),
        gap_mean_last_6=gap.mean(where=ranked.back < 6),
        shorter=count(gap < ranked.recency),
        **{f"gaps_over_{n}d": count(gap > n) for n in LONG},
    )
    median, three_quarters, most = (stats.quantiles[i] for i in range(3))
    return stats.mutate(
        gap_median=median,
        gap_p75=three_quarters,
        gap_p90=most,
        gap_variation=share(stats.gap_std, stats.gap_mean),
        gap_trend=share(stats.gap_mean_last_3, stats.gap_mean),
        overdue_ratio=share(stats.recency, median),
        overdue_mean_ratio=share(stats.recency, stats.gap_mean_last_6),
        overdue_max_ratio=share(stats.recency, stats.gap_max),
        overdue_score=share(stats.recency - stats.gap_mean, stats.gap_std),
        gaps_shorter_share=share(stats.shorter, stats.gaps),
        **{f"gaps_over_{n}d_share": share(stats[f"gaps_over_{n}d"], stats.gaps) for n in LONG},
    )


def after_purchase(row: Row, purchase: Purchase) -> dict[str, Any]:
    """The gap that has just ended, and how overdue the next visit is: not at all."""
    last = row.get("days_since_last_visit")
    if last is None or not is_new_day(row, purchase):
        return {}
    gap = float(last - purchase.age)
    longest = max(row.get("gap_max") or 0.0, gap)
    recent = max(row.get("gap_max_182d") or 0.0, gap)
    changes: dict[str, Any] = {"gap_last": gap, "gap_max": longest}
    if purchase.age <= 182:
        changes["gap_max_182d"] = recent
    changes |= {f"gaps_over_{n}d": (row.get(f"gaps_over_{n}d") or 0.0) + (gap > n) for n in LONG}
    usual = {"overdue_ratio": "gap_median", "overdue_mean_ratio": "gap_mean_last_6", "overdue_max_ratio": "gap_max"}
    return changes | {name: purchase.age / row[base] for name, base in usual.items() if row.get(base)}
