"""A small synthetic shop, committed as tables: 160 customers, 48 products in 6 categories, 240 days.

Customers buy at a rate of their own from favourite products of their own; a third of them leave at a random
day. So churn, demand and recommendation each have something to learn.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from core import settings_template
from core.manifest import PROTECTED, TableChange
from core.workspace import Workspace
from feature_repo.contract import TABLES
from tests.support.state import give_empty_state

FIRST_DAY = date(2024, 1, 1)
DAYS = 240
ZONE = "Europe/London"
SETTINGS = {
    "churn": {"trials": 2},
    "demand": {"trials": 2},
    "recommendation": {"trials": 2, "min_purchases": 3},
    "products": {"exclude": "department = 'SERVICES'"},
}


def make_shop(root: Path, customers: int = 160, days: int = DAYS, seed: int = 7) -> Workspace:
    """A workspace at `root` with every table but fx_rates, events and consents."""
    workspace = empty_workspace(root)
    commit(workspace, frames(customers, days, seed))
    return workspace


def empty_workspace(root: Path, state: bool = True, **sections: Mapping[str, Any]) -> Workspace:
    """A workspace with settings (those of the tests, and `sections` beside them), a state in SQLite and no tables.

    Without `state` the product makes its database itself, when it is first needed.
    """
    root.mkdir(parents=True, exist_ok=True)
    (root / "regulars.toml").write_text(settings_template.render({**SETTINGS, **sections}))
    if state and not sections.get("stores", {}).get("database"):
        give_empty_state(root)
    return Workspace.open(root)


def unbuilt_copy(template: Path, root: Path) -> Workspace:
    """A workspace at `root` with the tables and settings of another, and nothing that was made of them."""
    made = shutil.ignore_patterns("features", "feast", "mlflow", "tuning", "models", "reports", "state.db*")
    shutil.copytree(template, root, ignore=made)
    give_empty_state(root)
    return Workspace.open(root)


def frames(customers: int = 160, days: int = DAYS, seed: int = 7) -> dict[str, pd.DataFrame]:
    """The shop's tables with the contract's column names (missing ones are added as null by `commit`)."""
    rng = np.random.default_rng(seed)
    products = _products()
    orders = _orders(rng, customers, days, products)
    ids = [f"c{i:03d}" for i in range(customers)]
    return {
        "orders": orders,
        "products": products,
        "campaigns": _campaigns(rng, ids),
        "redemptions": _redemptions(rng, ids, days),
        "promotions": _promotions(rng, products, days),
        "calendar": _calendar(days),
        "contacts": _contacts(np.random.default_rng(seed + 1), ids),
        PROTECTED: _protected(rng, ids),
    }


def commit(workspace: Workspace, tables: Mapping[str, pd.DataFrame]) -> None:
    """Store frames as the tables they name, as ingest would: contract columns, `day`, `local_at`, `row_key`."""
    changes = {}
    for name, frame in tables.items():
        folder = workspace.protected_dir if name == PROTECTED else workspace.tables_dir / name
        path = folder / f"{name}-{workspace.tables.generation + 1:06d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        days = _write(name, frame, path)
        changes[name] = TableChange([path], len(frame), days[0] if days else None, *(days or (None, None)))
    workspace.table_store.commit(changes, timezone=ZONE, base_currency="GBP")


def _write(name: str, frame: pd.DataFrame, path: Path) -> tuple[date, date] | None:
    spec = TABLES[name]
    with duckdb.connect() as connection:
        connection.register("source", frame)
        have = set(frame.columns)
        columns = [
            f'CAST("{c.name}" AS {c.sql_type}) AS "{c.name}"'
            if c.name in have
            else f'CAST(NULL AS {c.sql_type}) AS "{c.name}"'
            for c in spec.columns
        ]
        if spec.time and spec.has_clock:
            local = f"timezone('{ZONE}', timezone('UTC', CAST(\"{spec.time}\" AS TIMESTAMP)))"
            columns += [f"CAST({local} AS DATE) AS day", f"{local} AS local_at"]
        elif spec.time:
            columns.append(f'CAST("{spec.time}" AS DATE) AS day')
        if spec.time:
            columns.append("CAST(row_number() OVER () AS VARCHAR) AS row_key")
        connection.execute(f"COPY (SELECT {', '.join(columns)} FROM source) TO '{path}' (FORMAT parquet)")
        if not spec.time:
            return None
        first, last = connection.execute(f"SELECT min(day), max(day) FROM '{path}'").fetchone() or (None, None)
        return (first, last) if first else None


def _products() -> pd.DataFrame:
    count = 48
    category = [f"category {i % 6}" for i in range(count)]
    return pd.DataFrame(
        {
            "product_id": [f"{i:03d}" for i in range(count)],
            "name": [f"product {i}" for i in range(count)],
            "category": category,
            "department": ["SERVICES" if i == count - 1 else f"department {i % 2}" for i in range(count)],
            "brand": ["own" if i % 4 == 0 else "national" for i in range(count)],
            "list_price": [1.0 + i % 9 for i in range(count)],
        }
    )


def _orders(rng: np.random.Generator, customers: int, days: int, products: pd.DataFrame) -> pd.DataFrame:
    prices = products["list_price"].to_numpy()
    rows = []
    for number in range(customers):
        gap = rng.gamma(3.0, 3.0) + 2
        favourites = rng.choice(len(products), size=8, replace=False)
        leaves = rng.integers(60, days) if rng.random() < 1 / 3 else days
        at = rng.uniform(0, min(gap * 2, days - 1))
        while at < leaves:
            rows += _basket(rng, number, at, favourites, prices)
            at += rng.exponential(gap) + 0.5
    return pd.DataFrame(rows)


def _basket(
    rng: np.random.Generator, number: int, at: float, favourites: np.ndarray, prices: np.ndarray
) -> list[dict[str, object]]:
    moment = (
        pd.Timestamp(FIRST_DAY) + pd.Timedelta(days=float(int(at))) + pd.Timedelta(hours=float(rng.integers(8, 20)))
    )
    lines = []
    for product in set(rng.choice(favourites, size=rng.integers(1, 5)).tolist()):
        quantity = float(rng.integers(1, 4)) * (-1 if rng.random() < 0.02 else 1)
        discount = 0.2 * quantity if quantity > 0 and rng.random() < 0.3 else 0.0
        lines.append(
            {
                "customer_id": f"c{number:03d}",
                "order_id": f"o{number:03d}-{int(at)}",
                "product_id": f"{product:03d}",
                "ordered_at": moment,
                "quantity": quantity,
                "revenue": quantity * prices[product] - discount,
                "discount": discount,
                "currency": "GBP",
                "channel": "web" if number % 3 else "shop",
                "store_id": f"s{number % 3}",
                "region": "north" if number % 2 else "south",
            }
        )
    return lines


def _campaigns(rng: np.random.Generator, ids: list[str]) -> pd.DataFrame:
    rows = [
        {
            "campaign_id": str(k),
            "customer_id": c,
            "kind": "type a",
            "starts_on": start,
            "ends_on": start + timedelta(days=27),
        }
        for k, start in enumerate(FIRST_DAY + timedelta(days=d) for d in (40, 120, 200))
        for c in rng.choice(ids, size=len(ids) // 3, replace=False)
    ]
    return pd.DataFrame(rows)


def _redemptions(rng: np.random.Generator, ids: list[str], days: int) -> pd.DataFrame:
    count = len(ids) // 2
    return pd.DataFrame(
        {
            "customer_id": rng.choice(ids, size=count),
            "redeemed_on": [FIRST_DAY + timedelta(days=int(d)) for d in rng.integers(45, days, size=count)],
            "coupon_id": [str(i % 5) for i in range(count)],
            "campaign_id": [str(i % 3) for i in range(count)],
        }
    )


def _contacts(rng: np.random.Generator, ids: list[str]) -> pd.DataFrame:
    """Three campaigns that drew by lot who got a mail, a call, or nothing."""
    rows = []
    for number, day in enumerate((144, 158, 172)):
        drawn = rng.integers(0, 3, len(ids))
        rows.append(
            pd.DataFrame(
                {
                    "customer_id": ids,
                    "campaign_id": f"lot {number}",
                    "at": pd.Timestamp(FIRST_DAY) + pd.Timedelta(days=day, hours=9),
                    "treated": drawn > 0,
                    "offer": [(None, "mail", "call")[each] for each in drawn],
                    "cost": [(0.0, 0.1, 1.0)[each] for each in drawn],
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def _promotions(rng: np.random.Generator, products: pd.DataFrame, days: int) -> pd.DataFrame:
    rows = []
    for week in range(days // 7 + 5):
        start = FIRST_DAY + timedelta(days=7 * week)
        for product in rng.choice(products["product_id"], size=6, replace=False):
            rows.append(
                {"product_id": product, "starts_on": start, "ends_on": start + timedelta(days=6), "kind": "display"}
            )
    return pd.DataFrame(rows)


def _calendar(days: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": [FIRST_DAY + timedelta(days=d) for d in range(30, days + 60, 60)],
            "name": "holiday",
            "value": 1.0,
        }
    )


def _protected(rng: np.random.Generator, ids: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {"customer_id": ids, "attribute": "age_band", "value": rng.choice(["young", "middle", "old"], size=len(ids))}
    )
