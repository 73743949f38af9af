from datetime import date, timedelta
from itertools import pairwise

import pandas as pd
import pytest

from core.errors import DataError
from core.workspace import Workspace
from models.churn import dataset, labels
from tests.support.shop import commit

AS_OF = date(2024, 6, 1)


def orders(rows: list[tuple[str | None, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "day"])
    at = pd.to_datetime(frame.pop("day")) + pd.Timedelta(hours=12)
    ids = [str(i) for i in range(len(frame))]
    return frame.assign(order_id=ids, product_id="001", ordered_at=at, quantity=1.0, revenue=2.0)


@pytest.fixture
def shop(new_workspace: Workspace) -> Workspace:
    rows = [
        ("old", "2024-04-01"),  # 61 days before
        ("edge", "2024-04-02"),  # 60 days before
        ("stays", "2024-05-20"),
        ("stays", "2024-06-28"),  # the last day of the window
        ("leaves", "2024-05-31"),
        ("leaves", "2024-06-29"),  # the day after the window
        ("new", "2024-06-01"),
        (None, "2024-05-30"),
        (None, "2024-07-15"),
    ]
    commit(new_workspace, {"orders": orders(rows)})
    return new_workspace


def test_the_population_bought_in_the_60_days_before(shop: Workspace) -> None:
    assert labels.active(shop, AS_OF) == ["edge", "leaves", "stays"]


def test_churned_is_no_purchase_in_the_28_days_from_as_of_on(shop: Workspace) -> None:
    found = labels.examples(shop, [AS_OF], date(2024, 6, 29)).set_index("customer_id").churned
    assert found.to_dict() == {"edge": 1, "leaves": 1, "stays": 0}


def test_a_window_that_is_not_over_has_no_labels(shop: Workspace) -> None:
    with pytest.raises(DataError, match="latest possible origin is 2024-05-31"):
        labels.examples(shop, [AS_OF], date(2024, 6, 28))


def test_a_return_is_a_visit_too(new_workspace: Workspace) -> None:
    rows = orders([("a", "2024-05-20"), ("a", "2024-06-10")]).assign(quantity=[1.0, -1.0])
    commit(new_workspace, {"orders": rows})
    assert list(labels.examples(new_workspace, [AS_OF], date(2024, 7, 1)).churned) == [0]


def test_who_does_not_allow_profiling_is_left_out(shop: Workspace) -> None:
    choices = [
        ("edge", True, "2024-05-01"),
        ("stays", True, "2024-05-01"),
        ("stays", False, "2024-05-31"),
        ("leaves", True, "2024-06-02"),
    ]
    frame = pd.DataFrame(choices, columns=["customer_id", "granted", "at"])
    commit(shop, {"consents": frame.assign(at=pd.to_datetime(frame["at"]), purpose="profiling")})
    assert labels.active(shop, AS_OF) == ["edge"]
    # a choice made by the time of training counts for every origin
    assert list(labels.examples(shop, [AS_OF], date(2024, 6, 29)).customer_id) == ["edge", "leaves"]


def test_origins_have_a_whole_population_before_and_a_whole_window_after_them(small_shop_readonly: Workspace) -> None:
    labels_until = date(2024, 8, 1)
    found = dataset.known_origins(small_shop_readonly, labels_until)
    assert found[-1] == labels_until - timedelta(days=28)
    assert found[0] >= small_shop_readonly.tables.first_day() + timedelta(days=60)
    assert {(b - a).days for a, b in pairwise(found)} == {dataset.STEP_DAYS}


def test_a_population_of_more_customers_than_asked_for_is_drawn_by_chance(shop: Workspace) -> None:
    everybody = labels.active(shop, AS_OF)
    some = labels.population(shop, AS_OF, 2)
    assert len(some.frame) == 2
    assert set(some.frame.customer_id) < set(everybody)
    assert some.there == 3
    assert list(labels.population(shop, AS_OF, 3).frame.customer_id) == everybody
