"""What came of each arm's answers: every model's outcome, the guardrails, and shadows, which nobody was told of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from core.clock import present
from core.prediction_log import FAILED_SUFFIX, SHADOW_SUFFIX, Prediction, PredictionLog, Result
from core.sortable_ids import new_id
from core.workspace import Workspace
from feature_repo import facts
from models.demand.labels import sold
from monitoring import prices
from monitoring.served.arm_outcomes import ArmFigure, guardrails, outcome
from monitoring.served.live_comparison import judged
from monitoring.served.window import ServedWindow

ARMS = {"1": "champion", "2": "canary"}
MODELS = {"churn": "churn", "recommendations": "recommendation", "demand": "demand"}


def log(
    workspace: Workspace,
    kind: str,
    version: str,
    *lines: Result,
    suffix: str = "",
    seconds: float = 0.01,
    **asked: object,
) -> None:
    """An answer of the day a horizon ago."""
    writer, day = PredictionLog(workspace), (present(workspace) - timedelta(days=28)).isoformat()
    variant = "shadow" if suffix == SHADOW_SUFFIX else ARMS[version]
    made = Prediction(
        new_id(), kind + suffix, MODELS[kind], version, variant, lines, {"as_of": day, **asked}, seconds=seconds
    )
    writer.append(made)
    writer.close()


def window(workspace: Workspace) -> ServedWindow:
    return ServedWindow.before(workspace, 28, present(workspace), datetime.now(UTC))


def means(figure: ArmFigure) -> dict[str, float]:
    return dict(figure.frame.groupby("version")["value"].mean().astype(float))


def test_recommendation_is_judged_by_who_bought_of_the_first_list(small_shop: Workspace) -> None:
    day = present(small_shop) - timedelta(days=28)
    customers = np.array([f"c{number:03d}" for number in range(160)], dtype=object)
    bought = facts.purchases(small_shop, day, day + timedelta(days=28), customers)
    buyer = dict(zip(bought["customer_id"], bought["product_id"], strict=True))
    first, second, *_ = buyer
    log(small_shop, "recommendations", "1", Result(first, 0.9, buyer[first]), Result(first, 0.8, "none"))
    log(small_shop, "recommendations", "2", Result(second, 0.9, "none"))
    log(small_shop, "recommendations", "2", Result(second, 0.9, buyer[second]))  # a later list tells nothing
    log(small_shop, "recommendations", "2", Result("", 0.9, "none"))  # nor does a guest's
    found = outcome(window(small_shop), "recommendation")
    assert (means(found), found.higher_is_better) == ({"1": 1.0, "2": 0.0}, True)


def test_demand_is_judged_by_the_units_that_sold(small_shop: Workspace) -> None:
    day = present(small_shop) - timedelta(days=28)
    series = ["category 1", "category 2"]
    units = sold(small_shop, series, day)[:, :28].sum(axis=1)
    asked = {"first_day": day.isoformat(), "periods": 28}
    log(small_shop, "demand", "1", Result(series[0], float(units[0])), **asked)
    log(small_shop, "demand", "2", Result(series[1], 3.0 * float(units[1])), **asked)
    found = outcome(window(small_shop), "demand")
    assert means(found) == {"1": 0.0, "2": pytest.approx(0.5)}
    assert found.higher_is_better is False


@pytest.mark.parametrize("kind", list(MODELS))
def test_a_shadow_is_judged_by_the_same_outcome_and_by_no_guardrail(small_shop: Workspace, kind: str) -> None:
    day = present(small_shop) - timedelta(days=28)
    subject = "category 1" if kind == "demand" else "c001"
    line = Result(subject, 0.5, "p" if kind == "recommendations" else None)
    asked = {"first_day": day.isoformat(), "periods": 28} if kind == "demand" else {}
    log(small_shop, kind, "1", line, **asked)
    log(small_shop, kind, "2", line, suffix=SHADOW_SUFFIX, **asked)
    found = means(outcome(window(small_shop), MODELS[kind]))
    assert found["1"] == found["2"]
    assert all(set(each.frame["version"]) <= {"1"} for each in guardrails(window(small_shop), MODELS[kind]))


def test_how_dear_lists_are_and_how_long_they_take_is_told_by_arm(small_shop: Workspace) -> None:
    level = prices.levels(small_shop, present(small_shop)).sort_values()
    log(small_shop, "recommendations", "1", Result("c001", 0.9, level.index[0]), seconds=0.02)
    log(small_shop, "recommendations", "2", Result("c002", 0.9, level.index[-1], fallback="popular"), seconds=30.0)
    missing, time, dear = guardrails(window(small_shop), "recommendation")
    assert means(missing) == {"1": 0.0, "2": 1.0}
    assert means(time) == {"1": 20.0, "2": 1000.0}, "one stall does not speak for an arm"
    assert means(dear) == {"1": pytest.approx(level.iloc[0]), "2": pytest.approx(level.iloc[-1])}
    assert dear.harm is None


def test_what_an_arm_failed_at_counts_as_missing_though_the_champion_answered(small_shop: Workspace) -> None:
    log(small_shop, "churn", "1", Result("c001", 0.5))
    log(small_shop, "churn", "2", Result("c002", None, fallback="error"), suffix=FAILED_SUFFIX)
    missing, _ = guardrails(window(small_shop), "churn")
    assert means(missing) == {"1": 0.0, "2": 1.0}


def test_the_time_of_an_answer_about_many_is_no_arms(small_shop: Workspace) -> None:
    log(small_shop, "churn", "1", Result("c001", 0.5), Result("c002", 0.5))
    _, time = guardrails(window(small_shop), "churn")
    assert time.frame.empty


def test_a_version_that_is_certainly_slower_breaks_a_guardrail(small_shop: Workspace) -> None:
    rng, writer = np.random.default_rng(3), PredictionLog(small_shop)
    for number in range(1200):
        version = "12"[number % 2]
        took = float(rng.gamma(4.0, 0.005 if version == "1" else 0.01))
        line = Result(f"c{number}", 0.5)
        writer.append(Prediction(new_id(), "churn", "churn", version, ARMS[version], [line], {}, seconds=took))
    writer.close()
    missing, time = (judged(each, "1", "2", 0.05, 0.1) for each in guardrails(window(small_shop), "churn"))
    assert (missing.harmed, time.harmed) == (None, "b")
