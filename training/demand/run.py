"""`train`: rolling origins, tuning, an evaluation on the last window, and the model that serves.

With H the horizon and D the as-of date: tuning scores on the windows that start at D - 2H and D - 3H, the
evaluation model is fitted on what is known at D - H and scored on the window from there, the served model is
fitted on what is known at D. Each is fitted on origins whose labels lie before its date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from pandas import DataFrame

from core.progress import current
from core.workspace import Workspace
from feature_repo import catalog
from models.arrays import Float64Array
from models.demand import baselines, golden
from models.demand.advice import measure_dispersion
from models.demand.dataset import SERVICE
from models.demand.evaluation import score_series
from models.demand.forecast import Forecast
from models.demand.inputs import columns
from models.demand.kind import KIND
from models.demand.labels import sold
from models.demand.model import DemandModel, ordered
from models.demand.recipe import Recipe
from models.kinds import Budget
from training.demand import alignment, plots
from training.demand.fitting import calibrate, fit_mean, fit_quantiles
from training.demand.folds import Fold, Rolling, rolling
from training.demand.tuning import tune
from training.holdout_evaluation import evaluate
from training.outcome import FeatureNote, Outcome
from training.study import Tuned


def fit(workspace: Workspace, as_of: date, directory: Path, budget: Budget) -> Outcome:
    """Tune, evaluate beside the baselines, refit as of a date (see `training.kinds.Trainer`).

    Raises:
        DataError: too little history before `as_of`; it says which date is the earliest.
        NotReady: nothing has been ingested, or the time ran out before one trial was complete.
    """
    known = rolling(workspace, as_of)
    folds = [known.fold(day) for day in known.windows()]
    tuned = tune(workspace, known, folds, budget)
    recipe = Recipe.of(tuned.best.params)
    strength = alignment.choose(workspace, known, folds, recipe)
    return _outcome(_Fitting(workspace, known, recipe, strength), folds[0], tuned, directory)


@dataclass(frozen=True)
class _Scored:
    """The quantiles of a model on the window after its fold, before their shifts (N, 5), and sold over level (N,)."""

    raw: Float64Array
    ratio: Float64Array


@dataclass(frozen=True)
class _Fitting:
    """How boosters are fitted in this run."""

    workspace: Workspace
    known: Rolling
    recipe: Recipe
    alignment: float

    def fit(self, fold: Fold, calibrations: Sequence[_Scored], dispersion: float = 1.0) -> DemandModel:
        """The boosters of a fold, their quantiles shifted by what earlier windows showed."""
        settings, recipe, threads = self.workspace.settings, self.recipe, self.workspace.settings.threads
        current().step(f"demand: fitting as of {fold.labels_until}, {len(fold.examples):,} examples")
        model = DemandModel(
            means=tuple(fit_mean(fold.examples, recipe, settings.seed + bag, threads) for bag in range(recipe.bags)),
            quantiles=fit_quantiles(fold.examples, recipe, settings.seed, threads),
            recipe=recipe,
            trained_as_of=fold.labels_until,
            keys=settings.demand.series,
            freq=settings.demand.freq,
            horizon=fold.inputs.shape[1],
            names=fold.inputs.names,
            shifts=calibrate(*_joined(calibrations)),
            dispersion=dispersion,
            alignment=self.alignment,
            calendar=self.known.days.announced(fold.labels_until),
        )
        return replace(model, golden=golden.record(model, fold.inputs.matrix))

    def score_earlier(self, fold: Fold) -> _Scored:
        """The quantiles of a fold before the evaluation, on the window after it."""
        settings = self.workspace.settings
        current().step(f"demand: calibrating on the window from {fold.labels_until}")
        booster = fit_quantiles(fold.examples, self.recipe, settings.seed, settings.threads)
        return _scored(
            ordered(booster, fold.inputs.matrix), fold, self.known.labels(fold.labels_until, self.known.evaluated_from)
        )


def _joined(calibrations: Sequence[_Scored]) -> tuple[Float64Array, Float64Array]:
    return np.concatenate([each.raw for each in calibrations]), np.concatenate([each.ratio for each in calibrations])


def _scored(raw: Float64Array, fold: Fold, truth: Float64Array) -> _Scored:
    scale = fold.inputs.level[:, None] * fold.inputs.open
    usable = (np.isfinite(truth) & (scale > 0)).reshape(-1)
    ratio = np.divide(truth, scale, out=np.zeros_like(truth), where=scale > 0).reshape(-1)
    return _Scored(raw[usable], ratio[usable])


@dataclass(frozen=True)
class _Window:
    """The evaluation model on the last known window, beside the baselines."""

    forecast: Forecast
    sold: Float64Array
    frame: DataFrame
    baselines: Mapping[str, DataFrame]


def _judge(workspace: Workspace, fold: Fold, model: DemandModel) -> _Window:
    truth = sold(workspace, fold.histories.ids, fold.labels_until)
    simple = baselines.fitted(fold.labels_until, model.keys, model.freq, model.horizon, model.calendar)
    forecasts = {name: each.forecast(fold.histories, fold.plans) for name, each in simple.items()}
    frames = {name: score_series(each, truth, fold.histories) for name, each in forecasts.items()}
    forecast = model.forecast(fold.histories, fold.plans)
    return _Window(forecast, truth, score_series(forecast, truth, fold.histories), frames)


def _outcome(fitting: _Fitting, before: Fold, tuned: Tuned, directory: Path) -> Outcome:
    workspace, known = fitting.workspace, fitting.known
    earlier, last = fitting.score_earlier(before), known.fold(known.evaluated_from)
    evaluated = fitting.fit(last, [earlier])
    evaluated.save(directory / "evaluation")
    window = _judge(workspace, last, evaluated)
    latest = _scored(evaluated.raw_quantiles(last.inputs.matrix), last, window.sold)
    newest = known.fold(known.as_of)
    model = fitting.fit(newest, [earlier, latest], measure_dispersion(window.forecast, window.sold))
    model.save(directory / "model")
    judged = evaluate(KIND, window.frame, window.baselines, workspace.settings.seed)
    best = baselines.fitted(known.as_of, model.keys, model.freq, model.horizon, model.calendar)[judged.best_baseline]
    replace(best, dispersion=model.dispersion).save(directory / "baseline")
    return Outcome(
        evaluated_from=known.evaluated_from,
        parameters=asdict(model.recipe) | {"step_days": known.step_days, "origins": len(known.at)},
        study=tuned.note(),
        evaluation=judged,
        features=_features(),
        rows=len(newest.examples),
        units=len(window.frame),
        plots={
            "forecast.png": plots.fan(window.forecast, window.sold, last.histories),
            "coverage.png": plots.coverage(window.forecast, window.sold),
            "importance.png": plots.importance(model.means[0], model.names),
        },
        notes=_notes(model, known),
        extra={
            "shifts": list(model.shifts),
            "alignment": model.alignment,
            "inputs": [asdict(column) for column in columns()],
        },
    )


def _features() -> tuple[FeatureNote, ...]:
    stored = [feature for view in catalog.service(SERVICE) for feature in view.features]
    notes = [FeatureNote(each.name, each.description, each.unit) for each in stored]
    return (*notes, *(FeatureNote(each.name, each.description, each.unit) for each in columns()))


def _notes(model: DemandModel, known: Rolling) -> tuple[str, ...]:
    unit = "day" if model.freq == "D" else "week"
    return (
        f"Forecasts units per {' and '.join(model.keys)} and {unit}, {model.horizon} ahead, with five quantiles.",
        f"Fitted on {len(known.at)} origins; each learns from the days after it that were known by {known.as_of}.",
        f"Forecasts follow the course of the shop's own total with a strength of {model.alignment:.2f} (0 to 1).",
        "Promotions and closures count as known ahead up to the horizon; the weather is not used.",
        "A season that the history does not show, such as the first Christmas, is forecast from holidays alone.",
        "Quantiles are shifted by what earlier windows showed; on days unlike those they may cover less.",
    )
