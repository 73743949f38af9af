"""What the service said is measured against what came of it: feedback first, then the orders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from core.clock import present
from core.prediction_log import Result
from core.workspace import Workspace
from models.churn import labels
from models.demand.labels import sold
from monitoring.results import Served
from monitoring.served import lists, probabilities, totals
from monitoring.served.window import ServedWindow
from tests.support.served import answered, told
from tests.support.shop import commit

HORIZON = 28


def window(workspace: Workspace, as_of: date | None = None) -> ServedWindow:
    return ServedWindow.before(workspace, HORIZON, as_of or present(workspace), datetime.now(UTC))


def figures(found: Served | None) -> dict[str, float]:
    assert found is not None
    assert not any(each.low > each.high for each in found.figures)
    return {each.name: each.value for each in found.figures}


@pytest.mark.parametrize("measure", [probabilities.measure, lists.measure, totals.measure])
def test_where_nothing_was_answered_there_is_nothing_to_measure(small_shop_readonly: Workspace, measure) -> None:
    assert measure(window(small_shop_readonly)) is None


def test_served_probabilities_are_held_against_feedback(small_shop: Workspace) -> None:
    chances, left = [0.9, 0.2, 0.6, 0.3, 0.5], [1, 0, 0, 0, 1]
    names = [f"c{number:03d}" for number in range(5)]
    made = answered(small_shop, "churn", [Result(*each) for each in zip(names, chances, strict=True)])
    for name, gone in zip(names, left, strict=True):
        told(small_shop, made, customer_id=name, bought=not gone)
    found = probabilities.measure(window(small_shop))
    values = figures(found)
    assert values["log_loss"] == pytest.approx(log_loss(left, chances))
    assert values["brier"] == pytest.approx(brier_score_loss(left, chances))
    assert values["roc_auc"] == pytest.approx(roc_auc_score(left, chances))
    assert values["share that left"] == pytest.approx(0.4)
    assert found is not None
    assert (found.n, found.by_feedback, found.by_orders, found.versions) == (5, 5, 0, ("3",))


def test_without_feedback_the_orders_say_who_left_as_training_counts_it(small_shop: Workspace) -> None:
    day = present(small_shop) - timedelta(days=HORIZON)
    examples = labels.examples(small_shop, [day], present(small_shop)).set_index("customer_id")["churned"]
    asked = {"as_of": day.isoformat()}
    answered(small_shop, "churn", [Result(name, 0.5) for name in examples.index], asked)
    found = probabilities.measure(window(small_shop))
    assert figures(found)["share that left"] == pytest.approx(examples.mean())
    assert found is not None
    assert (found.n, found.by_orders) == (len(examples), len(examples))


def test_what_feedback_says_goes_over_the_orders(small_shop: Workspace) -> None:
    asked = {"as_of": (present(small_shop) - timedelta(days=HORIZON)).isoformat()}
    made = answered(small_shop, "churn", [Result(f"c{number:03d}", 0.5) for number in range(40)], asked)
    before = figures(probabilities.measure(window(small_shop)))["share that left"]
    for number in range(40):
        told(small_shop, made, customer_id=f"c{number:03d}", bought=True)
    assert before > 0
    assert figures(probabilities.measure(window(small_shop)))["share that left"] == 0


def test_nothing_is_known_of_a_horizon_that_has_not_passed(small_shop: Workspace) -> None:
    asked = {"as_of": (present(small_shop) - timedelta(days=HORIZON - 1)).isoformat()}
    answered(small_shop, "churn", [Result("c001", 0.5)], asked)
    assert probabilities.measure(window(small_shop)) is None


def test_a_customer_counts_once_with_the_first_answer(small_shop: Workspace) -> None:
    asked = {"as_of": (present(small_shop) - timedelta(days=HORIZON)).isoformat()}
    for chance in (0.125, 0.75):
        answered(small_shop, "churn", [Result("c001", chance)], asked)
    found = probabilities.measure(window(small_shop))
    assert figures(found)["mean probability"] == 0.125


def test_an_answer_without_a_value_and_one_that_says_no_day_are_not_measured(small_shop: Workspace) -> None:
    day = (present(small_shop) - timedelta(days=HORIZON)).isoformat()
    answered(small_shop, "churn", [Result("c001", None, fallback="no_consent")], {"as_of": day})
    answered(small_shop, "churn", [Result("c002", 0.5)])  # by an earlier release, with the clock of the data
    assert probabilities.measure(window(small_shop)) is None


def test_who_refuses_profiling_is_not_measured(small_shop: Workspace) -> None:
    asked = {"as_of": (present(small_shop) - timedelta(days=HORIZON)).isoformat()}
    answered(small_shop, "churn", [Result("c001", 0.5), Result("c002", 0.5)], asked)
    row = {"customer_id": "c001", "purpose": "profiling", "granted": True, "at": pd.Timestamp("2024-05-01")}
    commit(small_shop, {"consents": pd.DataFrame([row])})
    found = probabilities.measure(window(small_shop))
    assert found is not None
    assert found.n == 1


def test_a_list_is_a_hit_if_something_of_it_was_bought(small_shop: Workspace) -> None:
    outcomes = [{"bought": ["a"]}, {"bought": ["z"]}, {"bought": False}, {"bought": True}, {"clicked": 1}]
    for outcome in outcomes:
        shown = [Result("c001", 0.9, "a"), Result("c001", 0.8, "b")]
        told(small_shop, answered(small_shop, "recommendations", shown), **outcome)
    found = lists.measure(window(small_shop))
    assert figures(found)["hit rate"] == 0.5
    assert found is not None
    assert (found.n, found.not_understood) == (4, 1)


def test_a_list_counts_once_however_often_it_is_told_of(small_shop: Workspace) -> None:
    made = answered(small_shop, "recommendations", [Result("c001", 0.9, "a")])
    for _ in range(3):
        told(small_shop, made, bought=True)
    found = lists.measure(window(small_shop))
    assert found is not None
    assert found.n == 1


def test_served_totals_are_held_against_feedback(small_shop: Workspace) -> None:
    made = answered(small_shop, "demand", [Result("BEER", 100.0), Result("ICE", 50.0)])
    told(small_shop, made, series={"category": "BEER"}, units=70)
    told(small_shop, made, series={"category": "BEER"}, units=80)
    told(small_shop, made, series={"category": "ICE"}, units=60)
    values = figures(totals.measure(window(small_shop)))
    assert values["wMAPE"] == pytest.approx((20 + 10) / 140)
    assert values["bias"] == pytest.approx((20 - 10) / 140)


def test_without_feedback_the_orders_say_what_was_sold_of_the_days_asked_for(small_shop: Workspace) -> None:
    day = present(small_shop) - timedelta(days=HORIZON)
    products = pd.concat([pd.read_parquet(path) for path in small_shop.tables.files("products")])
    names = sorted(products.loc[products["department"] != "SERVICES", "category"].unique())[:3]
    asked = {"horizon": 7, "first_day": day.isoformat(), "periods": 7}
    answered(small_shop, "demand", [Result(name, 10.0) for name in names], asked)
    units = sold(small_shop, names, day)[:, :7].sum(axis=1)
    found = totals.measure(window(small_shop))
    assert figures(found)["wMAPE"] == pytest.approx(np.abs(10.0 - units).sum() / units.sum())
    assert found is not None
    assert (found.by_orders, found.by_feedback) == (3, 0)


def test_of_an_earlier_day_only_what_was_answered_before_it_is_measured(small_shop: Workspace) -> None:
    made = datetime(2024, 6, 1, tzinfo=UTC)
    told(small_shop, answered(small_shop, "churn", [Result("c001", 0.5)], made_at=made), bought=True)
    told(small_shop, answered(small_shop, "churn", [Result("c002", 0.5)]), bought=True)
    earlier = window(small_shop, date(2024, 7, 1))
    assert earlier.until == datetime(2024, 6, 30, 23, tzinfo=UTC)
    assert probabilities.measure(earlier) is None  # the feedback came later
    found = probabilities.measure(window(small_shop))
    assert found is not None
    assert found.n == 1
