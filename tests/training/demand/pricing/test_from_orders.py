"""From the orders of an invented shop to an answered scenario."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.workspace import Workspace
from models.demand import KIND
from models.demand.batch import outlook
from models.demand.pricing.scenario import Effect, Scenario, Unanswerable
from models.kinds import Budget
from models.registry import Registry
from tests.support.price_panel import planted
from tests.support.shop import commit, empty_workspace
from training.run import train

FIRST = date(2023, 1, 2)
STILL = 3
"""The product whose price never moves."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = planted(seed=5, units=16, weeks=70, groups=4, level=60.0)
    space = empty_workspace(tmp_path_factory.mktemp("prices") / "shop", demand={"series": ["product_id"], "trials": 1})
    commit(space, {"orders": _orders(made.panel), "products": _products(made.panel)})
    return made, space


def _orders(panel):
    rng, rows = np.random.default_rng(1), []
    for unit, week in np.ndindex(*panel.shape):
        price = 2.0 if unit == STILL else 2.0 * float(np.exp(panel.price[unit, week]))
        for day, units in enumerate(rng.multinomial(int(panel.units[unit, week]), [1 / 7] * 7)):
            if units:
                when = pd.Timestamp(FIRST + timedelta(days=7 * week + day)) + pd.Timedelta(hours=12)
                rows.append((f"p{unit:02d}", when, float(units), round(units * price, 4)))
    frame = pd.DataFrame(rows, columns=["product_id", "ordered_at", "quantity", "revenue"])
    return frame.assign(customer_id="c1", order_id=[f"o{number}" for number in range(len(frame))])


def _products(panel):
    ids = [f"p{unit:02d}" for unit in range(panel.shape[0])]
    return pd.DataFrame({"product_id": ids, "category": [f"category {group}" for group in panel.group]})


@pytest.fixture(scope="module")
def planned(shop):
    _, space = shop
    as_of = FIRST + timedelta(days=7 * 70)
    version = train(space, KIND, as_of, Budget(1, 900)).version
    model = KIND.load(Registry(space).fetch(version) / "model")
    return outlook(Workspace.open(space.root), model, as_of)


@pytest.mark.long
def test_the_response_to_a_price_comes_back_from_the_orders(shop, planned):
    made, _ = shop
    responses = planned.prices
    told = [unit for unit in range(16) if not responses.refused[responses.rows[f"p{unit:02d}"]]]
    found = np.array([responses.mean[responses.rows[f"p{unit:02d}"], 0] for unit in told])
    assert STILL not in told
    assert len(told) == 15
    # what promotions lift counts to their lower prices, as this shop tells of no promotions
    assert -1.2 < (found - made.elasticity[told]).mean() < 0.3
    assert (found < -0.5).all()


@pytest.mark.long
def test_a_lower_price_sells_more_and_a_price_that_never_moved_is_refused(planned):
    effect = planned.effect("p00", Scenario(price_change=-0.1))
    assert isinstance(effect, Effect)
    units, share = effect.change(planned.forecast.mean[planned.rows["p00"]])
    assert 0 < units.low < units.value
    assert 0.05 < share.value < 0.6
    still = planned.effect(f"p{STILL:02d}", Scenario(price_change=-0.1))
    assert isinstance(still, Unanswerable)
    assert still.code == "price_never_moved"
