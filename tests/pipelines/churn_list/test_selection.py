"""Whom to contact: the best first, within the budget, and who is to be left in peace."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from pipelines.churn_list.selection import Terms, held_out, select

TERMS = Terms(
    budget=3, counts_money=False, tier=None, hold_out=0.0, rest_days=28, most_per_year=12, campaign="spring", seed=20
)


def customers(**columns: list[object]) -> pd.DataFrame:
    """Six customers in tier 2, each worth more than the one before."""
    plain = {
        "customer_id": list("abcdef"),
        "risk_tier": [2] * 6,
        "refused": [False] * 6,
        "suppressed": [False] * 6,
        "rest": [float("nan")] * 6,
        "times": [0] * 6,
        "offer": ["coupon"] * 6,
        "cost": [0.0] * 6,
        "saves": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    }
    return pd.DataFrame({**plain, **columns})


def test_the_best_come_first_until_the_budget_is_used() -> None:
    found = select(customers(), TERMS)
    assert list(found.rows["customer_id"]) == ["f", "e", "d"]
    assert found.left_out["beyond_budget"] == 3


def test_money_goes_where_it_saves_most_per_unit() -> None:
    costs = customers(cost=[0.5, 0.5, 2.9, 0.5, 4.9, 1.0])
    found = select(costs, replace(TERMS, budget=2.0, counts_money=True))
    assert list(found.rows["customer_id"]) == ["d", "f", "b"]
    assert found.rows["cost"].sum() == 2.0


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("risk_tier", [0, 2, 2, 2, 2, 2], "not_in_tier"),
        ("refused", [True] + [False] * 5, "no_marketing_consent"),
        ("suppressed", [True] + [False] * 5, "suppressed"),
        ("rest", [28.0, 29.0] + [float("nan")] * 4, "contacted_lately"),
        ("times", [12, 11, 0, 0, 0, 0], "contacted_too_often"),
        ("offer", ["none"] + ["coupon"] * 5, "no_action"),
        ("cost", [1.0] + [0.0] * 5, "costs_more_than_it_saves"),
    ],
)
def test_who_is_left_out_is_counted_by_the_reason(column: str, values: list[object], reason: str) -> None:
    found = select(customers(**{column: values}), replace(TERMS, budget=100))
    assert "a" not in set(found.rows["customer_id"])
    assert {name: count for name, count in found.left_out.items() if count} == {reason: 1}


def test_one_tier_may_be_asked_for() -> None:
    found = select(customers(risk_tier=[1, 1, 2, 2, 3, 3]), replace(TERMS, tier=3))
    assert list(found.rows["customer_id"]) == ["f", "e"]


@pytest.mark.parametrize("terms", [replace(TERMS, budget=0), replace(TERMS, budget=0, counts_money=True)])
def test_a_budget_of_nothing_reaches_nobody(terms: Terms) -> None:
    assert select(customers(), terms).rows.empty


def test_costs_above_all_values_leave_nobody() -> None:
    found = select(customers(cost=[7.0] * 6), replace(TERMS, budget=1000, counts_money=True))
    assert found.rows.empty
    assert found.left_out["costs_more_than_it_saves"] == 6


def test_who_is_held_out_costs_nothing_and_is_the_same_when_drawn_again() -> None:
    terms = replace(TERMS, budget=500, hold_out=0.2)
    many = pd.concat([customers()] * 500, ignore_index=True).assign(customer_id=[str(n) for n in range(3000)])
    found = select(many, terms)
    again = select(many.sample(frac=1, random_state=3), terms)
    pd.testing.assert_frame_equal(found.rows, again.rows)
    left = found.rows[~found.rows["treated"].astype(bool)]
    assert len(found.rows) - len(left) == 500
    assert 0.15 < len(left) / len(found.rows) < 0.25
    assert all(held_out(who, terms) for who in left["customer_id"])


def test_another_campaign_holds_out_others() -> None:
    spring, summer = (replace(TERMS, hold_out=0.5, campaign=name) for name in ("spring", "summer"))
    assert {n for n in range(64) if held_out(str(n), spring)} != {n for n in range(64) if held_out(str(n), summer)}
