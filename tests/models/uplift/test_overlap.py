"""An offer that nobody like a customer ever got is not advised."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from models.uplift import overlap
from models.uplift.blending import Blend
from models.uplift.design import Design
from models.uplift.model import FittedEffects, OfferTerms, UpliftModel, choose, read

NAME = "days_since_last_visit"


def contacts(offers: int, kept_from: float, rows: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Arms by lot, but the last offer never for who has more than `kept_from` of the feature."""
    rng = np.random.default_rng(4)
    matrix = rng.uniform(0, 100, (rows, 1)).astype(np.float32)
    arm = rng.integers(0, offers + 1, rows)
    return matrix, np.where((arm == offers) & (matrix[:, 0] > kept_from), 0, arm)


@pytest.mark.parametrize("offers", [1, 2])
def test_an_offer_is_tried_where_it_was_given(offers: int) -> None:
    found = overlap.fit(*contacts(offers, 20.0), offers + 1, seed=1, threads=1)
    near, far = found.tried(np.array([[5.0], [95.0]], dtype=np.float32))
    assert near.all()
    assert far.tolist() == [True] * (offers - 1) + [False]


@pytest.mark.parametrize("offers", [1, 2])
def test_where_lots_were_drawn_every_offer_was_tried_on_everybody(offers: int) -> None:
    matrix, arm = contacts(offers, 200.0)
    assert overlap.fit(matrix, arm, offers + 1, seed=1, threads=1).tried(matrix).all()


def test_a_model_keeps_to_offers_that_were_tried_also_once_it_was_saved(tmp_path) -> None:
    terms = OfferTerms(("call", "mail"), np.array([1.0, 1.0]), np.zeros(2), 1.0)
    part = FittedEffects(np.array([3.0, 8.0]), {}, {}, Blend((), np.zeros(0), np.zeros(0)))
    model = UpliftModel(date(2024, 7, 1), 28, Design((NAME,), ()), terms, [part])
    asked = {NAME: [5.0, 95.0]}
    assert choose(model.values(asked)).tolist() == [2, 2]
    model.overlap = overlap.fit(*contacts(2, 20.0), 3, seed=1, threads=1)
    assert choose(model.values(asked)).tolist() == [2, 1]
    assert model.values(asked)[1, 1] == -1.0
    model.save(tmp_path / "model")
    assert choose(read(tmp_path / "model").values(asked)).tolist() == [2, 1]


@pytest.mark.parametrize("column", [[3.0] * 4, [None] * 4, [np.inf, 1.0, 2.0, 1e39]])
def test_constant_missing_and_enormous_columns_stop_nothing(column: list[float]) -> None:
    matrix = Design((NAME,), ()).matrix({NAME: column * 50})
    assert not np.isinf(matrix).any()
    assert overlap.fit(matrix, np.arange(200) % 3, 3, seed=1, threads=1).tried(matrix).all()
