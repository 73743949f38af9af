"""How sales go with prices, series by series: no input of the boosters, but what a scenario is answered by."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.demand.pricing.responses import PriceResponses

PICTURE, TABLE = "price_effects.png", "price_effects.csv"
SHOWN = 40
_WIDTH = 1.96


def table(prices: PriceResponses) -> pd.DataFrame:
    """A row per series: its price and between which it lay, the elasticity with its error, and why none is told."""
    return pd.DataFrame(
        {
            "series_id": list(prices.ids),
            "price": prices.price,
            "lowest": prices.lowest,
            "highest": prices.highest,
            "elasticity": prices.mean[:, 0],
            "error": np.sqrt(prices.covariance[:, 0, 0]),
            "of_its_own_weeks": prices.own,
            "refused": list(prices.refused),
        }
    )


def draw(prices: PriceResponses) -> Figure:
    """The elasticities that are answered by with their 95% intervals, evenly drawn from the least to the greatest."""
    told = table(prices)
    told = told[told["refused"] == ""].sort_values("elasticity", kind="stable")
    if len(told) > SHOWN:
        told = told.iloc[np.linspace(0, len(told) - 1, SHOWN).round().astype(int)]
    figure = Figure(figsize=(8, 0.2 * len(told) + 1.5), layout="constrained")
    axes: Axes = figure.subplots()
    places = np.arange(len(told))
    axes.errorbar(told["elasticity"], places, xerr=_WIDTH * told["error"], fmt="o", markersize=3, linewidth=1)
    axes.axvline(0, color="grey", linewidth=1)
    axes.set_yticks(places, told["series_id"].tolist(), fontsize=6)
    axes.set(xlabel="change of sales in % where the price rises by 1%", title=_title(prices))
    return figure


def _title(prices: PriceResponses) -> str:
    return f"How sales go with the price ({prices.answered:,} of {len(prices.ids):,} series tell)"
