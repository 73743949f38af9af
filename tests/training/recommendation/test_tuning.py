"""Tuning both modes at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np

from core.workspace import Workspace
from models.kinds import Budget
from models.recommendation.candidates import CandidateLimits
from models.recommendation.rankers import MODES
from tests.support.shop import FIRST_DAY
from training.recommendation import tuning
from training.recommendation.examples import KeptShares, examples, origin

DAYS = [FIRST_DAY + timedelta(days=days) for days in (120, 148)]


def test_a_study_that_was_run_before_gives_the_same_recipes_and_scores(
    small_shop: Workspace, copy_workspace: Callable[..., Workspace]
) -> None:
    workspace = copy_workspace(small_shop, "tuned")
    train, validate = (examples(origin(workspace, day), CandidateLimits(), KeptShares(), seed=1) for day in DAYS)
    first, again = (
        tuning.tune(workspace, "recommendation-tuned", train, validate, Budget(1, 900), depends_on={}) for _ in range(2)
    )
    assert again.recipes == first.recipes
    for mode in MODES:
        assert len(first.scores[mode]) == len(validate.of_mode(mode))
        np.testing.assert_allclose(again.scores[mode], first.scores[mode], atol=1e-5)
        assert first.recipes[mode].network_share in tuning.NETWORK_SHARES
        assert first.recipes["all"].order_share == 0
