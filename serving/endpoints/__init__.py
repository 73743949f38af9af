"""The endpoints, one module each."""

from __future__ import annotations

from serving.endpoint import Endpoint
from serving.endpoints import (
    audience,
    bundles,
    churn,
    customers,
    demand,
    events,
    feedback,
    jobs,
    models,
    recommendations,
    similar,
)

_SINGLE = (churn, recommendations, similar, bundles, audience, demand, customers, events, feedback, models)
ENDPOINTS: tuple[Endpoint, ...] = (*(module.ENDPOINT for module in _SINGLE), *jobs.ENDPOINTS)
"""In the order of the documentation."""
