"""Tuning: the recipe, shares of the learners included, of both modes, on the window before the one that evaluates."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, Trial, TrialState

from core.workspace import Workspace
from models.arrays import Float32Array
from models.kinds import Budget
from models.recommendation.rankers import MODES, Learners, LearnerShares, Mode, standardised
from models.recommendation.recipe import DEFAULTS, Recipe
from training import study
from training.recommendation import fitting, networks, source_worth
from training.recommendation.examples import Examples, sampled
from training.recommendation.fitting import BinnedExamples
from training.recommendation.source_worth import SourceWorth
from training.study import Tuned

ORDER_SHARES = (0.0, 0.5, 1.0)
"""Of what the networks leave to the boosters."""
NETWORK_SHARES = (0.0, 0.25, 0.5)
SHARE = 0.5
"""Of the customers whose examples a trial is fitted on: what is best for half of them is best for all."""
OWNED_SHARE = 0.15
"""Of the owned products that were not bought: a dozen trials on all of them would take longer than all the rest."""


@dataclass(frozen=True)
class JudgedTrial:
    """What a trial reached in a mode; `scores` are those of its candidates, shape (pairs,)."""

    number: int
    value: float
    scores: Float32Array


@dataclass(frozen=True)
class ModesTuned:
    """The study; of each mode the best recipe, and the scores it gave the mode's part of `validate`."""

    tuned: Tuned
    recipes: dict[Mode, Recipe]
    scores: dict[Mode, Float32Array]


def tune(
    workspace: Workspace,
    name: str,
    train: Examples,
    validate: Examples,
    budget: Budget,
    *,
    depends_on: Mapping[str, Any],
) -> ModesTuned:
    """The study, and of each mode the recipe of the trial that is best in it, with its scores.

    A trial's value is the sum of both modes' NDCG@10. The modes share nothing, so each takes its own best trial.
    `validate` holds all candidates of its origin.
    """
    threads, seed = workspace.settings.threads, workspace.settings.seed
    some = sampled(train, SHARE, OWNED_SHARE, seed)
    data = {mode: fitting.binned(some, mode, threads) for mode in MODES}
    judged = {mode: validate.of_mode(mode) for mode in MODES}
    networked = {mode: _of_networks(train, judged[mode], mode, threads, seed) for mode in MODES}

    best: dict[Mode, JudgedTrial] = {}

    def objective(trial: Trial) -> float:
        total = 0.0
        for mode in MODES:
            boosters = _both_boosters(data[mode], _suggest(trial, mode), threads, seed)
            shares, value, scores = _best_shares(boosters, networked[mode], judged[mode], mode)
            if mode not in best or value > best[mode].value:
                best[mode] = JudgedTrial(trial.number, value, scores)
            trial.set_user_attr(f"{mode}.order_share", shares.order)
            trial.set_user_attr(f"{mode}.network_share", shares.network)
            trial.set_user_attr(f"{mode}.ndcg@10", value)
            if value >= _best_so_far(trial, mode):
                trial.set_user_attr(f"{mode}.sources", source_worth.measured(judged[mode], scores, mode))
            total += value
        return total

    first = [{f"{mode}.{key}": value for mode in MODES for key, value in _searched(DEFAULTS[mode]).items()}]
    tuned = study.run(
        workspace,
        name,
        objective,
        budget,
        depends_on={
            **depends_on,
            "share": SHARE,
            "owned": OWNED_SHARE,
            "shares": [ORDER_SHARES, NETWORK_SHARES],
            "bins": fitting.BINS,
            "networks": [networks.HIDDEN, networks.SEEN, networks.MOST_EPOCHS, networks.BAG],
        },
        direction="maximize",
        first=first,
    )
    recipes = {mode: _best_of(tuned, mode) for mode in MODES}
    scores = {}
    for mode, recipe in recipes.items():
        if mode in best and best[mode].number == _best_trial(tuned, mode).number:
            scores[mode] = best[mode].scores
        else:  # another process ran it
            boosters = _both_boosters(data[mode], recipe, threads, seed)
            scores[mode] = _best_shares(boosters, networked[mode], judged[mode], mode)[2]
    return ModesTuned(tuned, recipes, scores)


def _searched(recipe: Recipe) -> dict[str, Any]:
    names = ("max_depth", "min_child_weight", "colsample_bytree", "reg_lambda", "rounds")
    return {name: getattr(recipe, name) for name in names}


def _suggest(trial: Trial, mode: Mode) -> Recipe:
    return Recipe(
        max_depth=trial.suggest_int(f"{mode}.max_depth", 3, 7),
        min_child_weight=trial.suggest_float(f"{mode}.min_child_weight", 4.0, 100.0, log=True),
        colsample_bytree=trial.suggest_float(f"{mode}.colsample_bytree", 0.25, 0.8),
        reg_lambda=trial.suggest_float(f"{mode}.reg_lambda", 0.5, 30.0, log=True),
        rounds=trial.suggest_int(f"{mode}.rounds", 150, 350, step=50),
    )


def _both_boosters(data: BinnedExamples, recipe: Recipe, threads: int, seed: int) -> Learners:
    """Both, whatever share the recipe gives them: shares are what is chosen from their scores."""
    return fitting.boosters(data, replace(recipe, order_share=0.5, network_share=0.0), threads, seed)


def _of_networks(train: Examples, judged: Examples, mode: Mode, threads: int, seed: int) -> Float32Array:
    """What networks say of the judged candidates, standardised; no trial changes them, so they are fitted once.

    They go through half the customers as often as those that are served go through all.
    """
    often = networks.epochs(len(train.of_mode(mode)))
    some = sampled(train, SHARE, 1.0, seed).of_mode(mode)
    found = networks.fit(some, mode, threads, seed, often)
    return standardised(found.margins(judged.features), judged.row)


def _best_shares(
    boosters: Learners, networked: Float32Array, judged: Examples, mode: Mode
) -> tuple[LearnerShares, float, Float32Array]:
    """The shares that give the highest NDCG, that, and their scores; of equal ones those with the most of the
    booster of the probability."""
    parts = {name: standardised(each, judged.row) for name, each in boosters.margins(judged.features).items()}
    best: tuple[LearnerShares, float, Float32Array] | None = None
    for network, order in itertools.product(NETWORK_SHARES, ORDER_SHARES):
        shares = LearnerShares.mixed(order * (1 - network), network)
        scores = (
            np.float32(shares.order) * parts["order"]
            + np.float32(shares.probability) * parts["probability"]
            + np.float32(shares.network) * networked
        )
        value = judged.ndcg(scores, mode)
        if best is None or value > best[1]:
            best = shares, value, scores
    assert best is not None
    return best


def _best_so_far(trial: Trial, mode: Mode) -> float:
    """The highest NDCG@10 of the mode in a trial that is done: only those as good are asked what sources are worth."""
    done = trial.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max((float(each.user_attrs.get(f"{mode}.ndcg@10", 0.0)) for each in done), default=0.0)


def source_worths(tuned: Tuned) -> list[SourceWorth]:
    """What each source of candidates was worth in each mode's best trial; nothing where that was not measured."""
    return [
        SourceWorth(mode=mode, **each)
        for mode in MODES
        for each in _best_trial(tuned, mode).user_attrs.get(f"{mode}.sources", [])
    ]


def _best_trial(tuned: Tuned, mode: Mode) -> FrozenTrial:
    trials = [t for t in tuned.study.get_trials(deepcopy=False)[: tuned.trials] if f"{mode}.ndcg@10" in t.user_attrs]
    return max(trials, key=lambda trial: (trial.user_attrs[f"{mode}.ndcg@10"], -trial.number))


def _best_of(tuned: Tuned, mode: Mode) -> Recipe:
    """The mode's part of the trial that is best in it."""
    best = _best_trial(tuned, mode)
    own = {key.removeprefix(f"{mode}."): value for key, value in best.params.items() if key.startswith(f"{mode}.")}
    shares = {name: best.user_attrs[f"{mode}.{name}"] for name in ("order_share", "network_share")}
    return Recipe(**own, **shares)
