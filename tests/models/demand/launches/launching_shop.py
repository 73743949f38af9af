"""An invented shop that launches products all year: those of one brand sell three times as much as the others."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.demand.launches.assortment import INTEREST, Assortment

DAYS = 330
FIRST_DAY = date(2023, 1, 1)


def launching_shop(products: int = 360, seed: int = 5, launches: bool = True) -> Assortment:
    """`products` in 6 categories, two days of sales a week each; four fifths of them launched after day 60."""
    rng = np.random.default_rng(seed)
    ids = [f"p{number:03d}" for number in range(products)]
    day = np.where(np.arange(products) < products // 5, 0, rng.integers(61, DAYS, products)) if launches else None
    day = np.zeros(products, dtype=int) if day is None else day
    brand = rng.choice(["loved", "plain", "grey"], products)
    rate = rng.gamma(4, 0.25, products) * np.where(brand == "loved", 3.0, 1.0)
    table = pd.DataFrame(
        {
            "name": ids, "category": [f"category {n % 6}" for n in range(products)],
            "department": [f"department {n % 2}" for n in range(products)], "brand": brand,
            "list_price": np.round(rng.uniform(2, 9, products), 2), "unit_cost": 1.5, "launched_on": pd.NaT,
            "available": True,
        },
        index=pd.Index(ids, name="product_id"),
    )  # fmt: skip
    sales = [
        pd.DataFrame({"product": n, "day": at, "units": rng.poisson(rate[n], len(at)) + (at == day[n])})
        for n in range(products)
        for at in [np.arange(day[n], DAYS, 3)]
    ]
    sold = pd.concat(sales).query("units > 0").sort_values(["day", "product"], ignore_index=True)
    sold = sold.assign(units=sold["units"].astype(float), revenue=sold["units"] * 4.0)
    events = pd.DataFrame(columns=["product", "day", *INTEREST])
    spans = pd.DataFrame(columns=["product", "starts", "ends", "known"])
    return Assortment(table, sold, events, spans, FIRST_DAY, FIRST_DAY + timedelta(days=DAYS))
