"""The score of a product not yet sold, with its parts: heat, competition, margin, and the chance of success.

Each part lies between 0 (speaks against it) and 1, or is missing where nothing tells it; the score is the mean of those
that are known, by the weights of the settings.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import expit

from core.settings import SelectionPart
from models.alike import products_alike
from models.arrays import Float64Array
from models.demand.launches.assortment import INTEREST, Assortment
from models.demand.launches.market import RECENT, Market

PARTS: tuple[SelectionPart, ...] = ("success", "heat", "competition", "margin")
_GROWTH = 2.0
"""A growth to the double of what is usual has a heat of 0.8."""


def parts(candidates: pd.DataFrame, assortment: Assortment, market: Market, known: pd.DataFrame) -> pd.DataFrame:
    """Heat, competition and margin of candidates (with `unit_cost`), and the figures that they are made of.

    interest: the share of the products looked for lately that were looked for less
    growth: how many times as much as usual products alike sold in the last weeks
    close_products: products of the category with a price up to a fifth apart
    cannibalisation: the share of the category's recent sales that these hold
    room: the share of the categories in which a product sells less
    """
    interest, growth = _interest(candidates, assortment, market), _growth(candidates, market)
    cannibalisation, room = known["close_share"].to_numpy(), _room(candidates, market)
    price, cost = (candidates[name].to_numpy(dtype=float) for name in ("price", "unit_cost"))
    margin = np.where(price > 0, (price - cost) / np.where(price > 0, price, 1.0), np.nan)
    return pd.DataFrame(
        {
            "heat": _mean_of_known(interest, expit(_GROWTH * growth)),
            "interest": interest,
            "growth": np.exp(growth),
            "competition": _mean_of_known(1 - cannibalisation, room),
            "close_products": np.expm1(known["close_rivals"].to_numpy()),
            "cannibalisation": cannibalisation,
            "room": room,
            "margin": np.clip(margin, 0.0, 1.0),
            "unit_margin": np.where(price > 0, price - cost, np.nan),
        },
        index=candidates.index,
    )


def score(found: pd.DataFrame, weights: Mapping[SelectionPart, float]) -> Float64Array:
    """The weighted mean of the parts that are known; nan where none is."""
    values = found[list(PARTS)].to_numpy(dtype=float)
    weight = np.array([weights.get(part, 0.0) for part in PARTS]) * ~np.isnan(values)
    total = weight.sum(axis=1)
    summed = (weight * np.nan_to_num(values)).sum(axis=1)
    return np.asarray(np.divide(summed, total, out=np.full(len(values), np.nan), where=total > 0))


def _interest(candidates: pd.DataFrame, assortment: Assortment, market: Market) -> Float64Array:
    """Not known of a product that nobody has looked for: it may not have been shown yet."""
    found = assortment.interest
    found = found[(found["day"] >= market.day - RECENT) & (found["day"] < market.day)]
    counts = found.groupby("product")[list(INTEREST)].sum().sum(axis=1)
    if counts.empty:
        return np.full(len(candidates), np.nan)
    own = counts.reindex(candidates["product"]).to_numpy(dtype=float)
    rank = np.searchsorted(np.sort(counts.to_numpy(dtype=float)), np.nan_to_num(own), side="left") / len(counts)
    return np.where(own > 0, rank, np.nan)


def _growth(candidates: pd.DataFrame, market: Market) -> Float64Array:
    on_sale = market.products.assign(price=np.exp(market.products["price"]))
    alike = products_alike(candidates, on_sale)
    sums = pd.DataFrame(
        {
            name: [float(np.sum(on_sale[name].to_numpy()[each.rows])) if len(each.rows) else np.nan for each in alike]
            for name in ("units", "recent")
        }
    )
    return market.growth(sums)


def _room(candidates: pd.DataFrame, market: Market) -> Float64Array:
    of_category = market.products.groupby("category")["recent"].mean()
    own = of_category.reindex(candidates["category"]).to_numpy()
    rank = np.searchsorted(np.sort(of_category.to_numpy()), np.nan_to_num(own), side="left") / max(len(of_category), 1)
    return np.where(np.isnan(own), np.nan, rank)


def _mean_of_known(*columns: Float64Array) -> Float64Array:
    values = np.column_stack(columns)
    known = (~np.isnan(values)).sum(axis=1)
    return np.asarray(np.divide(np.nansum(values, axis=1), known, out=np.full(len(values), np.nan), where=known > 0))
