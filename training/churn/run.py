"""The steps of a churn training, in order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd
from scipy.special import expit

from core.progress import current
from core.workspace import Workspace
from models.churn import dataset, evaluation, golden
from models.churn.inputs import Inputs
from models.churn.kind import KIND
from models.churn.model import BoostedModel
from models.churn.portfolio import Portfolio
from models.churn.scorer import Scorer
from models.kinds import Budget
from training import local_effects, splits
from training.churn import chain, examples, group_calibration, member_standings, plots, promise, tuning
from training.churn.fitting import BAG, Fitter
from training.churn.stacking import Stack
from training.holdout_evaluation import evaluate
from training.kinds import Weigher
from training.outcome import FeatureNote, Outcome

MODEL = "model"
NOTES = (
    "Purpose: rank customers by how likely they are to buy nothing in the coming days, to choose whom to win back.",
    "Not for: prices, credit, or any decision that has a legal effect on a person.",
    "Tiers: precision@tier2 is the share that left of the customers in tier 2; recall@tier2 is the share of those who "
    "left that was in it; tiers1-3 are the three together.",
    "It has seen this shop only, and no longer than its history: seasons it has not seen it does not know.",
)

MITIGATED = (
    "Mitigated: the training rows were weighed so that those who left are as frequent in every group of {}. That "
    "weighs rows and is no feature: the model never sees it. Weighing by a protected attribute is a use of it (in the "
    "EU GDPR Art. 9 where it is a special category; elsewhere local law): have a legal basis, and write it down. The "
    "blend is calibrated on the shop's own past windows, unweighed."
)


def fit(
    workspace: Workspace,
    as_of: date,
    directory: Path,
    budget: Budget,
    *,
    source: examples.Source = examples.collect,
    weigh: Weigher | None = None,
) -> Outcome:
    """Tune, walk through the past, weigh, evaluate beside the baselines, refit (see `training.kinds.Trainer`).

    `source` is where the rows are from, `weigh` what each counts (all alike without it).

    Raises:
        DataError: too little history, or nobody (or everybody) left in it.
    """
    now = source(workspace, as_of)
    then = examples.known_by(now, splits.evaluated_from(as_of, now.gap_days))
    examples.require_evaluable(then)
    inputs = Inputs.of(dataset.features(), then.labelled)
    current().step(f"tuning on {len(then.labelled):,} rows known at {then.labels_until}")
    tuned, recipe, curve = tuning.tune(workspace, then, inputs, budget)
    current().step(f"weighing the members on past windows, up to the one from {then.labels_until}")
    fitter = Fitter(workspace, inputs, recipe, weigh)
    past = chain.walk(fitter, now, then.labels_until)
    names = list(past[-1].fitted.members)
    last, truth = past[-1].fitted, then.population
    evaluated = _portfolio(fitter, last.members, chain.blend(past[:-1], names, then.labels_until), then)
    frames = {MODEL: evaluation.of_labelled(workspace, evaluated, truth)}
    others = {name: evaluation.of_labelled(workspace, scorer, truth) for name, scorer in last.baselines.items()}
    judged = evaluate(KIND, frames[MODEL], others, workspace.settings.seed)
    current().step(f"fitting on {min(len(now.labelled), recipe.most_rows):,} rows known at {as_of}")
    fitted = fitter.fit(now)
    stack = chain.blend(past, names, as_of)
    served = _portfolio(fitter, fitted.members, stack, now)
    _save(directory, {"model": served, "evaluation": evaluated, "baseline": fitted.baselines[judged.best_baseline]})
    told = chain.forward(past, names)
    standing = member_standings.of(told, stack, workspace.settings.seed)
    promised = promise.promise(told)
    trees = fitted.members["trees"]
    assert isinstance(trees, BoostedModel)
    importance = trees.importance()
    some = inputs.matrix(truth.iloc[local_effects.drawn(len(truth), workspace.settings.seed)])
    effects = local_effects.measure(
        lambda matrix: expit(evaluated.margins(matrix)), some, inputs.names, local_effects.leading(importance)
    )
    return Outcome(
        evaluated_from=then.labels_until,
        parameters={
            **recipe.as_dict(),
            "boosters": BAG,
            "origin_every_days": dataset.STEP_DAYS,
            "origins": now.labelled["as_of"].nunique(),
            "rows_there": now.there or len(now.labelled),
            "rows_fitted": min(len(now.labelled), recipe.most_rows),
        },
        study=tuned.note(),
        evaluation=judged,
        features=tuple(FeatureNote(f.name, f.meaning, f.unit) for f in inputs.features),
        rows=len(now.labelled),
        units=len(truth),
        plots={
            **plots.draw(frames | others, importance),
            "local_effects.png": local_effects.draw(effects, "the probability of leaving"),
            **curve.plots(),
        },
        csv={
            "local_effects.csv": local_effects.as_csv(effects),
            **curve.tables(),
        },
        notes=(
            *NOTES,
            *([MITIGATED.format(", ".join(weigh.attributes))] if weigh else []),
            _population_note(workspace, truth),
            *now.notes,
            curve.says,
            *member_standings.notes(standing, stack),
            *promise.notes(promised, len(told)),
        ),
        tables=(group_calibration.table(frames[MODEL], truth), member_standings.table(standing)),
        promised=promised,
        extra={
            "importance": importance,
            "origins": sorted({str(day) for day in now.labelled["as_of"]}),
            "members": [each.as_dict() for each in standing],
            "shift": stack.shift,
        },
    )


def _portfolio(fitter: Fitter, members: Mapping[str, Scorer], stack: Stack, of: examples.Examples) -> Portfolio:
    """The members blended, with the ranks and the rate of the population."""
    weights = dict(zip(stack.names, stack.weights.tolist(), strict=True))
    bare = Portfolio(members["trees"].about, members, weights, stack.shift)  # the trees read every input
    portfolio = Portfolio(fitter.about(of, bare.margins), members, weights, stack.shift)
    portfolio.golden_inputs = golden.make(fitter.inputs, of.population, fitter.workspace.settings.seed)
    return portfolio


def _save(directory: Path, scorers: Mapping[str, Scorer]) -> None:
    for name, scorer in scorers.items():
        scorer.save(directory / name)


def _population_note(workspace: Workspace, truth: pd.DataFrame) -> str:
    settings = workspace.settings.churn
    return (
        f"Population: customers with a purchase in the last {settings.active_days} days who allow profiling; "
        f"{truth['churned'].mean():.1%} of {len(truth):,} bought nothing in the {settings.horizon_days} days evaluated."
    )
