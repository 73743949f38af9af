"""The rules of the house: each takes what was measured and says `ok`, `alert` or `unknown`, and what follows.

A rule measures nothing itself, so that each threshold can be read, and tested, in one place.
"""

from monitoring.rules.arriving_data import DATA, INPUTS, data, inputs
from monitoring.rules.being_watched import watched
from monitoring.rules.business_figures import business, level
from monitoring.rules.column_drift import drift
from monitoring.rules.customer_groups import ABOUT_GROUPS, raised_groups, segment_churn, tiers
from monitoring.rules.days_of_data import days_in_a_row
from monitoring.rules.forecast_review import REVIEW, review, surge
from monitoring.rules.group_disparity import FAIRNESS, fairness
from monitoring.rules.leaving_customers import beyond, left_over_expected, said_before, staying_away
from monitoring.rules.list_spread import recommendations, value_tiers
from monitoring.rules.model_quality import quality, worst_slices

__all__ = [
    "ABOUT_GROUPS",
    "DATA",
    "FAIRNESS",
    "INPUTS",
    "REVIEW",
    "beyond",
    "business",
    "data",
    "days_in_a_row",
    "drift",
    "fairness",
    "inputs",
    "left_over_expected",
    "level",
    "quality",
    "raised_groups",
    "recommendations",
    "review",
    "said_before",
    "segment_churn",
    "staying_away",
    "surge",
    "tiers",
    "value_tiers",
    "watched",
    "worst_slices",
]
