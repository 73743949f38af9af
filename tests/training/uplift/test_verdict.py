"""What a training says of contacting and of choosing by customer, and that it serves no choice that surely loses."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.workspace import Workspace
from models.intervals import Interval
from models.uplift.blending import Blend
from models.uplift.candidates import Fit
from models.uplift.dataset import FOLDS, Contacts
from models.uplift.design import Design
from models.uplift.evaluation import of_study
from models.uplift.fitting import Learnt, Study, evaluated, served
from models.uplift.model import FittedEffects, choose
from models.uplift.randomisation import Draw
from models.uplift.trial import Trial, doubly_robust
from training.uplift.run import judge, verdict_of

DAY = date(2024, 7, 1)
NAME = "days_since_last_visit"
BETTER, NEITHER, WORSE = Interval(2.0, 1.0, 3.0), Interval(0.5, -1.0, 2.0), Interval(-4.0, -5.0, -3.0)


class Wrong:
    """Takes the gain of an offer to be a loss for who stayed away long."""

    def effects(self, matrix: np.ndarray) -> np.ndarray:
        return np.where(matrix[:, :1] > 50, -9.0, 9.0)


class Mistaken(Learnt):
    """A choice by customer that leaves half of them alone for nothing."""

    def blended(self) -> list[FittedEffects]:
        part = FittedEffects(np.array([3.0]), {"wrong": Wrong()}, {"wrong": np.zeros(1)}, Blend.alone("wrong"))
        return [part] * FOLDS


class Careful(Learnt):
    """Everybody alike."""

    def blended(self) -> list[FittedEffects]:
        return [self.alike()] * FOLDS


def an_offer_that_helps_everybody(learnt: type[Learnt]) -> Study:
    rng = np.random.default_rng(3)
    matrix, arm = rng.uniform(0, 100, (600, 1)).astype(np.float32), rng.integers(0, 2, 600)
    spend, chances, fold = 3.0 * arm, np.full((600, 2), 0.5), rng.integers(0, FOLDS, 600)
    frame = pd.DataFrame(
        {"customer_id": [f"k{n}" for n in range(600)], "campaign_id": "c", "day": DAY, "bought": arm > 0,
         "spend": spend, NAME: matrix[:, 0]}
    )  # fmt: skip
    trial = Trial(matrix, arm, chances, spend, spend, fold)
    contacts = Contacts(frame, ("mail",), np.array([0.5]), arm, chances, fold, ())
    known = learnt(
        trial, np.zeros((600, 2)), doubly_robust(trial, np.zeros((600, 2)), spend), {}, ({},) * FOLDS, ({},) * FOLDS
    )
    return Study(contacts, Design((NAME,), ()), Draw(0.5, 0.0, True), "spend", known, Fit(1, 1))


def single(workspace: Workspace, found: Study) -> dict[str, pd.DataFrame]:
    """The baseline to judge beside."""
    return {"best_single_offer": of_study(evaluated(workspace, found, DAY, alike=True), found)}


def test_a_choice_that_surely_earns_less_than_one_offer_for_all_is_not_served(new_workspace: Workspace) -> None:
    found = an_offer_that_helps_everybody(Mistaken)
    judged = judge(new_workspace, found, DAY, single(new_workspace, found))
    assert judged.lost is not None
    assert judged.lost.high < 0
    assert judged.frame["contacted"].all()
    assert judged.evaluation.metrics["gain_over_single"].value == 0
    asked = {NAME: [5.0, 95.0]}
    assert choose(served(new_workspace, found, DAY, alike=True).values(asked)).tolist() == [1, 1]


def test_one_that_does_not_is_kept(new_workspace: Workspace) -> None:
    found = an_offer_that_helps_everybody(Careful)
    assert judge(new_workspace, found, DAY, single(new_workspace, found)).lost is None


@pytest.mark.parametrize(
    ("nobody", "single", "lost", "said"),
    [
        (BETTER, BETTER, None, "by choosing by customer"),
        (BETTER, NEITHER, None, "whether choosing by customer helps beyond the best single offer the data cannot tell"),
        (BETTER, Interval(0.0, 0.0, 0.0), WORSE, "Contacting helps"),
        (BETTER, Interval(0.0, 0.0, 0.0), WORSE, "Choosing by customer earned less than the best single offer for all"),
        (NEITHER, Interval(0.0, 0.0, 0.0), WORSE, "The data cannot tell whether contacting helps"),
        (NEITHER, BETTER, None, "The data cannot tell whether contacting helps"),
        (WORSE, NEITHER, None, "costs more than it brings"),
        (Interval(0.0, 0.0, 0.0), Interval(0.0, 0.0, 0.0), None, "this version advises contacting nobody"),
    ],
)
def test_the_verdict_says_what_the_intervals_bear_out(nobody, single, lost, said: str) -> None:
    told = verdict_of(nobody, single, lost)
    assert said in told
    assert ("of it by choosing" in told) == (lost is None and nobody is BETTER and single is BETTER)
