"""The small shop with every table that features read, and in them what engines may take differently.

Empty values, ties, texts beyond ASCII, separators within names, numbers at the edge of a window, returns and zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.workspace import Workspace
from tests.support.shop import DAYS, FIRST_DAY, commit, empty_workspace, frames

KINDS = (
    "view", "cart", "wishlist", "search", "email_open", "email_click", "complaint", "payment_failed", "login",
    "ticket", "review", "order_cancelled",
)  # fmt: skip
STORES = ("s|1", "s%2", "Größe", None)
WORDS = ("milk", "Milch & Käse", "牛乳", " spaces ", "x" * 150, None)


def shop_of_every_table(root: Path, customers: int = 40, days: int = DAYS) -> Workspace:
    """A workspace at `root`; its series are of categories and stores."""
    rng = np.random.default_rng(3)
    tables = frames(customers, days, seed=3)
    bought = tables["orders"]
    bought["store_id"] = _chosen(rng, STORES, len(bought))
    bought["discount"] = _chosen(rng, (0.0, 0.5, None), len(bought)).astype("float64")
    bought.loc[rng.random(len(bought)) < 0.02, "quantity"] = 0.0
    bought.loc[rng.random(len(bought)) < 0.01, "quantity"] = 500.0
    tables["products"].loc[::7, "category"] = None
    tables["products"]["high_risk"] = _chosen(rng, (True, False, None), len(tables["products"]))
    ids = [*dict.fromkeys(bought["customer_id"].dropna()), "käufer"]
    products = [*tables["products"]["product_id"], "unknown"]
    settings = {"demand": {"trials": 2, "series": ["category", "store_id"], "min_days": 2}}
    workspace = empty_workspace(root, state=False, **settings)
    more = {
        "events": _events(rng, ids, products, days),
        "tickets": _tickets(rng, ids, days),
        "reviews": _reviews(rng, ids, products, days),
        "deliveries": _deliveries(rng, bought),
        "stock": _stock(rng, products, days),
        "customers": _customers(rng, [*ids, "never came"]),
    }
    commit(workspace, tables | more)
    return workspace


def _customers(rng: np.random.Generator, ids: Sequence[str]) -> pd.DataFrame:
    signed_up = pd.Series([FIRST_DAY + timedelta(days=int(day)) for day in rng.integers(-90, 240, size=len(ids))])
    return pd.DataFrame({"customer_id": ids, "region": "north", "signed_up_on": signed_up})


def _events(rng: np.random.Generator, ids: Sequence[str], products: Sequence[str], days: int) -> pd.DataFrame:
    count = 60 * len(ids)
    return pd.DataFrame(
        {
            "customer_id": _chosen(rng, ids, count),
            "occurred_at": _moments(rng, count, days, "4h"),
            "kind": _chosen(rng, KINDS, count),
            "product_id": _chosen(rng, [*products, None], count),
            "value": rng.normal(size=count).round(2),
            "text": _chosen(rng, WORDS, count),
        }
    )


def _tickets(rng: np.random.Generator, ids: Sequence[str], days: int) -> pd.DataFrame:
    count = 4 * len(ids)
    opened = pd.Series(_moments(rng, count, days, "17min"))
    return pd.DataFrame(
        {
            "customer_id": _chosen(rng, ids, count),
            "opened_at": opened,
            "answered_at": opened + _spans(rng, count, "h", 90),
            "closed_at": opened + _spans(rng, count, "h", 400),
            "satisfaction": _chosen(rng, (1, 2, 3, 4, 5, None), count).astype("float64"),
        }
    )


def _reviews(rng: np.random.Generator, ids: Sequence[str], products: Sequence[str], days: int) -> pd.DataFrame:
    count = 3 * len(ids)
    return pd.DataFrame(
        {
            "product_id": _chosen(rng, products, count),
            "reviewed_at": _moments(rng, count, days, "11min"),
            "rating": _chosen(rng, (1, 2, 4, 5, None), count).astype("float64"),
            "customer_id": _chosen(rng, [*ids, None], count),
        }
    )


def _deliveries(rng: np.random.Generator, bought: pd.DataFrame) -> pd.DataFrame:
    parcels = bought.drop_duplicates("order_id").sample(frac=0.5, random_state=3).reset_index(drop=True)
    shipped = parcels["ordered_at"] + _spans(rng, len(parcels), "D", 4)
    return pd.DataFrame(
        {
            "order_id": parcels["order_id"],
            "shipped_at": shipped,
            "promised_on": (parcels["ordered_at"] + _spans(rng, len(parcels), "D", 9)).dt.normalize(),
            "delivered_at": shipped + _spans(rng, len(parcels), "h", 300),
            "problem": _chosen(rng, ("late", "lost", "customs", "damaged", None), len(parcels)),
        }
    )


def _stock(rng: np.random.Generator, products: Sequence[str], days: int) -> pd.DataFrame:
    counted = [FIRST_DAY + timedelta(days=day) for day in range(0, days, 5)]
    rows = [(product, day, store) for product in products[:12] for day in counted for store in STORES[:2]]
    on_hand = _chosen(rng, (0.0, -2.0, 5.0, 40.0), len(rows))
    daily = [(products[12], FIRST_DAY + timedelta(days=day), store) for day in range(days) for store in STORES[:2]]
    frame = pd.DataFrame([*rows, *daily], columns=["product_id", "date", "store_id"])
    gone = [0.0 if n // 20 % 2 else 5.0 for n in range(len(daily))]  # for ten days at a time
    return frame.assign(on_hand=np.array([*on_hand, *gone], dtype="float64"))


def _chosen(rng: np.random.Generator, values: Sequence[Any], count: int) -> Any:
    return np.array(list(values), dtype=object)[rng.integers(len(values), size=count)]


def _moments(rng: np.random.Generator, count: int, days: int, step: str) -> pd.DatetimeIndex:
    """On few different moments, so that many are the same; some at midnight."""
    return (pd.Timestamp(FIRST_DAY) + pd.to_timedelta(rng.integers(days * 1440, size=count), unit="min")).floor(step)


def _spans(rng: np.random.Generator, count: int, unit: Literal["h", "D"], most: int) -> pd.Series[Any]:
    """Up to `most`; a fifth of them empty: it has not happened."""
    spans = rng.integers(most, size=count).astype("float64")
    spans[rng.random(count) < 0.2] = np.nan
    return pd.Series(pd.to_timedelta(spans, unit=unit))
