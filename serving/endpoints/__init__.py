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
    models,
    recommendations,
    similar,
)

ENDPOINTS: tuple[Endpoint, ...] = tuple(
    module.ENDPOINT
    for module in (churn, recommendations, similar, bundles, audience, demand, customers, events, feedback, models)
)
"""In the order of the documentation."""
