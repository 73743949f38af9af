"""Levels rise with service and lead time, orders keep to packs, minimum and shelf life, and money adds up."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import UsageError
from models.arrays import Float64Array
from models.demand.forecast import Forecast
from models.demand.inventory.demand_draws import DemandAhead
from models.demand.inventory.levels import OrderTerms, StockLevels, stock_levels
from models.demand.inventory.quantities import MINIMUM, SHELF_LIFE, order_quantities
from models.demand.inventory.simulation import earned, ledger, ours_less, simulate
from models.demand.inventory.stock import stock
from tests.support.shop import commit, empty_workspace

DAYS = 28
SERIES = 3
SERVICE = np.full(SERIES, 0.9)
TERMS = OrderTerms(lead_time_days=5, review_days=7)


def horizon(seed: int = 3, dispersion: float = 1.2) -> DemandAhead:
    rng = np.random.default_rng(seed)
    mean = rng.uniform(1, 9, (SERIES, DAYS))
    bands = mean[:, :, None] * np.array([0.4, 0.8, 1.0, 1.2, 1.7])
    days = tuple(date(2024, 1, 1) + timedelta(days=day) for day in range(DAYS))
    return DemandAhead(Forecast(("a", "b", "c"), days, mean, bands), 1, dispersion)


def levels(terms: OrderTerms = TERMS, service: float = 0.9) -> StockLevels:
    return stock_levels(horizon(), terms, np.full(SERIES, service))


def test_more_service_never_lowers_a_level() -> None:
    found = [levels(service=service) for service in (0.55, 0.8, 0.9, 0.99)]
    for less, more in itertools.pairwise(found):
        assert (more.reorder_point >= less.reorder_point).all()
        assert (more.order_up_to >= less.order_up_to).all()
        assert (more.safety_stock >= less.safety_stock).all()


@pytest.mark.parametrize("longer", [{"lead_time_days": 9}, {"lead_time_deviation": 3.0}, {"review_days": 14}])
def test_longer_or_less_certain_times_never_lower_a_level(longer: dict[str, float]) -> None:
    changed = levels(replace(TERMS, **longer))
    assert (changed.reorder_point >= levels().reorder_point).all()
    assert (changed.order_up_to > levels().order_up_to).all()


def test_a_lead_time_beyond_the_horizon_is_refused_with_the_longest_there_may_be() -> None:
    with pytest.raises(UsageError, match="beyond the 28 days") as refused:
        levels(replace(TERMS, lead_time_days=22))
    assert "up to 21 days" in str(refused.value)


def test_an_order_is_whole_packs_and_reaches_order_up_to() -> None:
    terms = replace(TERMS, multiple=6.0)
    position = np.array([0.0, 10.0, 1000.0])
    found = levels(terms)
    quantity, _ = order_quantities(found, position, terms)
    assert (quantity % 6 == 0).all()
    assert (position[:2] + quantity[:2] >= found.order_up_to[:2]).all()
    assert quantity[2] == 0


def test_less_than_the_smallest_order_waits_while_the_position_lasts() -> None:
    terms = replace(TERMS, min_quantity=500.0)
    found = levels(terms)
    high, low = found.order_up_to - 1, np.zeros(SERIES)
    waiting, limits = order_quantities(found, high, terms)
    late = high - (found.demand.mean - found.lead_time.mean) < found.reorder_point
    assert (waiting[~late] == 0).all()
    assert (order_quantities(found, low, terms)[0] == 500).all()
    assert set(limits) == {MINIMUM}


def test_no_more_is_ordered_than_sells_within_the_shelf_life() -> None:
    terms = replace(TERMS, shelf_life_days=2, multiple=2.0)
    found = levels(terms)
    quantity, limits = order_quantities(found, np.zeros(SERIES), terms)
    assert (quantity <= found.keeps).all()
    assert (quantity < found.order_up_to).all()
    assert set(limits) == {SHELF_LIFE}


def test_an_unknown_position_orders_nothing_that_could_be_mistaken_for_a_quantity() -> None:
    quantity, _ = order_quantities(levels(), np.array([np.nan, 0.0, np.nan]), TERMS)
    assert np.isnan(quantity[[0, 2]]).all()
    assert quantity[1] > 0


def test_the_risk_of_running_out_falls_with_the_position() -> None:
    lead = levels().lead_time
    risks = [lead.exceeds(lead.mean + more) for more in (-5.0, 0.0, 5.0)]
    assert risks[1] == pytest.approx(0.5, abs=0.1)
    assert (np.diff(risks, axis=0) < 0).all()


def test_days_that_sell_what_is_expected_lose_nothing_and_what_is_missing_is_lost() -> None:
    sold = horizon().forecast.mean
    ample = simulate(lambda _: levels(service=0.999), sold, TERMS)
    assert ample.lost.sum() == 0
    empty = replace(levels(), order_up_to=np.zeros(SERIES))
    nothing = simulate(lambda _: empty, sold, TERMS)
    assert nothing.lost.sum() == pytest.approx(sold.sum())
    book = ledger(["a", "b", "c"], nothing, np.full(SERIES, 2.0), margin=0.5, holding_cost=0.2)
    told = earned("nothing", [book])
    assert (told.holding_cost, told.fill_rate) == (0.0, pytest.approx(0.0))
    assert told.cost == pytest.approx(sold.sum())


def test_costs_of_windows_add_up_by_series_and_a_policy_that_always_costs_more_does_so_for_certain() -> None:
    sold = demand_of(40)
    courses = {fill: simulate(lambda _, fill=fill: filled(fill), sold, TERMS) for fill in (60.0, 600.0)}
    books = {fill: ledger(list(map(str, range(40))), course, np.ones(40), 0.3, 0.3) for fill, course in courses.items()}
    less, more = (earned(str(fill), [books[fill]] * 2) for fill in (60.0, 600.0))
    assert more.costs.sum() == pytest.approx(more.cost)
    assert ours_less(more, less, seed=1).value == pytest.approx(more.cost - less.cost)
    assert ours_less(more, less, seed=1).low > 0


def demand_of(series: int) -> Float64Array:
    """One unit a day, more or less."""
    return np.random.default_rng(4).uniform(0.5, 1.5, (series, DAYS))


def filled(units: float) -> StockLevels:
    """The levels of forty series that are filled up to a number of units, whatever sells."""
    found = levels().select([0] * 40)
    return replace(found, order_up_to=np.full(40, units))


def test_stock_is_the_latest_before_the_day_summed_over_products_and_stores(tmp_path: Path) -> None:
    workspace = empty_workspace(tmp_path / "shop")
    products = pd.DataFrame({"product_id": ["p1", "p2"], "category": ["tea", "tea"]})
    rows = [("p1", 1, 9.0, None, "s1"), ("p1", 3, 4.0, 2.0, "s1"), ("p1", 2, 5.0, None, "s2"),
            ("p2", 2, 1.0, None, None), ("p1", 5, 99.0, None, "s1"), ("unknown", 2, 7.0, None, None)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["product_id", "date", "on_hand", "on_order", "store_id"])
    table["date"] = [date(2024, 3, day) for day in table["date"]]
    commit(workspace, {"products": products, "stock": table})
    found = stock(workspace, ("category",), date(2024, 3, 5))
    assert found.units.loc["tea", ["on_hand", "on_order"]].tolist() == [10.0, 2.0]
    assert (found.unknown, found.missing) == (1, "")
    assert "no day before" in stock(workspace, ("category",), date(2024, 3, 1)).missing
    assert "channel" in stock(workspace, ("category", "channel"), date(2024, 3, 5)).missing


def test_excluded_products_are_left_out_and_what_is_owed_counts_against_orders(tmp_path: Path) -> None:
    workspace = empty_workspace(tmp_path / "shop", products={"exclude": "department = 'SERVICES'"})
    columns = ["product_id", "category", "department"]
    products = pd.DataFrame([("p1", "tea", None), ("p2", "tea", "SERVICES"), ("p3", None, None)], columns=columns)
    units = pd.DataFrame({"product_id": ["p1", "p2", "p3"], "on_hand": [-3.0, 50.0, 50.0], "on_order": [5.0, 0.0, 0.0]})
    commit(workspace, {"products": products, "stock": units.assign(date=date(2024, 3, 1))})
    found = stock(workspace, ("category",), date(2024, 3, 5))
    assert found.units.loc["tea", ["on_hand", "on_order"]].tolist() == [-3.0, 5.0]
    assert (found.excluded, found.unknown, found.below_zero) == (1, 1, 1)


def test_without_a_table_of_stock_nothing_is_known_of_it(tmp_path: Path) -> None:
    assert stock(empty_workspace(tmp_path / "shop"), ("category",), date(2024, 3, 5)).missing
