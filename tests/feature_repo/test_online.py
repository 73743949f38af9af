"""The online store gives what training read, and shows a purchase at once."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import NotReady
from core.event_log import Event, EventLog
from core.workspace import Workspace
from feature_repo import catalog, folding, online, store, updates
from feature_repo.families import gaps
from feature_repo.materialization import Materializations
from feature_repo.online import OnlineReader, OnlineWriter
from feature_repo.online_standing import standing
from feature_repo.packed.backend import StoreState
from feature_repo.packed.opened import online_backend
from feature_repo.purchases import Purchase, in_order
from tests.feature_repo.conftest import D
from tests.feature_repo.shops import DAYS, FIRST, features_of, only, open_shop, orders, shops

SERVICE = "churn_v1"
FOLDING = only(*(f for f in catalog.view("customer_features").families if hasattr(f, "after_purchase")))
NOON = datetime(D.year, D.month, D.day, 12, tzinfo=UTC)


def same(left: Any, right: Any) -> bool:
    """The same value; null and NaN alike are missing."""
    if isinstance(left, list | np.ndarray) or isinstance(right, list | np.ndarray):
        return len(left) == len(right) and all(map(same, left, right))
    missing = [value is None or (isinstance(value, float) and math.isnan(value)) for value in (left, right)]
    return all(missing) or (not any(missing) and left == right)


@pytest.mark.parametrize("service", list(catalog.SERVICES))
def test_online_equals_offline_for_every_entity_and_feature(filled: Workspace, service: str) -> None:
    for view in catalog.service(service):
        offline = store.matrix(filled, service, D, view.key)
        found = OnlineReader(filled, service, view.key).read(list(offline[view.key]))
        for feature in view.features:
            pairs = zip(found[feature.name], offline[feature.name], strict=True)
            assert all(same(a, b) for a, b in pairs), feature.name


@pytest.mark.parametrize("service", list(catalog.SERVICES))
def test_the_direct_read_gives_what_feast_gives(filled: Workspace, service: str) -> None:
    feast = store.feature_store(filled)
    for view in catalog.service(service):
        reader = OnlineReader(filled, service, view.key)
        ids = [*Materializations(filled).keys(view.name), "nobody"]
        asked = [{view.key: each} for each in ids]
        found = feast.get_online_features(features=store.references(reader.views), entity_rows=asked).to_dict()
        assert reader.read(ids) == {name: found[name] for name in reader.names}


def test_who_the_store_does_not_know_has_no_features(filled: Workspace) -> None:
    found = OnlineReader(filled, SERVICE).read(["c003", "nobody"])
    assert found["visit_days_28d"][0] is not None
    assert {values[1] for values in found.values()} == {None}


def test_nobody_is_read_as_nothing(filled: Workspace) -> None:
    assert set(map(tuple, OnlineReader(filled, SERVICE).read([]).values())) == {()}


def purchase(customer: str, order: str = "new", value: float = 30.0, at: datetime = NOON) -> Event:
    return Event(customer, at, "purchase", "003", order, 2.0, value)


def test_a_purchase_shows_in_the_next_read(filled_copy: Workspace) -> None:
    reader = OnlineReader(filled_copy, SERVICE)
    matrix = store.matrix(filled_copy, SERVICE, D).set_index("customer_id")
    customer = str(matrix["days_since_last_visit"].idxmax())
    before = {name: values[0] for name, values in reader.read([customer]).items()}
    assert online.apply_events(filled_copy, [purchase(customer)]) == 1
    after = {name: values[0] for name, values in reader.read([customer]).items()}
    assert before["days_since_last_visit"] > 28
    assert after["days_since_last_visit"] == 1
    assert after["days_since_visit_2_back"] == before["days_since_last_visit"]
    assert after["visit_days_28d"] == before["visit_days_28d"] + 1
    assert after["revenue_28d"] == pytest.approx(before["revenue_28d"] + 30)
    assert after["hour_mean_182d"] == before["hour_mean_182d"]  # waits for the next snapshot


def test_a_new_customer_appears_with_the_first_purchase(filled_copy: Workspace) -> None:
    OnlineWriter(filled_copy).apply([purchase("new"), purchase("new", value=5.0)])
    found = {name: values[0] for name, values in OnlineReader(filled_copy, SERVICE).read(["new"]).items()}
    assert (found["visit_days_7d"], found["lines_28d"], found["lifetime_revenue"]) == (1, 2, 35)
    assert (found["days_since_first_visit"], found["repeat_visits"], found["gap_mean"]) == (1, 0, None)
    assert found["product_views_28d"] is None  # this shop has no events table


def test_every_customer_of_a_snapshot_is_told_from_one_whom_only_received_purchases_made(filled: Workspace) -> None:
    matrix = store.matrix(filled, SERVICE, D)
    known = OnlineReader(filled, SERVICE).read(list(matrix["customer_id"]))
    assert updates.without_snapshot(known) == [False] * len(matrix)
    view = catalog.view("customer_features")
    made = updates.apply_purchases(view, updates.nobody(view, lambda _: True), [Purchase(1), Purchase(1)])
    assert updates.without_snapshot({name: [value] for name, value in made.items()}) == [True]


def test_a_line_opens_an_order_unless_one_of_it_came_before() -> None:
    one, two, unnamed = purchase("a", "1"), purchase("a", "2"), Event("a", NOON, "purchase", "003")
    viewed = Event("a", NOON, "view", "003", "2")
    lines, opened = in_order([one, viewed, two, one, unnamed], (), D, "UTC")
    assert [line.opens_order for line in lines] == [True, True, False, None]
    later, after = in_order([two, purchase("a", "3")], opened, D, "UTC")
    assert [line.opens_order for line in later] == [False, True]
    assert after[:2] == opened


def test_other_kinds_of_events_wait_for_the_next_snapshot(filled_copy: Workspace) -> None:
    assert OnlineWriter(filled_copy).apply([Event("c003", NOON, "complaint", "003")]) == 0


def test_events_of_many_customers_are_applied_together(filled_copy: Workspace) -> None:
    customers = [f"c{i:03d}" for i in range(20)]
    assert OnlineWriter(filled_copy).apply([purchase(c) for c in customers]) == 20
    found = OnlineReader(filled_copy, SERVICE).read(customers)
    assert set(found["days_since_last_visit"]) == {1.0}


def test_an_empty_online_store_says_to_materialize(small_shop: Workspace) -> None:
    with pytest.raises(NotReady, match="regulars materialize"):
        online.apply_events(small_shop, [purchase("c003")])


def test_an_event_counts_once_however_often_it_is_folded_in(filled_copy: Workspace) -> None:
    reader, writer = OnlineReader(filled_copy, SERVICE), OnlineWriter(filled_copy)
    events = [replace(purchase("c003", str(number)), sequence=number) for number in (1, 2, 3)]
    writer.apply(events[:2], up_to=2)
    twice = reader.read(["c003"])
    writer.apply(events[:2], up_to=2)
    assert (reader.read(["c003"]), writer.folded()) == (twice, 2)
    writer.apply(events, up_to=3)
    assert reader.read(["c003"])["visit_days_28d"] == twice["visit_days_28d"]
    assert reader.read(["c003"])["lines_28d"] == [twice["lines_28d"][0] + 1]


def test_what_a_store_that_was_put_back_has_forgotten_is_folded_in_again(filled_copy: Workspace) -> None:
    reader, log = OnlineReader(filled_copy, SERVICE), EventLog(filled_copy)
    log.append([purchase("c003", "1"), purchase("c004", "2")])
    folding.fold_in(filled_copy, log)
    with sqlite3.connect(filled_copy.feast_dir / "online.db") as online_db:
        saved = sqlite3.connect(filled_copy.root / "saved.db")
        online_db.backup(saved)
    log.append([purchase("c003", "3"), purchase("c005", "4")])
    folding.fold_in(filled_copy, log)
    everything = reader.read(["c003", "c004", "c005"])
    with sqlite3.connect(filled_copy.feast_dir / "online.db") as online_db:
        saved.backup(online_db)
    assert reader.read(["c003", "c004", "c005"]) != everything
    assert len(folding.fold_in(filled_copy, log)) == 2
    assert reader.read(["c003", "c004", "c005"]) == everything


def test_an_event_is_folded_into_no_store_that_was_emptied_or_is_anothers(filled_copy: Workspace) -> None:
    log = EventLog(filled_copy)
    log.append([purchase("c003")])
    backend = online_backend(filled_copy)
    with backend.filling([], "source") as another:
        another.switch(StoreState("another workspace's"))
    assert standing(filled_copy).code == "foreign"
    with pytest.raises(NotReady, match="another filling"):
        folding.fold_in(filled_copy, log)
    (filled_copy.feast_dir / "online.db").unlink()
    assert standing(filled_copy).code == "emptied"
    for refused in (lambda: folding.fold_in(filled_copy, log), lambda: OnlineReader(filled_copy, SERVICE).read(["a"])):
        with pytest.raises(NotReady, match="regulars materialize"):
            refused()
    folding.refill(filled_copy, D)
    assert OnlineReader(filled_copy, SERVICE).read(["c003"])["days_since_last_visit"] == [1.0]
    assert standing(filled_copy).is_filled


def test_a_new_materialization_takes_the_place_of_what_was_folded_in(filled_copy: Workspace) -> None:
    reader = OnlineReader(filled_copy, SERVICE)
    before = reader.read(["c003"])
    online.apply_events(filled_copy, [purchase("c003")])
    assert reader.read(["c003"]) != before
    store.materialize(filled_copy, D)
    assert reader.read(["c003"]) == before


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    tables=shops(),
    customer=st.sampled_from(["007", "ann", "new"]),
    ages=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    price=st.integers(1, 60),
)
def test_folding_a_purchase_in_equals_a_snapshot_that_has_it(
    tables: dict[str, pd.DataFrame], customer: str, ages: list[int], price: int
) -> None:
    """The law of `feature_repo.updates`, for purchases that come in the order of their days."""
    day, view = FIRST + timedelta(days=DAYS), FOLDING
    ages = sorted(ages, reverse=True)
    tables["orders"] = tables["orders"][tables["orders"]["ordered_at"] < pd.Timestamp(day - timedelta(days=4))]
    if tables["orders"].empty:
        return
    workspace = open_shop(tables)
    before = features_of(workspace, view, day)
    new = orders([_line(customer, DAYS - age, price, number) for number, age in enumerate(ages)])
    after = features_of(open_shop({**tables, "orders": pd.concat([tables["orders"], new])}), view, day)

    row = _plain(before.loc[customer]) if customer in before.index else updates.nobody(view, workspace.tables.has)
    folded = updates.apply_purchases(view, row, [Purchase(age, "1", 1.0, float(price), True) for age in ages])

    touched = {name for name in _changes(view, row, ages) if name not in gaps.APPROXIMATE}
    assert len(touched) > 30
    for name in touched:
        expected = after.loc[customer, name]
        assert same(folded[name], expected) or folded[name] == pytest.approx(expected, rel=1e-6, abs=5e-6), name


def test_what_is_approximate_is_named_and_small() -> None:
    assert set(gaps.APPROXIMATE) <= {feature.name for feature in gaps.FEATURES}
    assert len(gaps.APPROXIMATE) <= 3


def test_folding_leaves_the_given_row_as_it_was() -> None:
    view = catalog.view("customer_features")
    row = updates.nobody(view, lambda _: True)
    copy = dict(row)
    assert updates.apply_purchases(view, row, [Purchase(1)]) != copy
    assert row == copy


def _changes(view: catalog.View, row: dict[str, Any], ages: list[int]) -> set[str]:
    """The features the families fold in."""
    names: set[str] = set()
    for family in view.families:
        if hasattr(family, "after_purchase"):
            names |= set(family.after_purchase(row, Purchase(ages[0], "1", 1.0, 1.0, True)))
    return names


def _line(customer: str, day: int, price: int, number: int) -> dict[str, object]:
    return {
        "customer_id": customer,
        "day": day,
        "hour": 12,
        "product_id": "1",
        "quantity": 1.0,
        "price": price,
        "discount": 0.0,
        "store_id": "s1",
        "order": 10 + number,
    }


def _plain(row: pd.Series) -> dict[str, Any]:
    return {name: None if pd.isna(value) else value for name, value in row.items()}
