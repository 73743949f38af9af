"""How the customer rates what was bought."""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir

from feature_repo.families.windows import count, latest, within
from feature_repo.feature_definition import Feature, counting
from feature_repo.shop_tables import KnownTables, Snapshot

VIEW = "customer_features"
CAUSE: Final = "product"
NEEDS = ("reviews",)
LOW = 2
FEATURES = (
    counting("reviews_written_84d", "reviews written in the last 84 days", "reviews"),
    counting("reviews_written_364d", "reviews written in the last 364 days", "reviews"),
    Feature("days_since_review", "days since the last review", "days"),
    Feature("rating_mean", "mean rating of all own reviews, 1 to 5", "score"),
    Feature("rating_mean_84d", "mean rating of the reviews of the last 84 days, 1 to 5", "score", usual="rating_mean"),
    Feature("rating_last", "rating of the last review, 1 to 5", "score", usual="rating_mean"),
    Feature("rating_change", "rating of the last review less the mean of those before", "score"),
    counting("low_ratings_84d", f"reviews with a rating of {LOW} or less in the last 84 days", "reviews"),
    counting("low_ratings_364d", f"reviews with a rating of {LOW} or less in the last 364 days", "reviews"),
    Feature("days_since_low_rating", f"days since a rating of {LOW} or less", "days"),
)


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """Counts, means, and the latest beside those before it."""
    reviews = shop.reviews.filter(shop.reviews.customer_id.notnull())
    reviews = reviews.mutate(last=latest(reviews.age), low=(reviews.rating <= LOW).fill_null(False))
    sums = reviews.group_by("customer_id").agg(
        reviews_written_84d=count(within(reviews, 84)),
        reviews_written_364d=count(within(reviews, 364)),
        days_since_review=reviews.age.min(),
        rating_mean=reviews.rating.mean(),
        rating_mean_84d=reviews.rating.mean(where=within(reviews, 84)),
        rating_last=reviews.rating.mean(where=reviews["last"]),
        earlier=reviews.rating.mean(where=~reviews["last"]),
        low_ratings_84d=count(reviews.low & within(reviews, 84)),
        low_ratings_364d=count(reviews.low & within(reviews, 364)),
        days_since_low_rating=reviews.age.min(where=reviews.low),
    )
    return sums.mutate(rating_change=sums.rating_last - sums.earlier)
