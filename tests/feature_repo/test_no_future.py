"""Nothing that happens at a snapshot's day or later changes any feature of it."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feature_repo import catalog
from feature_repo.families import campaigns, deliveries, money, recency, tickets
from tests.feature_repo.shops import assert_same, features_of, only, open_shop
from tests.support.shop import FIRST_DAY, frames

D = FIRST_DAY + timedelta(days=150)
CLOCK = {"orders": "ordered_at", "redemptions": "redeemed_on"}


def _split(frame: pd.DataFrame, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    late = pd.to_datetime(frame[column]) >= pd.Timestamp(D)
    return frame[~late], frame[late]


def _all_views(tables: dict[str, pd.DataFrame], day: date = D) -> dict[str, pd.DataFrame]:
    workspace = open_shop(tables)
    return {name: features_of(workspace, name, day) for name in catalog.VIEWS}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return frames(customers=60, days=200)


@pytest.fixture(scope="module")
def expected(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return _all_views(tables)


def test_deleting_every_later_fact_changes_nothing(
    tables: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]
) -> None:
    known = {name: _split(frame, CLOCK[name])[0] if name in CLOCK else frame for name, frame in tables.items()}
    assert len(known["orders"]) < len(tables["orders"])
    for name, features in _all_views(known).items():
        assert_same(features, expected[name])


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**16), factor=st.sampled_from([-3.0, 0.0, 50.0]))
def test_scrambling_every_later_fact_changes_nothing(
    tables: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame], seed: int, factor: float
) -> None:
    scrambled = dict(tables)
    known, late = _split(tables["orders"], "ordered_at")
    late = late.assign(
        quantity=late["quantity"] * factor,
        revenue=late["revenue"] * 7,
        customer_id=late["customer_id"].sample(frac=1, random_state=seed).to_numpy(),
        product_id=late["product_id"].sample(frac=1, random_state=seed + 1).to_numpy(),
    )
    scrambled["orders"] = pd.concat([known, late])
    for name, features in _all_views(scrambled).items():
        assert_same(features, expected[name])


def test_the_day_of_the_snapshot_itself_is_not_known(tables: dict[str, pd.DataFrame]) -> None:
    line = tables["orders"].iloc[[0]].assign(customer_id="c001", order_id="new", revenue=1e6)
    on_the_day = {**tables, "orders": pd.concat([tables["orders"], line.assign(ordered_at=pd.Timestamp(D))])}
    the_day_before = {
        **tables,
        "orders": pd.concat([tables["orders"], line.assign(ordered_at=pd.Timestamp(D) - pd.Timedelta(hours=3))]),
    }
    view = only(recency, money)
    without = features_of(open_shop(tables), view, D)
    assert_same(features_of(open_shop(on_the_day), view, D), without)
    assert features_of(open_shop(the_day_before), view, D).loc["c001", "revenue_max_visit"] > 1e5


def test_what_became_of_a_parcel_and_a_ticket_later_is_not_known(tables: dict[str, pd.DataFrame]) -> None:
    noon = pd.Timestamp(D) - pd.Timedelta(hours=12)
    order = tables["orders"].iloc[[0]]
    customer = order["customer_id"].iloc[0]

    def told(arrived: object, problem: object, answered: object, content: object) -> pd.Series[float]:
        parcel = {"order_id": order["order_id"], "shipped_at": noon, "delivered_at": pd.to_datetime(arrived)}
        parcels = pd.DataFrame({**parcel, "promised_on": pd.Timestamp(D), "problem": problem})
        ticket = {"customer_id": [customer], "opened_at": noon, "answered_at": pd.to_datetime(answered)}
        asked = pd.DataFrame({**ticket, "satisfaction": content})
        workspace = open_shop({**tables, "deliveries": parcels, "tickets": asked})
        return features_of(workspace, only(deliveries, tickets), D).loc[customer]

    nothing = told(None, None, None, None)
    at_midnight = told(D, "damaged", D, 1.0)
    pd.testing.assert_series_equal(at_midnight, nothing)
    assert (nothing["unanswered_tickets"], nothing["late_deliveries_364d"]) == (1, 0)
    before = told(noon, "damaged", noon, 1.0)
    assert (before["unanswered_tickets"], before["bad_tickets_364d"], before["delivery_problems_364d"]) == (0, 1, 1)


def test_a_campaign_counts_from_the_day_it_is_known(tables: dict[str, pd.DataFrame]) -> None:
    def ahead(known_from: date | None, starts_in: int) -> float:
        plan = pd.DataFrame(
            {
                "campaign_id": ["x"],
                "customer_id": ["c001"],
                "starts_on": [D + timedelta(days=starts_in)],
                "ends_on": [D + timedelta(days=starts_in + 5)],
                "known_from": pd.Series([known_from], dtype="datetime64[ns]"),
            }
        )
        features = features_of(open_shop({**tables, "campaigns": plan}), only(campaigns), D)
        return float(features.loc["c001", "campaigns_ahead"])

    assert ahead(None, 27) == 1
    assert ahead(None, 28) == 0
    assert ahead(D, 90) == 1
    assert ahead(D + timedelta(days=1), 3) == 0
