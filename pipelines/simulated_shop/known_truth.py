"""The truth about a simulated shop's products, promotions, days and tastes, as tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.arrays import Float64Array
from pipelines.simulated_shop.attribute_tables import day_column
from pipelines.simulated_shop.product_range import ProductRange
from pipelines.simulated_shop.promotion_weeks import WEEK, PromotionWeeks
from pipelines.simulated_shop.timeline import Timeline


def products(of: ProductRange, ids: pa.Array) -> pa.Table:
    """Popularity (of all products 1 in sum), elasticity of price, and relative chance to be given back."""
    return pa.table(
        {
            "product_id": ids,
            "popularity": of.popularity,
            "elasticity": of.elasticity,
            "mean_quantity": 1.0 + of.pieces,
            "given_back": of.given_back,
        }
    )


def promotions(of: PromotionWeeks, days: Timeline, ids: pa.Array) -> pa.Table:
    """What each price cut multiplied sales by, of customers who did not buy by habit."""
    return pa.table(
        {
            "product_id": ids.take(pa.array(of.product)),
            "starts_on": day_column(days, of.week * WEEK),
            "depth": of.depth(),
            "shown": pa.array(of.shown),
            "lift": of.lift,
        }
    )


def days(of: Timeline) -> pa.Table:
    """How much is bought on each day, 1 on average."""
    return pa.table({"date": day_column(of, np.arange(of.days)), "weight": of.weight})


def tastes(of: Float64Array, names: list[str]) -> pa.Table:
    """How much customers of each taste like each category, 1 in sum for each taste."""
    count, categories = of.shape
    return pa.table(
        {
            "taste": pa.array(np.repeat(np.arange(count, dtype=np.int16), categories)),
            "category": pa.array(names * count),
            "share": (of / of.sum(axis=1, keepdims=True)).ravel(),
        }
    )
