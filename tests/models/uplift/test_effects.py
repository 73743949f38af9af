"""Effects are right on average, differ as far as the data bear it out, and choose what earns most."""

from __future__ import annotations

import numpy as np
import pytest

from models.uplift.blending import Blend, blend
from models.uplift.candidates import CANDIDATES, Fit
from models.uplift.fitting import learn
from models.uplift.learners import ArmEffects, BoostedEffects, EffectLearner, LinearEffects
from models.uplift.model import choose
from models.uplift.randomisation import chances, e_value
from models.uplift.trial import Trial, doubly_robust
from pipelines.bench.invented_trial import TrialShape, departments, invent
from pipelines.bench.uplift_bench import ours, single

FIT = Fit(3, 1)


def trial(rows: int = 3000, effect: float = 1.0, seed: int = 5) -> Trial:
    """One offer that adds `effect` to whoever has a positive first feature, and nothing to others."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, 3)).astype(np.float32)
    arm = rng.integers(0, 2, rows)
    outcome = matrix[:, 1] + arm * effect * 2 * (matrix[:, 0] > 0) + rng.normal(size=rows)
    return Trial(matrix, arm, np.full((rows, 2), 0.5), outcome, outcome, rng.integers(0, 5, rows))


def test_scores_are_right_on_average_with_expectations_that_are_wrong() -> None:
    drawn = trial()
    scores = doubly_robust(drawn, np.full((len(drawn), 2), 2.0), drawn.outcome)
    assert np.mean(scores[:, 1] - scores[:, 0]) == pytest.approx(1.0, abs=0.25)


def test_scores_are_right_on_average_with_chances_that_are_wrong() -> None:
    drawn = trial()
    truth = np.column_stack([drawn.matrix[:, 1], drawn.matrix[:, 1] + 2.0 * (drawn.matrix[:, 0] > 0)])
    wrong = Trial(drawn.matrix, drawn.arm, np.tile([0.2, 0.8], (len(drawn), 1)), *(drawn.outcome,) * 2, drawn.fold)
    scores = doubly_robust(wrong, truth, wrong.outcome)
    assert np.mean(scores[:, 1] - scores[:, 0]) == pytest.approx(1.0, abs=0.15)


def test_effects_that_differ_are_found_and_the_policy_leaves_alone_who_gains_nothing() -> None:
    drawn = trial()
    learnt = learn(drawn, FIT)
    mixed = blend(learnt.effects(), learnt.told, np.ones(len(drawn), dtype=bool))
    effects = mixed.effects(learnt.effects().mean(axis=0), learnt.told)
    there = drawn.matrix[:, 0] > 0
    assert effects[there].mean() == pytest.approx(2.0, abs=0.4)
    assert effects[~there].mean() == pytest.approx(0.0, abs=0.4)
    chosen = choose(effects - 1.0)
    assert chosen[there].mean() > 0.9
    assert chosen[~there].mean() < 0.1


def test_without_evidence_everybody_has_the_mean_effect() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(1.0, 5.0, size=(2000, 2))
    mixed = blend(scores, {"noise": rng.normal(size=(2000, 2)) * 0.01}, np.ones(2000, dtype=bool))
    effects = mixed.effects(scores.mean(axis=0), {"noise": np.ones((1, 2))})
    assert np.abs(effects - scores.mean(axis=0)).max() < 0.5


def test_a_blend_stands_in_json() -> None:
    mixed = Blend(("a", "b"), np.array([0.1, 0.0]), np.array([0.0, 0.2]), (2.0, 3.0))
    again = Blend.from_dict(mixed.as_dict())
    told = {"a": np.ones((2, 2)), "b": np.eye(2)}
    assert np.array_equal(mixed.effects(np.zeros(2), told), again.effects(np.zeros(2), told))


@pytest.mark.parametrize("bought", [False, True])
@pytest.mark.parametrize("name", list(CANDIDATES))
def test_every_learner_says_the_same_once_it_was_saved(name: str, bought: bool, tmp_path) -> None:
    drawn = trial(400)
    drawn = drawn.with_outcome(9.0 * (drawn.outcome > 1)) if bought else drawn
    learner = CANDIDATES[name](drawn, np.zeros((len(drawn), 2)), FIT)
    again = EffectLearner.read(tmp_path, learner.write(tmp_path, "saved"))
    assert isinstance(again, (LinearEffects, ArmEffects) if name.endswith("linear") else BoostedEffects)
    assert np.allclose(again.effects(drawn.matrix), learner.effects(drawn.matrix))


def test_lots_are_told_from_choice() -> None:
    drawn = trial()
    shares = np.full((len(drawn), 2), 0.5)
    likely, lot = chances(drawn.matrix, drawn.arm, shares, drawn.fold, FIT)
    assert lot.randomised
    assert np.array_equal(likely, shares)
    chosen = (np.random.default_rng(2).random(len(drawn)) < 0.5 + 0.4 * np.tanh(drawn.matrix[:, 0])).astype("int64")
    likely, choice = chances(drawn.matrix, chosen, shares, drawn.fold, FIT)
    assert not choice.randomised
    assert likely[drawn.matrix[:, 0] > 1, 1].mean() > 0.7
    assert likely[drawn.matrix[:, 0] < -1, 1].mean() < 0.3


def test_the_e_value_is_that_of_its_paper() -> None:
    assert e_value(3.9) == pytest.approx(7.26, abs=0.01)
    assert e_value(0.5) == e_value(2.0)
    assert e_value(1.0) == 1.0


@pytest.mark.long
@pytest.mark.parametrize("differing", [1.0, 0.0])
def test_the_policy_earns_more_than_the_best_single_offer_and_never_much_less(differing: float) -> None:
    shape = TrialShape("test", 40_000, 0.02, departments(differing))
    invented = invent(shape, 77)
    gain = invented.earned(ours(invented, FIT)).mean() / invented.earned(single(invented)).mean() - 1
    assert gain > 0.05 if differing else gain > -0.01
