"""Tuning: the recipe, shares of the learners included, of both modes, on the window before the one that evaluates."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from optuna.trial import FrozenTrial, Trial

from core.progress import current
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

NETWORK_SHARES: Final = (0.0, 0.25, 0.5)
ORDER_SHARES: Final[Mapping[Mode, Sequence[float]]] = {"all": (0.0,), "new": (0.0, 0.5, 1.0)}
"""Of what the others leave to the boosters. None in `all`: pairs of an order carry no word of how many new products
were left out beside each owned one, so that a ranker takes new ones for likelier than they are."""
AFFINITY_SHARES: Final[Mapping[Mode, Sequence[float]]] = {"all": (0.0, 0.15), "new": (0.0, 0.15, 0.3, 0.5)}
"""Of the score: on shops of a few hundred customers it gains in `new`, on one of thousands nothing."""
SHARE = 0.5
"""Of the customers whose examples a trial is fitted on: what is best for half of them is best for all."""
OWNED_SHARE = 0.15
"""Of the owned products that were not bought: a dozen trials on all of them would take longer than all the rest."""


@dataclass(frozen=True)
class ModesTuned:
    """The study; of each mode the best recipe, the scores it gave the mode's part of `validate`, and what each source
    of candidates was worth in them."""

    tuned: Tuned
    recipes: dict[Mode, Recipe]
    scores: dict[Mode, Float32Array]
    worths: tuple[SourceWorth, ...]


def tune(
    workspace: Workspace,
    name: str,
    train: Examples,
    validate: Examples,
    budget: Budget,
    *,
    affinities: Float32Array | None = None,
    depends_on: Mapping[str, Any],
) -> ModesTuned:
    """The boosters' parameters by a study; then the shares of the learners, by those fitted as the ones that serve.

    A trial's value is the sum of both modes' NDCG@10. The modes share nothing, so each takes its own best trial.
    `validate` holds all candidates of its origin, and `affinities` what affinity says of each of them, shape (n,).
    """
    threads, seed = workspace.settings.threads, workspace.settings.seed
    some = sampled(train, SHARE, OWNED_SHARE, seed)
    data = {mode: fitting.binned(some, mode, threads) for mode in MODES}
    judged = {mode: validate.of_mode(mode) for mode in MODES}

    def objective(trial: Trial) -> float:
        total = 0.0
        for mode in MODES:
            parts = _parts(_every_booster(data[mode], _suggest(trial, mode), mode, threads, seed), judged[mode])
            value = _best_shares(parts, judged[mode], mode)[1]
            trial.set_user_attr(f"{mode}.ndcg@10", value)
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
            "orders": [list(ORDER_SHARES[mode]) for mode in MODES],
            "bins": fitting.BINS,
        },
        direction="maximize",
        first=first,
    )
    recipes, scores, worths = {}, {}, []
    for mode in MODES:
        current().step(f"recommendation: what each learner counts in mode {mode}")
        parts = _served_parts(train, judged[mode], _best_of(tuned, mode), mode, threads=threads, seed=seed)
        if affinities is not None:
            of_mode = affinities if mode == "all" else affinities[validate.new]
            parts["affinity"] = standardised(of_mode, judged[mode].row)
        shares, _, scores[mode] = _best_shares(parts, judged[mode], mode)
        recipes[mode] = _with_shares(_best_of(tuned, mode), shares)
        found = source_worth.measured(judged[mode], scores[mode], mode)
        worths += [SourceWorth(mode=mode, **each) for each in found]
    return ModesTuned(tuned, recipes, scores, tuple(worths))


def _with_shares(recipe: Recipe, shares: LearnerShares) -> Recipe:
    return replace(recipe, order_share=shares.order, network_share=shares.network, affinity_share=shares.affinity)


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


def _every_booster(data: BinnedExamples, recipe: Recipe, mode: Mode, threads: int, seed: int) -> Learners:
    """Those that the mode may mix, whatever share the recipe gives them."""
    order = 0.5 if max(ORDER_SHARES[mode]) > 0 else 0.0
    return fitting.boosters(data, replace(recipe, order_share=order, network_share=0.0), threads, seed)


def _parts(learners: Learners, judged: Examples) -> dict[str, Float32Array]:
    """What each learner says of the judged candidates, standardised within the customer."""
    return {name: standardised(each, judged.row) for name, each in learners.margins(judged.features).items()}


def _served_parts(
    train: Examples, judged: Examples, recipe: Recipe, mode: Mode, *, threads: int, seed: int
) -> dict[str, Float32Array]:
    """Of all learners, fitted on half the customers as those that serve are on all of them.

    Which owned products an example holds decides how good a booster is; networks go through half the customers as
    often as they would through all.
    """
    often = networks.epochs(len(train.of_mode(mode)))
    some = sampled(train, SHARE, 1.0, seed).of_mode(mode)
    learners = _every_booster(fitting.binned(some, mode, threads), recipe, mode, threads, seed)
    return _parts(replace(learners, network=networks.fit(some, mode, threads, seed, often)), judged)


def _best_shares(
    parts: Mapping[str, Float32Array], judged: Examples, mode: Mode
) -> tuple[LearnerShares, float, Float32Array]:
    """The shares that give the highest NDCG, that, and their scores; of equal ones those with the least
    affinity, then the most of the booster of the probability. Learners that are not among the parts have none."""
    best: tuple[LearnerShares, float, Float32Array] | None = None
    networks_share = NETWORK_SHARES if "network" in parts else (0.0,)
    affinity_share = AFFINITY_SHARES[mode] if "affinity" in parts else (0.0,)
    for affinity, network, order in itertools.product(affinity_share, networks_share, ORDER_SHARES[mode]):
        learned = 1 - affinity
        shares = LearnerShares.mixed(order * (1 - network) * learned, network * learned, affinity)
        scores = shares.weighted(parts)
        value = judged.ndcg(scores, mode)
        if best is None or value > best[1]:
            best = shares, value, scores
    assert best is not None
    return best


def _best_trial(tuned: Tuned, mode: Mode) -> FrozenTrial:
    trials = [trial for trial in tuned.finished if f"{mode}.ndcg@10" in trial.user_attrs]
    return max(trials, key=lambda trial: float(trial.user_attrs[f"{mode}.ndcg@10"]))  # of equal ones the first


def _best_of(tuned: Tuned, mode: Mode) -> Recipe:
    """The mode's part of the trial that is best in it."""
    best = _best_trial(tuned, mode)
    own = {key.removeprefix(f"{mode}."): value for key, value in best.params.items() if key.startswith(f"{mode}.")}
    return Recipe(**own)
