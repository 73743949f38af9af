"""Random small shops for the laws of the features, and a way to compute features without writing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import mkdtemp
from types import ModuleType

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from core.workspace import Workspace
from feature_repo import catalog, shop_tables, snapshots
from feature_repo.catalog import View
from tests.support.shop import commit, empty_workspace

FIRST = date(2024, 1, 1)
DAYS = 120
CUSTOMERS = ("007", "ann", "bob", "cid")
PRODUCTS = {"1": ("milk", "food"), "2": ("bread", "food"), "3": ("soap", "home"), "9": ("repair", "SERVICES")}

_LINE = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from([*CUSTOMERS, None]),
        "day": st.integers(0, DAYS - 1),
        "hour": st.integers(0, 23),
        "product_id": st.sampled_from([*PRODUCTS, "unknown"]),
        "quantity": st.sampled_from([1.0, 2.0, 3.0, 0.0, -1.0]),
        "price": st.integers(1, 40),
        "discount": st.sampled_from([0.0, 0.0, 0.5, None]),
        "store_id": st.sampled_from(["s1", "s2", None]),
        "order": st.integers(0, 1),
    }
)
_PLAN = st.fixed_dictionaries(
    {
        "campaign": st.integers(0, 3),
        "customer_id": st.sampled_from(CUSTOMERS),
        "starts": st.integers(0, DAYS + 60),
        "length": st.integers(0, 40),
        "known": st.one_of(st.none(), st.integers(0, DAYS)),
    }
)
_COUPON = st.fixed_dictionaries({"customer_id": st.sampled_from(CUSTOMERS), "day": st.integers(0, DAYS - 1)})
_EVENT = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(CUSTOMERS),
        "day": st.integers(0, DAYS - 1),
        "kind": st.sampled_from(["view", "cart", "complaint", "email_open", "email_click", "payment_failed"]),
    }
)
_LATER = st.one_of(st.none(), st.integers(0, 40))
_PARCEL = st.fixed_dictionaries(
    {
        "line": st.integers(0, 59),
        "shipped": st.integers(0, 3),
        "promised": _LATER,
        "delivered": _LATER,
        "problem": st.sampled_from([None, None, "damaged", "late"]),
    }
)
_TICKET = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(CUSTOMERS),
        "hour": st.integers(0, 24 * DAYS - 1),
        "answered": _LATER,
        "closed": _LATER,
        "satisfaction": st.one_of(st.none(), st.integers(1, 5)),
    }
)
_REVIEW = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from([*CUSTOMERS, None]),
        "day": st.integers(0, DAYS - 1),
        "rating": st.one_of(st.none(), st.integers(1, 5)),
    }
)


@st.composite
def shops(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    """Tables of a shop: some lines, campaigns, coupons and events, on days from FIRST on."""
    lines = draw(st.lists(_LINE, min_size=3, max_size=60))
    bought = orders(lines)
    return {
        "orders": bought,
        "deliveries": deliveries(draw(st.lists(_PARCEL, min_size=1, max_size=12)), bought),
        "tickets": tickets(draw(st.lists(_TICKET, min_size=1, max_size=8))),
        "reviews": _reviews(draw(st.lists(_REVIEW, min_size=1, max_size=8))),
        "products": products(),
        "campaigns": _campaigns(draw(st.lists(_PLAN, min_size=1, max_size=10))),
        "redemptions": _redemptions(draw(st.lists(_COUPON, min_size=1, max_size=8))),
        "events": _events(draw(st.lists(_EVENT, min_size=1, max_size=12))),
    }


def orders(lines: list[dict[str, object]]) -> pd.DataFrame:
    """Order lines of drawn values; UTC hours in a London winter are the shop's hours."""
    frame = pd.DataFrame(lines)
    at = pd.Timestamp(FIRST) + pd.to_timedelta(frame["day"], unit="D") + pd.to_timedelta(frame["hour"], unit="h")
    customer = frame["customer_id"].fillna("guest")
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "order_id": customer + "-" + frame["day"].astype(str) + "-" + frame["order"].astype(str),
            "product_id": frame["product_id"],
            "ordered_at": at,
            "quantity": frame["quantity"],
            "revenue": frame["quantity"] * frame["price"],
            "discount": frame["discount"].astype("float64"),
            "store_id": frame["store_id"],
        }
    )


def products() -> pd.DataFrame:
    """Four products, one of them excluded by the settings of the tests."""
    return pd.DataFrame(
        {
            "product_id": list(PRODUCTS),
            "category": [category for category, _ in PRODUCTS.values()],
            "department": [department for _, department in PRODUCTS.values()],
            "brand": ["own", "national", "own", None],
        }
    )


def _campaigns(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).drop_duplicates(["campaign", "customer_id"])
    starts = [FIRST + timedelta(days=int(day)) for day in frame["starts"]]
    known = [None if pd.isna(day) else FIRST + timedelta(days=int(day)) for day in frame["known"]]
    return pd.DataFrame(
        {
            "campaign_id": frame["campaign"].astype(str),
            "customer_id": frame["customer_id"],
            "starts_on": starts,
            "ends_on": [start + timedelta(days=int(n)) for start, n in zip(starts, frame["length"], strict=True)],
            "known_from": pd.Series(known, index=frame.index, dtype="datetime64[ns]"),
        }
    )


def deliveries(parcels: list[dict[str, object]], bought: pd.DataFrame) -> pd.DataFrame:
    """Parcels of orders: days from the order until they left, until the promise, and until they came."""
    frame = pd.DataFrame(parcels).drop_duplicates(["line", "shipped"])
    order = bought.iloc[(frame["line"] % len(bought)).to_numpy()]
    at = order["ordered_at"].reset_index(drop=True)
    shipped, promised, delivered = (
        at + pd.to_timedelta(frame[name].astype("float64").reset_index(drop=True), unit="D")
        for name in ("shipped", "promised", "delivered")
    )
    return pd.DataFrame(
        {
            "order_id": order["order_id"].to_numpy(),
            "shipped_at": shipped,
            "promised_on": promised.dt.normalize(),
            "delivered_at": delivered.where(delivered >= shipped),
            "problem": frame["problem"].to_numpy(),
        }
    )


def tickets(asked: list[dict[str, object]]) -> pd.DataFrame:
    """Requests, with the hours times eight until they were answered and settled."""
    frame = pd.DataFrame(asked).drop_duplicates(["customer_id", "hour"])
    at = pd.Timestamp(FIRST) + pd.to_timedelta(frame["hour"], unit="h")
    answered, closed = (
        at + pd.to_timedelta(8 * frame[name].astype("float64"), unit="h") for name in ("answered", "closed")
    )
    told = {"answered_at": answered, "closed_at": closed, "satisfaction": frame["satisfaction"].astype("float64")}
    return pd.DataFrame({"customer_id": frame["customer_id"], "opened_at": at, **told})


def _reviews(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    at = pd.Timestamp(FIRST) + pd.to_timedelta(frame["day"], unit="D") + pd.Timedelta(hours=9)
    rating = frame["rating"].astype("float64")
    return pd.DataFrame({"product_id": "1", "reviewed_at": at, "rating": rating, "customer_id": frame["customer_id"]})


def _redemptions(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    days = [FIRST + timedelta(days=int(day)) for day in frame["day"]]
    return pd.DataFrame({"customer_id": frame["customer_id"], "redeemed_on": days, "campaign_id": "1"})


def _events(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    at = pd.Timestamp(FIRST) + pd.to_timedelta(frame["day"], unit="D") + pd.Timedelta(hours=12)
    return pd.DataFrame({"customer_id": frame["customer_id"], "occurred_at": at, "kind": frame["kind"]})


def open_shop(tables: Mapping[str, pd.DataFrame], root: Path | None = None) -> Workspace:
    """A workspace that holds the tables."""
    workspace = empty_workspace(root or Path(mkdtemp()) / "workspace")
    commit(workspace, tables)
    return workspace


def only(*families: ModuleType) -> View:
    """The customers' view with some of its families."""
    names = tuple(family.__name__.rpartition(".")[2] for family in families)
    return replace(catalog.view("customer_features"), listed=names, open=False)


def features_of(workspace: Workspace, view: str | View, day: date) -> pd.DataFrame:
    """A view as of a day, straight from the transforms, by key."""
    spec = catalog.view(view) if isinstance(view, str) else view
    shop = shop_tables.tables(workspace, shop_tables.connect(workspace))
    query = snapshots.compiled(spec, shop).prepared(shop, day)
    return shop.engine.raw_sql(query).to_arrow_table().to_pandas().set_index(spec.key)


def assert_same(left: pd.DataFrame, right: pd.DataFrame, tolerance: float = 2e-6) -> None:
    """The same rows and columns; numbers within the rounding of features."""
    assert list(left.index) == list(right.index)
    assert set(left.columns) == set(right.columns)
    for name in left.columns:
        a, b = left[name].to_numpy(), right[name].to_numpy()
        if a.dtype.kind in "fi" and b.dtype.kind in "fi":
            np.testing.assert_allclose(a.astype(float), b.astype(float), rtol=1e-6, atol=tolerance, err_msg=name)
        else:
            assert list(map(_plain, a)) == list(map(_plain, b)), name


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray | list):
        return [round(v, 5) if isinstance(v, float) else v for v in value]
    return None if pd.isna(value) else value
