"""The shop's weekly series: what was planted shows where it was planted, and a shop as it was shows nothing."""

from datetime import date, timedelta
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest

from core.messages import Message
from core.settings import Rules
from monitoring.results import QualityCheck
from monitoring.shop_series import moved_series, series_check, weekly_series

FIRST, WEEKS = date(2024, 1, 1), 30
NOW = FIRST + timedelta(days=7 * WEEKS)
LEVEL = 0.05 * 0.1 * 7 / 365
WORKSPACE = SimpleNamespace(
    tables=SimpleNamespace(first_day=lambda: FIRST, has=lambda name: True), settings=SimpleNamespace(rules=Rules())
)


@pytest.fixture(scope="module")
def lines():
    """Some 1,000 lines a week of six categories and twenty stores, with a season."""
    rng = np.random.default_rng(3)
    weeks = []
    for week in range(WEEKS):
        n = int(1000 * (1 + 0.3 * np.sin(week / 5)))
        product = rng.choice(30, n)
        weeks.append(
            pd.DataFrame(
                {
                    "day": [FIRST + timedelta(days=7 * week + int(d)) for d in rng.integers(0, 7, n)],
                    "product_id": product.astype(str),
                    "customer_id": rng.integers(0, 300, n).astype(str),
                    "store_id": rng.choice(20, n).astype(str),
                    "region": rng.choice(["north", "south"], n),
                    "quantity": 1.0 + rng.poisson(1, n),
                    "revenue": rng.lognormal(1, 0.5, n),
                    "discount": rng.random(n),
                    "week": week,
                }
            )
        )
    return pd.concat(weeks, ignore_index=True)


def measured(lines, as_of=NOW):
    connection = duckdb.connect()
    connection.register("orders", lines)
    products = pd.DataFrame({"product_id": map(str, range(30)), "category": [f"c{i % 6}" for i in range(30)]})
    connection.register("products", products)
    return weekly_series.measure(connection, WORKSPACE, as_of)


def moved(lines, **planted):
    last = lines["week"] == WEEKS - 1
    changed = lines.assign(**{name: lines[name].mask(last & where, to) for name, (where, to) in planted.items()})
    return found(changed)


def found(lines):
    return {each.of.key for each in moved_series.judge(measured(lines), LEVEL, NOW, {})[0]}


def every(lines):
    return pd.Series(True, index=lines.index)


def of_category(lines, number):
    return lines["product_id"].astype(int) % 6 == number


def test_nothing_has_moved_in_a_shop_as_it_was(lines):
    assert found(lines) == set()


def test_spend_per_line_times_one_and_a_half_is_the_whole_shop_s(lines):
    assert moved(lines, revenue=(every(lines), lines["revenue"] * 1.5)) == {"shop||revenue"}


def test_one_category_s_quantities_times_100_are_that_category_s(lines):
    found = moved(lines, quantity=(of_category(lines, 2), lines["quantity"] * 100))
    assert "category|c2|units" in found
    assert found <= {"category|c2|units", "shop||units"} | {f"category|c{i}|units" for i in range(6)}


def test_broken_product_ids_are_said_once_and_not_of_every_category(lines):
    assert moved(lines, product_id=(every(lines), "x")) == {"shop||unknown_products"}


def test_lost_customers_and_discounts_show_as_shares(lines):
    some = pd.Series(np.random.default_rng(1).random(len(lines)) < 0.2, index=lines.index)
    assert moved(lines, customer_id=(some, None)) == {"shop||guests"}
    assert moved(lines, discount=(every(lines), None)) == {"shop||no_discount"}


def test_stores_that_are_gone_show(lines):
    last = lines["week"] == WEEKS - 1
    gone = found(lines[~(last & lines["store_id"].isin(["1", "2", "3", "4"]))])
    assert {"shop||stores", "store|1|lines"} <= gone


def test_a_series_stays_moved_beside_the_weeks_before_it_moved(lines):
    late = lines["week"] >= WEEKS - 8
    weeks = measured(lines.assign(revenue=lines["revenue"].mask(late, lines["revenue"] * 1.5)))
    since = {"shop||revenue": NOW - timedelta(days=49)}
    again, _ = moved_series.judge(weeks, LEVEL, NOW, since)
    assert [(each.of.key, each.since) for each in again] == [("shop||revenue", since["shop||revenue"])]
    assert moved_series.judge(measured(lines), LEVEL, NOW, since)[0] == []


def test_a_young_shop_has_nothing_to_judge(lines):
    assert moved_series.judge(measured(lines, FIRST + timedelta(days=3)), LEVEL, FIRST, {}) == ([], 0)
    assert moved_series.judge(measured(lines, FIRST + timedelta(days=21)), LEVEL, FIRST, {}) == ([], 0)


def test_what_another_check_said_is_not_said_again(lines):
    connection = duckdb.connect()
    last = lines["week"] == WEEKS - 1
    connection.register("orders", lines.assign(revenue=lines["revenue"].mask(last, lines["revenue"] * 1.5)))
    connection.register("products", pd.DataFrame({"product_id": ["1"], "category": ["c1"]}))
    alone = series_check.check(connection, WORKSPACE, NOW)
    said = QualityCheck("moved_prices", 1.5, 1.0, 1.25, False, Message("check.moved_units", {"names": []}))
    beside = series_check.check(connection, WORKSPACE, NOW, others=[said])
    assert (alone.passed, beside.passed) == (False, True)
    assert "revenue per line (1.5" in str(alone.says)
    assert beside.says.values["since"] == {"shop||revenue": NOW.isoformat()}
