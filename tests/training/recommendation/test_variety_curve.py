"""A version's diversity is the highest that costs nothing where it was tuned, and the curve says what each costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact_cache import EVALUATION, MODEL
from models.recommendation.kind import KIND
from models.recommendation.rankers import MODES
from models.registry import Registry
from training.recommendation.diversity_choice import KEPT, STEPS, highest_free
from training.recommendation.variety_curve import difference

losses = st.lists(st.floats(-0.1, 0.1), min_size=len(STEPS) - 1, max_size=len(STEPS) - 1)
ALONE = np.tile([0.1, 0.4, 0.7, np.nan], 2000)


@given(losses)
def test_no_step_up_to_the_chosen_one_costs_more_than_is_given_away(lost: list[float]) -> None:
    ndcg = {step: ALONE - loss for step, loss in zip(STEPS, [0.0, *lost], strict=True)}
    chosen, least = highest_free(ndcg), KEPT * 0.4
    assert all(np.nanmean(ndcg[step]) >= least - 1e-9 for step in STEPS if step <= chosen)
    after = [step for step in STEPS if step > chosen]
    assert not after or np.nanmean(ndcg[after[0]]) < least + 1e-9


def test_what_may_cost_much_is_not_free_however_lucky() -> None:
    """A step that gains in the mean of twenty customers may well lose among others."""
    rng = np.random.default_rng(2)
    alone = rng.uniform(0.2, 0.6, size=20)
    lucky = alone + rng.normal(0.01, 0.1, size=20)
    assert lucky.mean() > KEPT * alone.mean()
    assert highest_free({0.0: alone, 0.1: lucky}) == 0.0
    many = np.tile(alone, 4000)
    assert highest_free({0.0: many, 0.1: many + np.tile(lucky - alone, 4000)}) == 0.1


def test_a_version_keeps_what_was_chosen_and_the_curve_it_was_not_chosen_on(
    trained_once: Callable[..., Any],
) -> None:
    workspace, done = trained_once(KIND.name)
    folder = Registry(workspace).fetch(done)
    record = next(workspace.root.rglob("record.json"))
    variety = json.loads(record.read_text())["extra"]["variety"]
    assert KIND.load(folder / MODEL).diversity == KIND.load(folder / EVALUATION).diversity == variety["chosen"]
    assert [(p["mode"], p["asked"]) for p in variety["curve"]] == [(m, d) for m in MODES for d in STEPS]
    for mode in MODES:
        own = [point for point in variety["curve"] if point["mode"] == mode]
        assert own[-1]["off_mix"] <= own[0]["off_mix"]
        assert own[0]["ndcg@10 beside 0"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("value", "half", "told"),
    [
        (-0.0, 0.0, "0"),
        (-1e-17, 0.0, "0"),
        (-0.00002, 0.00003, "-0.00002 ± 0.00003"),
        (-0.00002, 0.0005, "0 ± 0.0005"),
        (-0.0039, 0.0017, "-0.0039 ± 0.0017"),
    ],
)
def test_small_differences_are_told_with_the_digits_they_need(value: float, half: float, told: str) -> None:
    assert difference(value, half) == told
