"""The steps of a training of effects, in order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.progress import current
from core.workspace import Workspace
from models.intervals import Interval
from models.kinds import Budget
from models.uplift import dataset
from models.uplift.evaluation import of_study
from models.uplift.fitting import Study, evaluated, served, simple, study, weights
from models.uplift.kind import KIND
from models.uplift.model import UpliftModel
from models.uplift.randomisation import e_value
from models.uplift.trial import HELD_OUT, doubly_robust
from training.holdout_evaluation import Evaluation, evaluate
from training.outcome import FeatureNote, Outcome, StudyNote
from training.uplift import plots

NOTES = (
    "Purpose: choose whom to contact with which offer, so that contacts earn more than they cost.",
    "Not for: prices, credit, or any decision that has a legal effect on a person.",
    "Every figure is of customers whom the models that speak of them have not seen (folds of customers); policies are"
    " valued by doubly robust scores of spend, less what contacts cost.",
)


def fit(workspace: Workspace, as_of: date, directory: Path, budget: Budget) -> Outcome:
    """Learn effects by folds, judge the policy beside the baselines, fit on everybody (see `training.kinds.Trainer`).

    Raises:
        NotReady: there are no contacts.
        DataError: nobody was held out, or too few were.
    """
    current().step(f"collecting contacts whose outcome is known at {as_of}")
    found = study(workspace, as_of)
    others = simple(workspace, found, as_of)
    current().step(f"judging the policy on {len(found.trial):,} contacts")
    frames = {name: of_study(model, found) for name, model in others.items()}
    own, frame, judged, lost = judge(workspace, found, as_of, frames)
    current().step("fitting on all contacts")
    final = served(workspace, found, as_of, alike=bool(lost))
    for name, model in {"model": final, "evaluation": own, "baseline": others[judged.best_baseline]}.items():
        model.save(directory / name)
    mixed = final.parts[0].blend
    found_weights = weights(mixed)
    verdict = verdict_of(judged.metrics["gain_over_nobody"], judged.metrics["gain_over_single"], lost)
    current().note(verdict)
    names = {feature.name: feature for feature in dataset.features()}
    return Outcome(
        evaluated_from=as_of,
        parameters={"outcome": found.outcome, "folds": dataset.FOLDS, **found_weights},
        study=StudyNote(f"uplift-{as_of}", 1, judged.metrics[KIND.primary].value, found_weights),
        evaluation=judged,
        features=tuple(FeatureNote(name, names[name].meaning, names[name].unit) for name in found.design.inputs),
        rows=len(found.trial),
        units=len(found.trial),
        plots=plots.draw({"model": frame, **frames}),
        notes=(*NOTES, verdict, *_of_draw(found), *_of_offers(found), *_untried(found), *found.contacts.left_out),
        extra={"draw": found.draw.as_dict(), "evidence": list(mixed.evidence), "offers": list(found.contacts.offers)},
    )


class Judged(NamedTuple):
    """What an evaluation asks, what it says of each contact and in all; `lost` is by how much choosing by customer
    earned less than the best single offer, where that is certain: then this is the single offer, else None.
    """

    model: UpliftModel
    frame: pd.DataFrame
    evaluation: Evaluation
    lost: Interval | None


def judge(workspace: Workspace, found: Study, as_of: date, others: Mapping[str, pd.DataFrame]) -> Judged:
    """The choice by customer beside the baselines; nobody should be served one that surely loses."""
    seed = workspace.settings.seed
    model = evaluated(workspace, found, as_of)
    frame = of_study(model, found)
    judged = evaluate(KIND, frame, others, seed)
    gain = judged.metrics["gain_over_single"]
    if not gain.wholly_worse(KIND.higher_is_better):
        return Judged(model, frame, judged, None)
    model = evaluated(workspace, found, as_of, alike=True)
    frame = of_study(model, found)
    return Judged(model, frame, evaluate(KIND, frame, others, seed), gain)


def verdict_of(nobody: Interval, single: Interval, lost: Interval | None) -> str:
    """Whether contacting helps, and choosing by customer, in words; `lost`: see `Judged`."""
    if lost:
        return (
            f"{_contacting(nobody)} Choosing by customer earned less than the best single offer for all: {lost} per"
            " customer; so this version advises everybody alike."
        )
    if nobody.low <= 0:
        return _contacting(nobody)
    if single.low <= 0:
        return (
            f"Contacting helps: {nobody} per customer; whether choosing by customer helps beyond the best single offer"
            f" the data cannot tell: {single}."
        )
    return f"Contacting helps: {nobody} per customer, {single} of it by choosing by customer."


def _contacting(nobody: Interval) -> str:
    if nobody.low == nobody.high == 0:
        # The policy is nobody: there is no difference to tell, whatever the data may say of contacts.
        return "By what the data tell, no offer brings more than it costs: this version advises contacting nobody."
    if nobody.low <= 0 <= nobody.high:
        return f"The data cannot tell whether contacting helps: {nobody} per customer against contacting nobody."
    if nobody.high < 0:
        return f"Contacting as the model says costs more than it brings: {nobody} per customer."
    return f"Contacting helps: {nobody} per customer."


def _of_draw(found: Study) -> list[str]:
    draw = found.draw
    if draw.randomised:
        return [
            f"Contacts look drawn by lot: features tell who was contacted no better than chance (AUC {draw.auc:.3f})."
        ]
    return [
        f"Contacts were not drawn by lot: features tell who was contacted (AUC {draw.auc:.3f}). The figures assume that"
        " nothing else had to do with both being contacted and buying.",
        *_sensitivity(found),
    ]


def _sensitivity(found: Study) -> list[str]:
    bought = found.contacts.frame["bought"].to_numpy(dtype=float)
    rates = np.array([bought[found.trial.arm == arm].mean() for arm in range(found.trial.arms)])
    scores = doubly_robust(found.trial, np.tile(rates, (len(bought), 1)), bought)
    means, errors = scores.mean(axis=0), scores.std(axis=0) / np.sqrt(len(scores))
    said = []
    for number, offer in enumerate(found.contacts.offers, 1):
        ratio = means[number] / max(means[HELD_OUT], 1e-9)
        spread = np.hypot(errors[number] / max(means[number], 1e-9), errors[HELD_OUT] / max(means[HELD_OUT], 1e-9))
        near = ratio * np.exp(-1.96 * spread) if ratio > 1 else ratio * np.exp(1.96 * spread)
        bound = e_value(near) if (near > 1) == (ratio > 1) else 1.0
        said.append(
            f"To explain away what {offer} does (risk ratio of a purchase {ratio:.2f}), a hidden cause would have to go"
            f" {e_value(ratio):.2f} times as often with both contact and purchase ({bound:.2f} for the interval's near"
            " end): E-values."
        )
    return said


def _of_offers(found: Study) -> list[str]:
    effects = found.learnt.effects()
    said = []
    for number, offer in enumerate(found.contacts.offers):
        mean, error = effects[:, number].mean(), effects[:, number].std() / np.sqrt(len(effects))
        count = int((found.trial.arm == number + 1).sum())
        interval = Interval(mean, mean - 1.96 * error, mean + 1.96 * error)
        said.append(
            f"{offer}: {count:,} contacted; adds {interval} per customer on average (learnt on {found.outcome})."
        )
    return said


def _untried(found: Study) -> list[str]:
    """How many customers can't be advised an offer, as nobody like them got it."""
    tried = found.tried.tried(found.trial.matrix)
    return [
        f"{offer}: not advised to {1 - share:.1%} of these customers: hardly anybody like them got it."
        for offer, share in zip(found.contacts.offers, tried.mean(axis=0), strict=True)
        if share < 1
    ]
