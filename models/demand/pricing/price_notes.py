"""What a model card says of prices."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from feature_repo.families.series_promotions import CHANNELS
from models.demand.pricing.responses import PriceResponses


def prices_told(responses: PriceResponses) -> str:
    """A sentence of how many series a price can be asked of."""
    if not responses.answered:
        return "What another price would sell is not told of any series: prices did not move, or too little is known."
    elasticities = np.sort(_elasticities(responses))
    low, middle, high = np.quantile(elasticities, [0.1, 0.5, 0.9])
    return (
        f"What another price would sell is told of {responses.answered} of {len(responses.ids)} series; "
        f"their elasticity is {middle:.1f} in the middle, of eight in ten from {low:.1f} to {high:.1f}."
    )


def prices_summary(responses: PriceResponses) -> dict[str, Any]:
    """The same as figures: of how many series, why not of others, and the middle of the effects."""
    told = _elasticities(responses)
    promotions = {
        channel: float(np.median(responses.mean[responses.varied[:, place], 1 + place]))
        for place, channel in enumerate(CHANNELS)
        if responses.varied[:, place].any()
    }
    return {
        "series": len(responses.ids),
        "answered": responses.answered,
        "refused": dict(Counter(refused for refused in responses.refused if refused)),
        "elasticity": float(np.median(told)) if len(told) else None,
        "promotions": promotions,
    }


def _elasticities(responses: PriceResponses) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([float(responses.draws(row)[:, 0].mean()) for row, refused in enumerate(responses.refused)
                     if not refused])  # fmt: skip
