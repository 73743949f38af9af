"""The steps of a churn training, in order."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from core.errors import DataError
from core.progress import current
from core.workspace import Workspace
from models.churn import baselines, data, golden
from models.churn.inputs import Inputs
from models.churn.kind import KIND, evaluation
from models.churn.model import BoostedModel, fit_boosters, mean_margins
from models.churn.scorer import About, Scorer, describe_population
from training import provenance, splits, tracking
from training.churn import plots, tuning
from training.churn.tuning import Recipe
from training.evaluation import evaluate
from training.outcome import FeatureNote, Trained, TrainingRecord

MODEL = "model"
BAG = 3
NOTES = (
    "Purpose: rank customers by how likely they are to buy nothing in the coming days, to choose whom to win back.",
    "Not for: prices, credit, or any decision that has a legal effect on a person.",
    "It has seen this shop only, and no longer than its history: seasons it has not seen it does not know.",
)


@dataclass(frozen=True)
class Facts:
    """What is known at a date: labelled rows, and the population of that date."""

    known_at: date
    examples: pd.DataFrame
    population: pd.DataFrame


def train(workspace: Workspace, as_of: date, trials: int | None = None, timeout: float | None = None) -> Trained:
    """Tune, evaluate beside the baselines, refit on everything known at `as_of`, log and register.

    Raises:
        DataError: too little history, or nobody (or everybody) left in it.
    """
    with tempfile.TemporaryDirectory() as scratch:
        return tracking.finish(workspace, fit(workspace, as_of, Path(scratch), trials, timeout))


def fit(
    workspace: Workspace, as_of: date, directory: Path, trials: int | None = None, timeout: float | None = None
) -> TrainingRecord:
    """All of `train` but the logging: the record, its saved models in `directory`."""
    started = time.monotonic()
    now = gather(workspace, as_of)
    then = before(now, splits.evaluated_from(as_of, workspace.settings.churn.horizon_days))
    inputs = Inputs.of(data.features(), then.examples)
    current().step(f"tuning on {len(then.examples):,} rows known at {then.known_at}")
    tuned, recipe = tuning.tune(workspace, then.examples, inputs, then.known_at, trials=trials, timeout=timeout)
    current().step(f"evaluating on the customers of {then.known_at}")
    evaluated, baselines_then = fit_all(workspace, then, inputs, recipe)
    truth = now.examples[now.examples["as_of"] == then.known_at]
    own = evaluation(workspace, evaluated, truth)
    others = {name: evaluation(workspace, scorer, truth) for name, scorer in baselines_then.items()}
    judged = evaluate(KIND, own, others, workspace.settings.seed)
    current().step(f"fitting on {len(now.examples):,} rows known at {as_of}")
    served, baselines_now = fit_all(workspace, now, inputs, recipe)
    saved = {"model": served, "evaluation": evaluated, "baseline": baselines_now[judged.best_baseline]}
    for name, scorer in saved.items():
        scorer.save(directory / name)
    return TrainingRecord(
        kind=KIND.name,
        as_of=as_of,
        evaluated_from=then.known_at,
        seed=workspace.settings.seed,
        parameters={**recipe.as_dict(), "boosters": BAG, "origin_every_days": data.STEP_DAYS},
        study=tuned.note(),
        **vars(judged),
        primary=KIND.primary,
        higher_is_better=KIND.higher_is_better,
        features=tuple(FeatureNote(f.name, f.meaning, f.unit) for f in inputs.features),
        directory=directory,
        data_digest=workspace.tables.digest(before=as_of),
        code_version=provenance.code_version(),
        rows=len(now.examples),
        units=len(truth),
        seconds=time.monotonic() - started,
        plots=plots.draw({MODEL: own, **others}, served.importance()),
        notes=(*NOTES, _population_note(workspace, truth)),
        extra={"importance": served.importance(), "origins": sorted({str(day) for day in now.examples["as_of"]})},
    )


def gather(workspace: Workspace, as_of: date) -> Facts:
    """Labelled rows at every origin known at `as_of`, and the population of `as_of`.

    Raises:
        DataError: too little history, or nobody (or everybody) left in it.
    """
    settings = workspace.settings.churn
    # A whole population, then one horizon each to fit, to tune and to evaluate on.
    enough = settings.active_days + 3 * settings.horizon_days
    splits.require_history(workspace.tables.first_day(), as_of, enough, "train churn")
    origins = data.known_origins(workspace, as_of)
    current().step(f"collecting features at {len(origins) + 1} dates from {origins[0]} to {as_of}")
    examples = data.labelled(workspace, origins, as_of)
    return Facts(as_of, examples, data.unlabelled(workspace, as_of))


def before(facts: Facts, known_at: date) -> Facts:
    """What was known at an earlier origin: labels whose windows end by it; its population is among the rows.

    Raises:
        DataError: nobody, or everybody, left before it.
    """
    days = facts.examples["as_of"]
    usable = splits.usable(list(days.unique()), known_at, (facts.known_at - known_at).days)
    examples = facts.examples[days.isin(usable)].reset_index(drop=True)
    if examples["churned"].nunique() < 2:
        who = "everybody" if examples["churned"].any() else "nobody"
        raise DataError(f"{who} left before {known_at}", why="there is nothing to tell apart")
    return Facts(known_at, examples, facts.examples[days == known_at])


def fit_all(
    workspace: Workspace, facts: Facts, inputs: Inputs, recipe: Recipe
) -> tuple[BoostedModel, dict[str, Scorer]]:
    """The model and the baselines, fitted on the same facts."""
    fitted = fit_model(workspace, facts, inputs, recipe)
    return fitted, baselines.fit_on(workspace, facts.examples, facts.population, facts.known_at)


def fit_model(workspace: Workspace, facts: Facts, inputs: Inputs, recipe: Recipe) -> BoostedModel:
    """The boosters of the recipe, with the ranks and the rate of the population."""
    settings = workspace.settings
    matrix, churned = inputs.matrix(facts.examples), facts.examples["churned"].to_numpy()
    options = {"seed": settings.seed, "count": BAG, "threads": settings.threads}
    boosters = fit_boosters(matrix, churned, recipe.parameters, recipe.rounds, **options)
    ranks, rate = describe_population(
        inputs, lambda rows: recipe.calibration.margins(mean_margins(boosters, rows)), facts.population
    )
    about = About(facts.known_at, settings.churn.horizon_days, inputs, ranks, rate)
    model = BoostedModel(about, boosters, recipe.calibration)
    model.golden_inputs = golden.make(inputs, facts.population, settings.seed)
    return model


def _population_note(workspace: Workspace, truth: pd.DataFrame) -> str:
    settings = workspace.settings.churn
    return (
        f"Population: customers with a purchase in the last {settings.active_days} days who allow profiling; "
        f"{truth['churned'].mean():.1%} of {len(truth):,} bought nothing in the {settings.horizon_days} days evaluated."
    )
