"""What was measured takes the place of what is assumed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.workspace import Workspace
from models.uplift import dataset
from models.uplift.blending import Blend
from models.uplift.design import Design
from models.uplift.model import FittedEffects, OfferTerms, UpliftModel
from pipelines.churn_list.measured_effects import best_offers, costs_of
from pipelines.churn_list.selection import Terms, select

DAY = date(2024, 7, 1)


def model(means: list[float], costs: list[float]) -> UpliftModel:
    """Everybody has the mean effect."""
    terms = OfferTerms(("call", "mail"), np.array(costs), np.zeros(2), 0.5)
    part = FittedEffects(np.array(means), {}, {}, Blend((), np.zeros(0), np.zeros(0)))
    return UpliftModel(DAY, 28, Design((), ()), terms, [part])


@pytest.fixture
def no_features(new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A shop of which nothing has to be known."""
    monkeypatch.setattr(dataset, "with_features", lambda _workspace, rows: rows)
    return new_workspace


@pytest.mark.parametrize(
    ("means", "costs", "offer", "adds"),
    [
        ([8.0, 6.0], [3.0, 0.5], "mail", 3.0),
        ([8.0, 6.0], [0.0, 0.5], "call", 4.0),
        ([8.0, 6.0], [5.0, 3.5], "mail", 3.0),
        ([-1.0, 0.0], [0.5, 0.0], "none", 0.0),
    ],
)
def test_the_offer_is_the_one_that_earns_most_beyond_its_cost(
    means, costs, offer, adds, no_features: Workspace
) -> None:
    charged = dict(zip(("call", "mail"), costs, strict=True))
    found = best_offers(no_features, model(means, [9.0, 9.0]), ["a", "b"], DAY, charged)
    assert list(found.offers) == [offer, offer]
    assert list(found.adds) == [adds, adds]


@pytest.mark.parametrize(
    ("stated", "for_all", "costs"),
    [
        ({}, None, {"call": 3.0, "mail": 0.5}),
        ({"call": 1.0, "gift": 7.0}, None, {"call": 1.0, "mail": 0.5}),
        ({"call": 1.0}, 0.0, {"call": 0.0, "mail": 0.0}),
    ],
)
def test_what_is_asked_for_the_list_counts_before_what_contacts_did_cost(stated, for_all, costs) -> None:
    assert costs_of(model([8.0, 6.0], [3.0, 0.5]), stated, for_all) == costs


@pytest.mark.parametrize(("cost", "reason"), [(0.0, ""), (5.0, "costs_more_than_it_saves")])
def test_an_offer_that_once_cost_too_much_is_judged_by_what_it_costs_now(
    cost: float, reason: str, no_features: Workspace
) -> None:
    dear = model([8.0, 6.0], [99.0, 99.0])
    costs = costs_of(dear, {}, cost)
    told = best_offers(no_features, dear, ["a"], DAY, costs)
    plain = {"customer_id": "a", "risk_tier": 1, "refused": False, "suppressed": False, "rest": np.nan, "times": 0}
    row = pd.DataFrame({**plain, "offer": told.offers, "saves": told.adds, "cost": [costs[told.offers[0]]]})
    terms = Terms(1, counts_money=False, tier=None, hold_out=0.0, rest_days=28, most_per_year=12, campaign="c", seed=1)
    found = select(row, terms)
    assert [why for why, count in found.left_out.items() if count] == ([reason] if reason else [])
    assert list(found.rows["offer"]) == ([] if reason else ["call"])
