"""Fits effects on contacts: by folds of customers for an honest evaluation, and on all of them to serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from core.progress import current
from core.workspace import Workspace
from models.arrays import BoolArray, Float64Array
from models.uplift import dataset, overlap
from models.uplift.blending import Blend, blend
from models.uplift.candidates import CANDIDATES, Fit, expectations
from models.uplift.dataset import FOLDS, Contacts
from models.uplift.design import Design
from models.uplift.golden import make
from models.uplift.learners import EffectLearner
from models.uplift.model import FittedEffects, OfferTerms, UpliftModel
from models.uplift.overlap import Overlap
from models.uplift.randomisation import Draw, chances
from models.uplift.trial import HELD_OUT, Trial, doubly_robust

CLIP = 0.995
"""Spend above this quantile of buyers counts as if it were this, where effects are learnt on spend."""
SINGLE = "best_single_offer"
SIMPLE = (SINGLE, "t_learner", "s_learner")
"""The baselines: everybody the offer that is best for all; two models, and one that knows the offer, as they are."""

_kept: dict[str, Any] = {}
"""The last study: a training asks for it again to judge its fairness, and a comparison for each version."""


@dataclass(frozen=True)
class Learnt:
    """A trial with what was learnt on it by folds.

    `scores` are doubly robust outcomes, shape (rows, arms); `told` what each candidate says of rows it has not seen;
    `learners` and `offsets` are those of each fold.
    """

    trial: Trial
    expected: Float64Array
    scores: Float64Array
    told: Mapping[str, Float64Array]
    learners: tuple[Mapping[str, EffectLearner], ...]
    offsets: tuple[Mapping[str, Float64Array], ...]

    @property
    def possible(self) -> BoolArray:
        """Which offers each row could have had beside being held out, shape (rows, offers)."""
        return np.asarray((self.trial.chances[:, 1:] > 0) & (self.trial.chances[:, [HELD_OUT]] > 0))

    def effects(self) -> Float64Array:
        """The score of each offer less that of no contact; its mean where the offer was not possible."""
        return _effects(self.scores, self.possible)

    def blended(self) -> list[FittedEffects]:
        """The blend, each fold's by the others: weights too know nothing of the customers they are asked about."""
        effects, parts = self.effects(), []
        for number in range(FOLDS):
            seen = self.trial.fold != number
            mixed = blend(effects, self.told, seen)
            parts.append(_part(effects[seen].mean(axis=0), self.learners[number], self.offsets[number], mixed))
        return parts

    def alike(self) -> FittedEffects:
        """The mean effects, for everybody alike: the policy is the best single offer for all, or nobody."""
        return FittedEffects(self.effects().mean(axis=0), {}, {}, Blend.alone(SINGLE))

    def whole(self, fit: Fit) -> FittedEffects:
        """The blend, its learners fitted on everybody."""
        effects = self.effects()
        mixed = blend(effects, self.told, np.ones(len(self.trial), dtype=bool))
        learners = _candidates(self.trial, self.expected, fit, _used(mixed))
        offsets = {name: each.effects(self.trial.matrix).mean(axis=0) for name, each in learners.items()}
        return _part(effects.mean(axis=0), learners, offsets, mixed)

    def alone(self, name: str) -> list[FittedEffects]:
        """A candidate as it is, by folds; without any, everybody has the mean effect."""
        effects, parts = self.effects(), []
        for number in range(FOLDS):
            means = effects[self.trial.fold != number].mean(axis=0)
            learner = {name: self.learners[number][name]} if name in CANDIDATES else {}
            offset = {each: self.offsets[number][each] for each in learner}
            parts.append(FittedEffects(offset.get(name, means), learner, offset, Blend.alone(name)))
        return parts


@dataclass(frozen=True)
class Study:
    """Contacts, how they were drawn, and what was learnt on them; `outcome` names what effects are effects on."""

    contacts: Contacts
    design: Design
    draw: Draw
    outcome: str
    learnt: Learnt
    fit: Fit

    @cached_property
    def tried(self) -> Overlap:
        """Which offers were tried on whom."""
        trial, by = self.trial, self.fit
        return overlap.fit(trial.matrix, trial.arm, trial.arms, seed=by.seed, threads=by.threads)

    @property
    def trial(self) -> Trial:
        """The contacts as arrays."""
        return self.learnt.trial


def study(workspace: Workspace, as_of: date) -> Study:
    """Everything that is learnt by folds on the contacts known at `as_of`; asked again for the same, it is kept.

    Raises:
        NotReady, DataError: see `dataset.collect`.
    """
    key = (workspace.root, workspace.tables.generation, as_of, workspace.settings.model_dump_json())
    if _kept.get("key") != key:
        _kept.clear()
        _kept.update(key=key, study=_study(workspace, as_of))
    found: Study = _kept["study"]
    return found


def _study(workspace: Workspace, as_of: date) -> Study:
    contacts = dataset.collect(workspace, as_of)
    fit = Fit(workspace.settings.seed, workspace.settings.threads)
    design = Design.of(dataset.features(), contacts.frame)
    matrix = design.matrix(contacts.frame)
    current().step(f"looking whether {len(matrix):,} contacts were drawn by lot")
    likely, draw = chances(matrix, contacts.arm, contacts.shares, contacts.fold, fit)
    bought = contacts.frame["bought"].to_numpy(dtype=float)
    spend = contacts.frame["spend"].to_numpy(dtype=float)
    plain = Trial(matrix, contacts.arm, likely, spend, spend, contacts.fold)
    name, outcome = _outcome(plain, bought)
    learnt = learn(plain.with_outcome(outcome), fit)
    return Study(contacts, design, draw, name, learnt, fit)


def learn(trial: Trial, fit: Fit) -> Learnt:
    """Expectations, candidates and scores, each row's by models that know nothing of its customer."""
    expected = np.zeros((len(trial), trial.arms))
    for number in current().track(range(FOLDS), "expectations", total=FOLDS):
        asked = trial.fold == number
        if asked.any():
            expected[asked] = expectations(trial.rows(~asked), fit).outputs(trial.matrix[asked])
    told = {name: np.zeros((len(trial), trial.arms - 1)) for name in CANDIDATES}
    learners, offsets = [], []
    for number in current().track(range(FOLDS), "candidates", total=FOLDS):
        asked = trial.fold == number
        found = _candidates(trial.rows(~asked), expected[~asked], fit)
        means = {name: each.effects(trial.matrix[~asked]).mean(axis=0) for name, each in found.items()}
        for name, each in found.items():
            if asked.any():
                told[name][asked] = each.effects(trial.matrix[asked]) - means[name]
        learners.append(found)
        offsets.append(means)
    scores = doubly_robust(trial, expected, trial.outcome)
    return Learnt(trial, expected, scores, told, tuple(learners), tuple(offsets))


def evaluated(workspace: Workspace, found: Study, as_of: date, *, alike: bool = False) -> UpliftModel:
    """What an evaluation asks: the blend by folds, or with `alike` the best single offer for all."""
    parts = found.learnt.alone(SINGLE) if alike else found.learnt.blended()
    return _guarded(_model(workspace, found, as_of, parts), found)


def served(workspace: Workspace, found: Study, as_of: date, *, alike: bool = False) -> UpliftModel:
    """The same, fitted on everybody."""
    part = found.learnt.alike() if alike else found.learnt.whole(found.fit)
    return _guarded(_model(workspace, found, as_of, [part]), found)


def simple(workspace: Workspace, found: Study, as_of: date) -> dict[str, UpliftModel]:
    """The baselines by folds."""
    return {name: _model(workspace, found, as_of, found.learnt.alone(name)) for name in SIMPLE}


def _used(mixed: Blend) -> set[str]:
    return {name for name, shared, own in zip(mixed.names, mixed.shared, mixed.own, strict=True) if shared or own}


def _part(
    means: Float64Array, learners: Mapping[str, EffectLearner], offsets: Mapping[str, Float64Array], mixed: Blend
) -> FittedEffects:
    kept = {name: each for name, each in learners.items() if name in _used(mixed)}
    return FittedEffects(means, kept, {name: offsets[name] for name in kept}, mixed)


def _guarded(model: UpliftModel, found: Study) -> UpliftModel:
    """The model, kept to offers that were tried on customers like those it is asked about."""
    model.overlap = found.tried
    return model


def _model(workspace: Workspace, found: Study, as_of: date, parts: Sequence[FittedEffects]) -> UpliftModel:
    settings = workspace.settings
    terms = OfferTerms(found.contacts.offers, found.contacts.costs, _shifts(found), settings.contacts.margin)
    model = UpliftModel(as_of, settings.churn.horizon_days, found.design, terms, parts)
    model.golden_inputs = make(found.design, found.contacts.frame, settings.seed)
    return model


def _candidates(
    trial: Trial, expected: Float64Array, fit: Fit, names: set[str] | None = None
) -> dict[str, EffectLearner]:
    return {
        name: candidate(trial, expected, fit)
        for name, candidate in CANDIDATES.items()
        if names is None or name in names
    }


def _outcome(trial: Trial, bought: Float64Array) -> tuple[str, Float64Array]:
    """What effects are learnt on, in money: purchases at their mean worth, or spend itself, whichever shows the mean
    effects more clearly. Where few buy, the amounts are mostly noise; where all buy, only the amounts can change.
    """
    buyers = trial.spend[bought > 0]
    mean = float(buyers.mean()) if len(buyers) else 0.0
    limit = float(np.quantile(buyers, CLIP)) if len(buyers) else 0.0
    options = {"purchases": bought * mean, "spend": np.minimum(trial.spend, limit)}
    clarity = {name: _clarity(trial, outcome) for name, outcome in options.items()}
    # A negative mean (a shop of returns) has no worth of a purchase to speak of.
    name = "purchases" if mean > 0 and clarity["purchases"] >= clarity["spend"] else "spend"
    return name, np.asarray(options[name], dtype=float)


def _clarity(trial: Trial, outcome: Float64Array) -> float:
    """The summed squares of the mean effects over their standard errors, by weights alone."""
    constant = np.tile(outcome.mean(), (len(trial), trial.arms))
    scores = doubly_robust(trial, constant, outcome)
    effects = scores[:, 1:] - scores[:, [HELD_OUT]]
    return float(((effects.mean(axis=0) / np.maximum(effects.std(axis=0) / np.sqrt(len(trial)), 1e-12)) ** 2).sum())


def _shifts(found: Study) -> Float64Array:
    """What offers add to spend beyond what the outcome tells (larger baskets), as far as there is evidence for it."""
    rest = found.trial.spend - found.trial.outcome
    if not np.abs(rest).any():
        return np.zeros(len(found.contacts.offers))
    constant = np.tile(rest.mean(), (len(rest), found.trial.arms))
    scores = doubly_robust(found.trial, constant, rest)
    effects = scores[:, 1:] - scores[:, [HELD_OUT]]
    means = effects.mean(axis=0)
    t = means / np.maximum(effects.std(axis=0) / np.sqrt(len(effects)), 1e-12)
    return np.asarray(means * np.maximum(0.0, 1.0 - 2.0 / np.maximum(t**2, 1e-12)))


def _effects(scores: Float64Array, possible: BoolArray) -> Float64Array:
    effects = scores[:, 1:] - scores[:, [HELD_OUT]]
    counts = np.maximum(possible.sum(axis=0), 1)
    means = np.where(possible, effects, 0.0).sum(axis=0) / counts
    return np.where(possible, effects, means)


def weights(mixed: Blend) -> dict[str, Any]:
    """The weights of a blend, for a report."""
    return {
        f"{part}_{name}": float(value)
        for part in ("shared", "own")
        for name, value in zip(mixed.names, getattr(mixed, part), strict=True)
    }
