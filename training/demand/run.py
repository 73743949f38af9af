"""`train`: rolling origins, tuning, an evaluation on the last window, and the model that serves.

With H the horizon and D the as-of date: tuning scores on the windows that start at D - 2H and D - 3H, and the
evaluation model's adjustments are learnt there; it is fitted on what is known at D - H and scored on the window from
there, on which, with the two before, the served model's are learnt; that is fitted on what is known at D. Each is
fitted on origins whose labels lie before its date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from pandas import DataFrame

from core.progress import current
from core.workspace import Workspace
from models.arrays import Float64Array
from models.demand import baselines
from models.demand.advice import measure_dispersion
from models.demand.evaluation import score_series
from models.demand.forecast import Forecast
from models.demand.inputs import columns
from models.demand.kind import KIND
from models.demand.labels import sold
from models.demand.model import DemandModel
from models.demand.newcomers.launch_curves import launch_curves
from models.demand.newcomers.newcomer_forecast import launch_coverage
from models.demand.recipe import Recipe
from models.demand.series import PERIOD
from models.kinds import Budget
from training import local_effects
from training.demand import card_notes, input_effects, plots, row_gains, step_errors, warm_start, worst_series
from training.demand.fits import Fits
from training.demand.folds import Fold, Rolling, rolling
from training.demand.level_sums import judged, notes, refuse_no_groupings
from training.demand.pricing import price_effects
from training.demand.pricing.learning import learn_responses
from training.demand.tuning import tune
from training.demand.warm_start import MatureShop
from training.holdout_evaluation import Evaluation, evaluate
from training.learning_curve import LearningCurve
from training.outcome import Outcome, StudyNote


def fit(
    workspace: Workspace, as_of: date, directory: Path, budget: Budget, *, mature: MatureShop | None = None
) -> Outcome:
    """Tune, evaluate beside the baselines, refit as of a date (see `training.kinds.Trainer`).

    With a `mature` shop, its models' boosters are used beside those of this shop's own history, with their recipe and
    no tuning (see `training.demand.warm_start`).

    Raises:
        DataError: too little history before `as_of`; it says which date is the earliest.
        NotReady: nothing has been ingested, or the time ran out before one trial was complete.
        UsageError: the mature shop's model can't say anything of this one.
    """
    if mature is not None:
        warm_start.require_fitting(mature.served, workspace.settings.demand, as_of)
        known = rolling(workspace, as_of, warm=True)
        refuse_no_groupings(workspace, known.at[known.as_of].ids)
        folds = [known.fold(day) for day in known.windows()]
        return _outcome(Fits(workspace, known, mature.served.recipe, mature), folds, None, directory)
    known = rolling(workspace, as_of)
    refuse_no_groupings(workspace, known.at[known.as_of].ids)
    folds = [known.fold(day) for day in known.windows()]
    tuned = tune(workspace, known, folds, budget)
    current().step("demand: looking at what more rows bring")
    tuning = _Tuning(tuned.note(), row_gains.measure(workspace, known, folds, tuned))
    return _outcome(Fits(workspace, known, Recipe.of(tuned.best.params)), folds, tuning, directory)


@dataclass(frozen=True)
class _Tuning:
    """What the study did, and what fewer rows than it had would have cost."""

    note: StudyNote
    curve: LearningCurve


@dataclass(frozen=True)
class _Window:
    """The evaluation model on the last known window, beside the baselines."""

    forecast: Forecast
    sold: Float64Array
    frame: DataFrame
    baselines: Mapping[str, DataFrame]
    simple: Mapping[str, Forecast]


def _judge(workspace: Workspace, fold: Fold, model: DemandModel) -> _Window:
    truth = sold(workspace, fold.histories.ids, fold.labels_until)
    simple = baselines.fitted(fold.labels_until, model.keys, model.freq, model.horizon, model.calendar)
    forecasts = {name: each.forecast(fold.histories, fold.plans) for name, each in simple.items()}
    frames = {name: score_series(each, truth, fold.histories) for name, each in forecasts.items()}
    forecast = model.forecast(fold.histories, fold.plans)
    return _Window(forecast, truth, score_series(forecast, truth, fold.histories), frames, forecasts)


def _outcome(fits: Fits, folds: Sequence[Fold], tuning: _Tuning | None, directory: Path) -> Outcome:
    workspace, known = fits.workspace, fits.known
    earlier, last = [fits.past(fold) for fold in folds], known.fold(known.evaluated_from)
    evaluated = fits.fit(last, earlier, fits.outside(last))
    evaluated.save(directory / "evaluation")
    window = _judge(workspace, last, evaluated)
    latest = fits.window(last, fits.own(last, evaluated), window.sold)
    levels = judged(workspace, window.forecast, window.sold, evaluated.correlations)
    newest = known.fold(known.as_of)
    found = fits.outside(newest)
    model = fits.fit(newest, [latest, *earlier], found, measure_dispersion(window.forecast, window.sold))
    current().step("demand: learning how series answer to prices and promotions")
    model = replace(model, prices=learn_responses(workspace, known.at, known.days))
    current().step("demand: looking at past launches")
    curves = launch_curves(workspace, known.as_of)
    launches = launch_coverage(curves, known.horizon, PERIOD[model.freq]) if curves else None
    model = replace(model, curves=curves)
    outside = found.followed(model.adjustments.signals)
    model.save(directory / "model")
    verdict = evaluate(KIND, window.frame, window.baselines, workspace.settings.seed)
    best = baselines.fitted(known.as_of, model.keys, model.freq, model.horizon, model.calendar)[verdict.best_baseline]
    best = replace(
        best, dispersion=model.dispersion, correlations=model.correlations, prices=model.prices, curves=curves
    )
    best.save(directory / "baseline")
    worst = worst_series.worst(window.forecast, window.sold, last.histories)
    effects = input_effects.measure(evaluated, last, workspace.settings.seed)
    errors = step_errors.by_step(
        {"model": window.forecast, verdict.best_baseline: window.simple[verdict.best_baseline]}, window.sold
    )
    return Outcome(
        evaluated_from=known.evaluated_from,
        parameters=asdict(model.recipe) | known.described,
        study=tuning.note if tuning else _untuned(known, model, verdict),
        evaluation=verdict,
        features=card_notes.features(),
        rows=len(newest.examples),
        units=len(window.frame),
        units_are="series",
        plots={
            "forecast.png": plots.fan(window.forecast, window.sold, last.histories),
            "coverage.png": plots.coverage(window.forecast, window.sold),
            "importance.png": plots.importance(model.means[0], model.names),
            "worst.png": plots.worst_fans([each.row for each in worst], window.forecast, window.sold, last.histories),
            "parts.png": card_notes.parts_plot(model, newest),
            local_effects.PICTURE: local_effects.draw(effects, "the forecast (in parts of a series' level)"),
            step_errors.PICTURE: step_errors.draw(errors),
            price_effects.PICTURE: price_effects.draw(model.prices),
            **(tuning.curve.plots() if tuning else {}),
        },
        csv={
            local_effects.TABLE: local_effects.as_csv(effects),
            step_errors.TABLE: errors.to_csv(index=False),
            price_effects.TABLE: price_effects.table(model.prices).to_csv(index=False),
            **(tuning.curve.tables() if tuning else {}),
        },
        notes=(
            *card_notes.notes(model, known, outside),
            *notes(levels),
            *card_notes.of_launches(launches),
            *([tuning.curve.says] if tuning else []),
            *card_notes.warm(known, fits.mature, model),
        ),
        tables=(worst_series.table(worst, workspace.tables.manifest.base_currency or "money"),),
        extra={
            "adjustments": model.adjustments.as_json(),
            "signals": [asdict(signal) for signal in outside.each],
            "levels": levels,
            "launches": launches and launches.as_json(),
            "inputs": [asdict(column) for column in columns()],
        },
    )


def _untuned(known: Rolling, model: DemandModel, judged: Evaluation) -> StudyNote:
    """Where the recipe is another shop's."""
    return StudyNote(f"demand-{known.as_of}", 1, judged.metrics[KIND.primary].value, asdict(model.recipe))
