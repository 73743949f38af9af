"""The features by which customers are told apart where a model can afford few: effects of contacts are such a place."""

from __future__ import annotations

from collections.abc import Mapping

NUMBERS = (
    "days_since_last_visit", "days_since_first_visit", "days_since_sign_up", "visit_days_28d", "visit_days_84d",
    "visit_days_364d", "revenue_28d", "revenue_84d", "revenue_364d", "lifetime_revenue", "revenue_per_visit_day",
    "gap_median", "overdue_ratio", "visit_days_change_28d", "discount_share_84d", "redemptions_364d",
    "categories_84d", "products_84d", "private_brand_share_84d", "channels_364d", "emails_opened_84d",
    "emails_clicked_84d", "event_days_28d", "complaints_84d",
)  # fmt: skip
"""Few on purpose: an effect is a small difference of two noisy means, and each column is one more way to be misled."""
NAMES: Mapping[str, tuple[str, ...]] = {
    "category": ("favourite_category", "second_category"),
    "department": ("favourite_department",),
    "channel": ("main_channel", "second_channel"),
    "region": ("home_region",),
}
"""What has a name: a customer has it where one of the features says so."""
