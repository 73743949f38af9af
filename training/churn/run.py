"""The steps of a churn training, in order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from core.progress import current
from core.workspace import Workspace
from models.churn import dataset, evaluation
from models.churn.inputs import Inputs
from models.churn.kind import KIND
from models.kinds import Budget
from training import splits
from training.churn import examples, plots, tuning
from training.churn.fitting import BAG, fit_all
from training.holdout_evaluation import evaluate
from training.outcome import FeatureNote, Outcome

MODEL = "model"
NOTES = (
    "Purpose: rank customers by how likely they are to buy nothing in the coming days, to choose whom to win back.",
    "Not for: prices, credit, or any decision that has a legal effect on a person.",
    "Tiers: precision@tier2 is the share that left of the customers in tier 2; recall@tier2 is the share of those who "
    "left that was in it; tiers1-3 are the three together.",
    "It has seen this shop only, and no longer than its history: seasons it has not seen it does not know.",
)


def fit(workspace: Workspace, as_of: date, directory: Path, budget: Budget) -> Outcome:
    """Tune, evaluate beside the baselines, refit on everything known at `as_of` (see `training.kinds.Trainer`).

    Raises:
        DataError: too little history, or nobody (or everybody) left in it.
    """
    now = examples.collect(workspace, as_of)
    then = examples.known_by(now, splits.evaluated_from(as_of, workspace.settings.churn.horizon_days))
    inputs = Inputs.of(dataset.features(), then.labelled)
    current().step(f"tuning on {len(then.labelled):,} rows known at {then.labels_until}")
    tuned, recipe = tuning.tune(workspace, then.labelled, inputs, then.labels_until, budget)
    current().step(f"evaluating on the customers of {then.labels_until}")
    evaluated, baselines_then = fit_all(workspace, then, inputs, recipe)
    truth = now.labelled[now.labelled["as_of"] == then.labels_until]
    own = evaluation.of_labelled(workspace, evaluated, truth)
    others = {name: evaluation.of_labelled(workspace, scorer, truth) for name, scorer in baselines_then.items()}
    judged = evaluate(KIND, own, others, workspace.settings.seed)
    current().step(f"fitting on {len(now.labelled):,} rows known at {as_of}")
    served, baselines_now = fit_all(workspace, now, inputs, recipe)
    saved = {"model": served, "evaluation": evaluated, "baseline": baselines_now[judged.best_baseline]}
    for name, scorer in saved.items():
        scorer.save(directory / name)
    return Outcome(
        evaluated_from=then.labels_until,
        parameters={**recipe.as_dict(), "boosters": BAG, "origin_every_days": dataset.STEP_DAYS},
        study=tuned.note(),
        evaluation=judged,
        features=tuple(FeatureNote(f.name, f.meaning, f.unit) for f in inputs.features),
        rows=len(now.labelled),
        units=len(truth),
        plots=plots.draw({MODEL: own, **others}, served.importance()),
        notes=(*NOTES, _population_note(workspace, truth)),
        extra={"importance": served.importance(), "origins": sorted({str(day) for day in now.labelled["as_of"]})},
    )


def _population_note(workspace: Workspace, truth: pd.DataFrame) -> str:
    settings = workspace.settings.churn
    return (
        f"Population: customers with a purchase in the last {settings.active_days} days who allow profiling; "
        f"{truth['churned'].mean():.1%} of {len(truth):,} bought nothing in the {settings.horizon_days} days evaluated."
    )
