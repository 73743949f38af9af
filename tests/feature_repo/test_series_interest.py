"""Events of a series' products, packed by day."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from models.demand.dataset import histories
from models.demand.signals.interest import NAMES
from tests.support.shop import commit, empty_workspace

FIRST = date(2024, 1, 1)
AS_OF = FIRST + timedelta(days=60)


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Two categories; carts of bread on day 50 twice, a view of cake on day 40, and some that do not count."""
    workspace = empty_workspace(tmp_path_factory.mktemp("looked") / "ws", demand={"min_days": 10})
    days = [FIRST + timedelta(days=place) for place in range(60)]
    orders = [(f"o{day}", product, day) for day in days for product in ("bread", "cake")]
    orders = pd.DataFrame(orders, columns=["order_id", "product_id", "ordered_at"])
    events = [
        ("cart", "bread", 50), ("cart", "bread", 50), ("view", "cake", 40), ("view", None, 45), ("login", "cake", 45),
        ("cart", "bread", 60), ("cart", "unknown", 50),
    ]  # fmt: skip
    seen = pd.DataFrame(events, columns=["kind", "product_id", "day"])
    seen = seen.assign(
        customer_id="c", occurred_at=[datetime(2024, 1, 1, 12) + timedelta(days=day) for day in seen.day]
    )
    products = pd.DataFrame({"product_id": ["bread", "cake"], "category": ["Bread", "Cake"], "department": "d"})
    lines = orders.assign(customer_id="c", quantity=1.0, revenue=1.0, ordered_at=pd.to_datetime(orders.ordered_at))
    commit(workspace, {"orders": lines, "products": products, "events": seen.drop(columns="day")})
    return histories(workspace, AS_OF)


def told(known, name, series):
    row = known.interest[NAMES.index(f"events: {name}")][known.ids.index(series)]
    return {day: count for day, count in enumerate(row) if count > 0}


def test_events_count_on_their_day_for_the_series_of_their_product(known):
    assert told(known, "carts", "Bread") == {50: 2}
    assert told(known, "views", "Cake") == {40: 1}
    assert told(known, "carts", "Cake") == told(known, "views", "Bread") == {}


def test_before_the_first_event_of_a_kind_none_are_known(known):
    carts = known.interest[NAMES.index("events: carts")]
    assert pd.isna(carts[:, :50]).all()
    assert (carts[:, 51:] == 0).all()


def test_the_events_of_some_series_are_selected_with_them(known):
    assert told(known.select([known.ids.index("Bread")]), "carts", "Bread") == {50: 2}
