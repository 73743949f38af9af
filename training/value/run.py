"""The steps of a value training, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from core.progress import current
from core.workspace import Workspace
from models.churn import golden as invented
from models.churn.inputs import Inputs
from models.kinds import Budget
from models.value import baselines, dataset, evaluation
from models.value.hazard import Hazard
from models.value.kind import KIND
from models.value.labels import HORIZONS, SEEN_DAYS, SHORTEST, TARGETS
from models.value.model import Correction, ValueModel
from models.value.recipe import Recipe
from training import local_effects, splits
from training.holdout_evaluation import evaluate
from training.outcome import FeatureNote, Outcome
from training.value import backtests, examples, hazard_fitting, plots, spend_effects, spend_rows, tuning
from training.value.backtests import Past, PastWindow
from training.value.examples import Examples
from training.value.fitting import Beliefs, fit_model

MODEL = "model"
NOTES = (
    "Purpose: say what each customer is likely to spend, how often they will buy and when they are back, to plan "
    "whom to look after.",
    "Not for: prices, credit, or any decision that has a legal effect on a person.",
    "deviance is that of a Tweedie distribution, which is least for who tells the mean; mae rewards the median, which "
    "is nothing wherever most customers buy nothing.",
    "total_ratio is the sum of what was expected over the sum of what came; coverage is the share of customers inside "
    "their interval, which is made for nine in ten.",
)


def fit(workspace: Workspace, as_of: date, directory: Path, budget: Budget) -> Outcome:
    """Tune, evaluate beside the baselines, refit on everything known at `as_of` (see `training.kinds.Trainer`).

    Raises:
        DataError: too little history, or hardly anybody came back in it.
    """
    now = examples.collect(workspace, as_of)
    then = now.known_by(splits.evaluated_from(as_of, SHORTEST))
    inputs, past = then.inputs(), Past(then)
    current().step(f"tuning on {len(then.labelled):,} rows known at {then.until}")
    tuned, recipe = tuning.tune(past, inputs, budget)
    curve = spend_rows.measure(past, inputs, recipe)
    current().step("trying the boosters on past windows")
    windows = backtests.windows(past, inputs, recipe)
    believed = backtests.beliefs(windows)
    current().step(f"evaluating on the customers of {then.until}")
    evaluated = fit_model(then, inputs, recipe, believed)
    evaluated.hazard = _hazard_then(past, inputs, evaluated)
    truth = now.at(then.until)
    baselines_then = baselines.fit_on(workspace, then.labelled, then.everyone, then.until)
    own = evaluation.of_labelled(evaluated, truth, SHORTEST)
    others = {name: evaluation.of_labelled(each, truth, SHORTEST) for name, each in baselines_then.items()}
    judged = evaluate(KIND, own, others, workspace.settings.seed)
    current().step(f"fitting on {len(now.labelled):,} rows known at {as_of}")
    with_last = {**windows, SHORTEST: _with_evaluation(windows.get(SHORTEST, {}), Past(now), inputs, recipe, then)}
    believed_now = backtests.beliefs(with_last)
    served = fit_model(now, inputs, recipe, believed_now)
    served.hazard = _hazard_now(now, then, inputs, served)
    baselines_now = baselines.fit_on(workspace, now.labelled, now.everyone, as_of)
    saved = {"model": served, "evaluation": evaluated, "baseline": baselines_now[judged.best_baseline]}
    for name, model in saved.items():
        if not model.golden_inputs:
            model.golden_inputs = invented.make(inputs, now.population, workspace.settings.seed)
        model.save(directory / name)
    effects = spend_effects.measure(evaluated, truth, workspace.settings.seed)
    return Outcome(
        evaluated_from=then.until,
        parameters={**recipe.as_dict(), "beliefs": _described(believed_now), "origin_every_days": dataset.STEP_DAYS},
        study=tuned.note(),
        evaluation=judged,
        features=tuple(FeatureNote(f.name, f.meaning, f.unit) for f in inputs.features),
        rows=len(now.labelled),
        units=len(truth),
        plots={
            **plots.draw({MODEL: own, **others}),
            local_effects.PICTURE: local_effects.draw(effects, f"spend over {SHORTEST} days"),
            **curve.plots(),
        },
        csv={local_effects.TABLE: local_effects.as_csv(effects), **curve.tables()},
        notes=(*NOTES, curve.says, *_notes(served, believed_now, len(truth))),
        extra={
            "origins": [str(day) for day in now.origins],
            "beliefs": _described(believed_now),
            "longer_windows": _longer(windows),
        },
    )


def _with_evaluation(
    windows: Mapping[str, list[PastWindow]], past: Past, inputs: Inputs, recipe: Recipe, then: Examples
) -> dict[str, list[PastWindow]]:
    """The window that the evaluation was on is a past one to the model that serves."""
    found = backtests.window(past, inputs, recipe, then.until, SHORTEST)
    return {t: [*windows.get(t, []), found[t]] for t in TARGETS}


def _hazard_then(past: Past, inputs: Inputs, model: ValueModel) -> Hazard | None:
    """Tried on the last past window; without one the formula tells the next purchase."""
    origins = past.origins(SHORTEST)
    if not origins:
        return None
    columns = _columns(model, inputs)
    before = past.known_by(origins[-1])
    first = hazard_fitting.fit(before, inputs, columns)
    kept = hazard_fitting.tried(first, before, inputs, past.examples.at(origins[-1]))
    return kept and replace(hazard_fitting.fit(past.examples, inputs, columns), pace=kept.pace)


def _hazard_now(now: Examples, then: Examples, inputs: Inputs, model: ValueModel) -> Hazard | None:
    """Tried on the window of the evaluation."""
    columns = _columns(model, inputs)
    kept = hazard_fitting.tried(hazard_fitting.fit(then, inputs, columns), then, inputs, now.at(then.until))
    return kept and replace(hazard_fitting.fit(now, inputs, columns), pace=kept.pace)


def _columns(model: ValueModel, inputs: Inputs) -> tuple[int, ...]:
    visits: Correction = model.horizons[SHORTEST].corrections["visits"]
    return hazard_fitting.columns_used(visits.booster, inputs)


def _described(believed: Beliefs) -> dict[str, dict[str, dict[str, float]]]:
    return {
        f"{days}d": {
            target: {"weight": b.weight, "anchor": b.anchor, "level": round(b.level, 4), "windows": b.windows}
            for target, b in of.items()
        }
        for days, of in believed.items()
    }


def _longer(windows: backtests.Windows) -> dict[str, dict[str, float]]:
    """Of each horizon, over its past windows: mean absolute error of the formula, of the booster."""
    return {
        f"{target}_{days}d": {
            "windows": len(each),
            "mae_formula": float(np.mean([np.abs(w.formula - w.came).mean() for w in each])),
            "mae_boosted": float(np.mean([np.abs(w.boosted - w.came).mean() for w in each])),
        }
        for days, of in windows.items()
        for target, each in of.items()
    }


def _notes(served: ValueModel, believed: Beliefs, customers: int) -> list[str]:
    said = [
        f"Population: customers with a purchase in the last {SEEN_DAYS} days who allow profiling, {customers:,} of "
        f"them in the evaluation over {SHORTEST} days."
    ]
    for days in HORIZONS:
        longer = served.horizons[days].stretched_from
        if longer:
            said.append(
                f"{days} days: the history is too short to have tried them. Told is what is expected of {longer} days "
                f"times what BG/NBD and Gamma-Gamma expect of {days} days over {longer}; the intervals are widened by "
                f"half for each doubling."
            )
        else:
            weights = ", ".join(f"{t} {believed[days][t].weight:.0%}" for t in TARGETS if days in believed)
            said.append(f"{days} days: share of the booster beside BG/NBD and Gamma-Gamma: {weights or 'none'}.")
    told = "a hazard learnt on the features" if served.hazard else "BG/NBD alone, which past windows found as good"
    return [*said, f"Next purchase: {told}."]
