"""The features of customers that segments and the health index go by, by what they are to them."""

from __future__ import annotations

from typing import Final

from feature_repo.families import frequency, money, recency, rfm, tenure

RECENT, YEAR = 84, 364
"""Days: what lies in the first is compared with the pace of the second."""
LAST: Final = recency.DAYS_SINCE_LAST_VISIT.name
FIRST: Final = tenure.DAYS_SINCE_FIRST_VISIT.name
GAP: Final = "gap_p90"
VISITS: Final = (frequency.VISIT_DAYS[RECENT].name, frequency.VISIT_DAYS[YEAR].name)
SPEND: Final = (money.REVENUE[RECENT].name, money.REVENUE[YEAR].name)
ORDERS: Final = frequency.BASKETS[YEAR].name
ACTIVE_BLOCKS: Final = "active_blocks_6x28d"
EVENT: Final = "days_since_event"
RATING, WRITTEN = "rating_mean", "reviews_written_364d"
SERVICE_SATISFACTION, COMPLAINTS = "satisfaction_mean_364d", "complaint_rate_364d"
TROUBLES: Final = (
    "payment_failed_rate_364d", "order_cancelled_rate_364d", "late_delivery_share_364d", "delivery_problem_share_364d",
)  # fmt: skip
GROUP, STAGE = rfm.SEGMENT.name, rfm.STAGE.name
RFM: Final = {
    "recency_days": LAST,
    "frequency": ORDERS,
    "monetary": SPEND[1],
    "recency_score": rfm.RECENCY_SCORE.name,
    "frequency_score": rfm.FREQUENCY_SCORE.name,
    "monetary_score": rfm.MONETARY_SCORE.name,
}
"""What is told of a customer as RFM, and the feature it is."""
HEALTH: Final = (
    LAST, FIRST, GAP, *VISITS, *SPEND, ORDERS, ACTIVE_BLOCKS, EVENT, RATING, WRITTEN, SERVICE_SATISFACTION, COMPLAINTS,
    *TROUBLES,
)  # fmt: skip
"""What the health index and the scores of RFM-X are made of."""
