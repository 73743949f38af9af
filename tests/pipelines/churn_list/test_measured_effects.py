"""What was measured takes the place of what is assumed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from core.workspace import Workspace
from models.uplift import dataset
from models.uplift.blending import Blend
from models.uplift.design import Design
from models.uplift.model import FittedEffects, OfferTerms, UpliftModel
from pipelines.churn_list.measured_effects import best_offers

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
        ([8.0, 6.0], [5.0, 3.5], "none", 3.0),
    ],
)
def test_the_offer_is_the_one_that_earns_most_beyond_its_cost(
    means, costs, offer, adds, no_features: Workspace
) -> None:
    found = best_offers(no_features, model(means, costs), ["a", "b"], DAY)
    assert list(found.offers) == [offer, offer]
    assert list(found.adds) == [adds, adds]
    assert found.costs == dict(zip(("call", "mail"), costs, strict=True))
