"""Recent interests: the same from the table of events as from events folded in, bounded, for strangers as well."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.event_log import Event, EventLog
from core.workspace import Workspace
from feature_repo import catalog, folding, updates
from feature_repo.families import customer_interests as family
from feature_repo.interactions_received import KINDS, among
from feature_repo.online import OnlineReader, OnlineWriter
from tests.feature_repo.conftest import D
from tests.feature_repo.shops import DAYS, FIRST, features_of, open_shop, orders, products
from tests.support.shop import commit

VIEW = catalog.view("customer_interests")
DAY = FIRST + timedelta(days=DAYS)
BOUGHT = orders(
    [
        {"customer_id": "ann", "day": 3, "hour": 9, "product_id": "1", "quantity": 1.0, "price": 3, "discount": 0.0,
         "store_id": "s1", "order": 0},
    ]
)  # fmt: skip
events = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from(["ann", "stranger"]),
            "hours": st.integers(2, 24 * (family.DAYS + 2)),
            "kind": st.sampled_from(["view", "cart", "wishlist", "search", "search", "login"]),
            "product_id": st.sampled_from([*map(str, range(12)), None]),
            "text": st.sampled_from(["red milk", "Bread", "x" * 300, *"abcdef", None]),
        }
    ),
    min_size=1,
    max_size=60,
    unique_by=lambda row: row["hours"],  # of equal times what came last is kept, and no table knows what that was
)


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Drawn events as the shop's table; before midnight in UTC and in London, where it is summer."""
    at = [datetime.combine(DAY, time()) - timedelta(hours=row["hours"]) for row in rows]
    return pd.DataFrame(rows).drop(columns="hours").assign(occurred_at=at)


def shop(rows: list[dict[str, Any]]) -> Workspace:
    return open_shop({"orders": BOUGHT, "products": products()} | ({"events": table(rows)} if rows else {}))


def received(rows: list[dict[str, Any]]) -> list[Event]:
    frame = table(rows)
    return [
        Event(row.customer_id, row.occurred_at.replace(tzinfo=UTC), row.kind, row.product_id, text=row.text)
        for row in frame.itertuples()
    ]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value is None else list(value) for name, value in row.items()}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=events, kept=st.integers(0, 60))
def test_folding_events_in_equals_a_snapshot_that_has_them(rows: list[dict[str, Any]], kept: int) -> None:
    rows = [row for row in rows if row["text"] is not None or row["kind"] != "search"]
    before = features_of(shop(rows[:kept]), VIEW, DAY)
    after = features_of(shop(rows), VIEW, DAY)
    events = received(rows[kept:]) if rows[kept:] else []
    for customer in {event.customer_id for event in events}:
        new = among([event for event in events if event.customer_id == customer], DAY, "Europe/London")
        known = customer in before.index
        row = before.loc[customer].to_dict() if known else updates.nobody(VIEW, lambda _: True)
        folded = plain(updates.apply_interactions(VIEW, row, new))
        expected = after.loc[customer].to_dict() if customer in after.index else updates.nobody(VIEW, lambda _: True)
        assert folded == plain(expected)


def test_ten_thousand_events_make_a_row_like_any_other() -> None:
    at = datetime.combine(DAY, time(), UTC)
    many = [
        Event("ann", at - timedelta(seconds=n), ("view", "search")[n % 2], str(n), text=str(n)) for n in range(10_000)
    ]
    row = updates.apply_interactions(VIEW, updates.nobody(VIEW, lambda _: True), among(many, DAY, "UTC"))
    assert row["interest_products"] == [str(2 * n) for n in range(family.PRODUCTS)]
    assert row["search_texts"] == [str(2 * n + 1) for n in range(family.SEARCHES)]


@pytest.mark.parametrize("at_once", [True, False])
def test_where_the_clock_stands_still_the_last_looks_are_kept(at_once: bool) -> None:
    at = datetime.combine(DAY, time(), UTC)
    looks = [Event("ann", at, "view", str(n)) for n in range(3 * family.PRODUCTS)]
    row = updates.nobody(VIEW, lambda _: True)
    for call in [looks] if at_once else [[look] for look in looks]:
        row = updates.apply_interactions(VIEW, row, among(call, DAY, "UTC"))
    assert row["interest_products"] == [look.product_id for look in looks[: -family.PRODUCTS - 1 : -1]]


def test_a_shop_without_events_has_a_view_without_rows() -> None:
    assert features_of(shop([]), VIEW, DAY).empty


def test_every_kind_that_shows_at_once_is_folded_in_by_a_family() -> None:
    assert {*family.KINDS, family.SEARCH} == KINDS


@pytest.mark.parametrize("kind", ["view", "cart", "wishlist"])
def test_a_look_shows_in_the_next_read_of_a_stranger(filled_copy: Workspace, kind: str) -> None:
    reader = OnlineReader.of_views(filled_copy, [VIEW])
    assert set(map(tuple, reader.read(["session 1"]).values())) == {(None,)}
    at = datetime.combine(D, time(), UTC)
    assert OnlineWriter(filled_copy).apply([Event("session 1", at, kind, "003"), Event("c003", at, "login")]) == 1
    found = reader.read(["session 1"])
    assert (found["interest_products"], found["interest_kinds"]) == ([["003"]], [[kind]])
    assert found["interest_times"] == [[at.timestamp()]]


def test_of_who_refuses_personalisation_no_look_is_shown(filled_copy: Workspace) -> None:
    choice = {"purpose": "personalisation", "at": datetime(2024, 1, 1)}
    rows = [choice | {"customer_id": "c003", "granted": True}, choice | {"customer_id": "c004", "granted": False}]
    commit(filled_copy, {"consents": pd.DataFrame(rows)})
    log, at = EventLog(filled_copy), datetime.combine(D, time(), UTC)
    log.append([Event(customer, at, "view", "003") for customer in ("c003", "c004", "a guest")])
    folding.fold_in(filled_copy, log)
    found = OnlineReader.of_views(filled_copy, [VIEW]).read(["c003", "c004", "a guest"])
    assert found["interest_products"] == [["003"], None, None]
    assert folding.fold_in(filled_copy, log) == []
