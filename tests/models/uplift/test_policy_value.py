"""A policy is compared with one offer for all where that offer could have been."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.uplift.blending import Blend
from models.uplift.candidates import Fit
from models.uplift.dataset import Contacts
from models.uplift.design import Design
from models.uplift.evaluation import of_study
from models.uplift.fitting import Learnt, Study
from models.uplift.model import FittedEffects, OfferTerms, UpliftModel
from models.uplift.randomisation import Draw
from models.uplift.trial import Trial, doubly_robust

DAY = date(2024, 7, 1)


def drawn_within_offers() -> Study:
    """The first four customers had a call by lot, the others a mail; whoever was contacted spent 4 or 10."""
    arm = np.array([0, 0, 1, 1, 0, 0, 2, 2])
    chances = np.array([[0.5, 0.5, 0.0]] * 4 + [[0.5, 0.0, 0.5]] * 4)
    spend = np.array([0.0, 4.0, 10.0])[arm]
    trial = Trial(np.zeros((8, 1), dtype=np.float32), arm, chances, spend, spend, np.arange(8) % 5)
    expected = np.zeros((8, 3))
    frame = pd.DataFrame(
        {"customer_id": [f"k{n}" for n in range(8)], "campaign_id": "c", "day": DAY, "bought": arm > 0, "spend": spend}
    )
    contacts = Contacts(frame, ("call", "mail"), np.zeros(2), arm, chances, trial.fold, ())
    learnt = Learnt(trial, expected, doubly_robust(trial, expected, spend), {}, (), ())
    return Study(contacts, Design((), ()), Draw(0.5, 0.0, True), "spend", learnt, Fit(1, 1))


def test_the_gain_over_a_single_offer_is_of_those_who_could_have_had_it() -> None:
    part = FittedEffects(np.array([4.0, 10.0]), {}, {}, Blend((), np.zeros(0), np.zeros(0)))
    terms = OfferTerms(("call", "mail"), np.zeros(2), np.zeros(2), 1.0)
    model = UpliftModel(DAY, 28, Design((), ()), terms, [part])
    found = of_study(model, drawn_within_offers())
    assert found["gain_over_single"].isna().tolist() == [True] * 4 + [False] * 4
    assert found["gain_over_single"].dropna().eq(0).all()
    assert found["gain_over_nobody"].mean() == pytest.approx(7.0)


def test_everybody_alike_has_the_mean_effects() -> None:
    learnt = drawn_within_offers().learnt
    assert np.allclose(learnt.alike().effects(learnt.trial.matrix), [4.0, 10.0])
