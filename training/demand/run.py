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

from matplotlib.figure import Figure
from pandas import DataFrame

from core.progress import current
from core.workspace import Workspace
from feature_repo import catalog
from models.arrays import Float64Array
from models.demand import baselines, golden
from models.demand.adjustments import CLASSES, Adjustments
from models.demand.advice import measure_dispersion
from models.demand.dataset import SERVICE
from models.demand.evaluation import score_series
from models.demand.explanation import PARTS, ForecastParts
from models.demand.forecast import Forecast
from models.demand.inputs import columns
from models.demand.kind import KIND
from models.demand.labels import sold
from models.demand.model import DemandModel, Mature
from models.demand.newcomers.launch_curves import launch_curves
from models.demand.newcomers.newcomer_forecast import LaunchCoverage, launch_coverage
from models.demand.pricing.responses import NO_RESPONSES
from models.demand.recipe import Recipe
from models.demand.series import PERIOD, Histories
from models.demand.signals.interest import signal_names
from models.kinds import Budget
from training.demand import plots, warm_start, worst_series
from training.demand.adjusting import learn
from training.demand.fitting import fit_mean, fit_quantiles
from training.demand.folds import Fold, Rolling, rolling
from training.demand.forecast_windows import ForecastWindow
from training.demand.level_sums import correlations, judged, notes, refuse_no_groupings
from training.demand.pricing.learning import learn_responses
from training.demand.signals.worth import Discovery, discover
from training.demand.tuning import tune
from training.demand.warm_start import MatureShop, TwoWords
from training.holdout_evaluation import Evaluation, evaluate
from training.outcome import FeatureNote, Outcome, StudyNote

PastWindow = ForecastWindow | TwoWords


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
        return _outcome(_Fitting(workspace, known, mature.served.recipe, mature), folds, None, directory)
    known = rolling(workspace, as_of)
    refuse_no_groupings(workspace, known.at[known.as_of].ids)
    folds = [known.fold(day) for day in known.windows()]
    tuned = tune(workspace, known, folds, budget)
    return _outcome(_Fitting(workspace, known, Recipe.of(tuned.best.params)), folds, tuned.note(), directory)


@dataclass(frozen=True)
class _Fitting:
    """How boosters are fitted in this run."""

    workspace: Workspace
    known: Rolling
    recipe: Recipe
    mature: MatureShop | None = None

    def fit(self, fold: Fold, past: Sequence[PastWindow], outside: Discovery, dispersion: float = 1.0) -> DemandModel:
        """The boosters of a fold, their word adjusted by what earlier windows showed."""
        current().step(f"demand: fitting as of {fold.labels_until}, {len(fold.examples):,} examples")
        share = self._mature_share(fold, past)
        windows = [window.at(share) if isinstance(window, TwoWords) else window for window in past]
        if self.mature is not None and len(windows) < warm_start.FEW_WINDOWS:
            adjustments = warm_start.inherited(self.mature.at(fold.labels_until))
        else:
            adjustments = learn(windows, outside.terms)
        model = replace(
            self._started(fold, share),
            adjustments=adjustments,
            dispersion=dispersion,
            correlations=correlations(self.workspace, windows, adjustments),
            calendar=self.known.days.announced(fold.labels_until).using(adjustments.signals.names),
        )
        return replace(model, golden=golden.record(model, fold.inputs.matrix))

    def outside(self, fold: Fold) -> Discovery:
        """What outside signals were worth before a fold's date."""
        if signal_names(fold.histories, self.known.days.signals.names):
            current().step(f"demand: looking for outside signals as of {fold.labels_until}")
        return discover(fold.histories, self.known.days, self.known.horizon)

    def past(self, fold: Fold) -> PastWindow:
        """What boosters of a fold before the evaluation (one of the mean alone) said of the window after it."""
        current().step(f"demand: looking back at the window from {fold.labels_until}")
        own = self._boosters(fold, 1) if self._enough(fold) else None
        return self.window(fold, own, self.known.labels(fold.labels_until, self.known.evaluated_from))

    def window(self, fold: Fold, own: DemandModel | None, sold: Float64Array) -> PastWindow:
        """What boosters of the shop's own said of a fold's window; beside the mature ones, where there are any."""
        seen = (fold.histories, fold.plans, fold.inputs)
        if self.mature is None:
            assert own is not None
            return ForecastWindow(own.word(*seen), sold)
        said = None if own is None else replace(own, mature=None).word(*seen)
        return TwoWords(said, self.mature.at(fold.labels_until).word(*seen), sold)

    def own(self, fold: Fold, model: DemandModel) -> DemandModel | None:
        """A fold's boosters of the shop's own: the model's; where it has the mature ones alone, fitted to be tried."""
        if self.mature is None or model.mature is not None:
            return model
        return self._boosters(fold, 1) if self._enough(fold) else None

    def _enough(self, fold: Fold) -> bool:
        return self.mature is None or len(fold.examples) >= warm_start.LEAST_EXAMPLES

    def _mature_share(self, fold: Fold, past: Sequence[PastWindow]) -> float:
        days = (fold.labels_until - min(self.known.at)).days
        return warm_start.mature_share(
            [window for window in past if isinstance(window, TwoWords)], days / self.known.window_days
        )

    def _started(self, fold: Fold, share: float) -> DemandModel:
        """The shop's own boosters, the mature ones, or both."""
        if self.mature is None:
            return self._boosters(fold, self.recipe.bags)
        mature = self.mature.at(fold.labels_until)
        if not self._enough(fold) or share >= 1:
            keys, horizon = self.workspace.settings.demand.series, fold.inputs.shape[1]
            bare = replace(mature, prices=NO_RESPONSES, curves=None)
            return replace(bare, trained_as_of=fold.labels_until, keys=keys, horizon=horizon)
        return replace(self._boosters(fold, self.recipe.bags), mature=Mature(mature, share))

    def _boosters(self, fold: Fold, bags: int) -> DemandModel:
        settings, threads = self.workspace.settings, self.workspace.settings.threads
        return DemandModel(
            means=tuple(fit_mean(fold.examples, self.recipe, settings.seed + bag, threads) for bag in range(bags)),
            quantiles=fit_quantiles(fold.examples, self.recipe, settings.seed, threads),
            recipe=self.recipe,
            trained_as_of=fold.labels_until,
            keys=settings.demand.series,
            freq=settings.demand.freq,
            horizon=fold.inputs.shape[1],
            names=fold.inputs.names,
        )


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


def _outcome(fitting: _Fitting, folds: Sequence[Fold], tuned: StudyNote | None, directory: Path) -> Outcome:
    workspace, known = fitting.workspace, fitting.known
    earlier, last = [fitting.past(fold) for fold in folds], known.fold(known.evaluated_from)
    evaluated = fitting.fit(last, earlier, fitting.outside(last))
    evaluated.save(directory / "evaluation")
    window = _judge(workspace, last, evaluated)
    latest = fitting.window(last, fitting.own(last, evaluated), window.sold)
    levels = judged(workspace, window.forecast, window.sold, evaluated.correlations)
    newest = known.fold(known.as_of)
    found = fitting.outside(newest)
    model = fitting.fit(newest, [latest, *earlier], found, measure_dispersion(window.forecast, window.sold))
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
    return Outcome(
        evaluated_from=known.evaluated_from,
        parameters=asdict(model.recipe) | {"step_days": known.step_days, "origins": len(known.at)},
        study=tuned or _untuned(known, model, verdict),
        evaluation=verdict,
        features=_features(),
        rows=len(newest.examples),
        units=len(window.frame),
        plots={
            "forecast.png": plots.fan(window.forecast, window.sold, last.histories),
            "coverage.png": plots.coverage(window.forecast, window.sold),
            "importance.png": plots.importance(model.means[0], model.names),
            "worst.png": plots.worst_fans([each.row for each in worst], window.forecast, window.sold, last.histories),
            "parts.png": _parts_plot(model, newest),
        },
        notes=(*_notes(model, known, outside), *notes(levels), *_of_launches(launches), *_warm(fitting, model)),
        tables=(worst_series.table(worst, workspace.tables.manifest.base_currency or "money"),),
        extra={
            "adjustments": model.adjustments.as_json(),
            "signals": [asdict(signal) for signal in outside.each],
            "levels": levels,
            "launches": launches and launches.as_json(),
            "inputs": [asdict(column) for column in columns()],
        },
    )


def _parts_plot(model: DemandModel, fold: Fold) -> Figure:
    """The forecast to come of the series that earns most, as its parts."""
    row = int(fold.histories.revenue.argmax())
    taken = ForecastParts(model, fold.histories, fold.plans, fold.inputs.shape[1]).parts(row)
    return plots.parts_of(taken, PARTS, taken.sum(1), f"{fold.histories.ids[row]} from {fold.histories.origin}")


def _untuned(known: Rolling, model: DemandModel, judged: Evaluation) -> StudyNote:
    """Where the recipe is another shop's."""
    return StudyNote(f"demand-{known.as_of}", 1, judged.metrics[KIND.primary].value, asdict(model.recipe))


def _features() -> tuple[FeatureNote, ...]:
    stored = [feature for view in catalog.service(SERVICE) for feature in view.features]
    notes = [FeatureNote(each.name, each.description, each.unit) for each in stored]
    return (*notes, *(FeatureNote(each.name, each.description, each.unit) for each in columns()))


def _notes(model: DemandModel, known: Rolling, outside: Discovery) -> tuple[str, ...]:
    unit = "day" if model.freq == "D" else "week"
    return (
        f"Forecasts units per {' and '.join(model.keys)} and {unit}, {model.horizon} ahead, with five quantiles.",
        f"Fitted on {len(known.at)} origins; each learns from the days after it that were known by {known.as_of}.",
        *_without_stock(known.at[known.as_of]),
        *_adjusted(model.adjustments),
        *outside.notes(model.adjustments.signals.strength),
        "Promotions, closures and signals without `known_from` count as known ahead up to the horizon.",
        "A season that the history does not show, such as the first Christmas, is forecast from holidays alone.",
        "Quantiles are shifted by what earlier windows showed; on days unlike those they may cover less.",
    )


def _of_launches(found: LaunchCoverage | None) -> tuple[str, ...]:
    """How far new products can be forecast."""
    if found is None:
        return ()
    return (
        f"New products are forecast from products alike: of {found.launches:,} past launches, each from those before"
        f" it, q05 to q95 held {found.coverage:.1%} of periods; {found.forecast:,.0f} units were forecast of"
        f" {found.sold:,.0f} sold.",
    )


def _warm(fitting: _Fitting, model: DemandModel) -> tuple[str, ...]:
    """Whether another shop's model speaks too, and whether it knew what it was judged on."""
    if fitting.mature is None:
        return ()
    share = model.mature.share if model.mature else 1.0
    said = f"Started from another shop's model, which makes up {share:.0%} of the boosters' word."
    evaluated_from = fitting.known.evaluated_from
    asked = fitting.mature.at(evaluated_from).trained_as_of
    if asked <= evaluated_from:
        return (said,)
    knew = f"That model was trained as of {asked}, after the window that is judged began: it knew the same days in"
    return said, f"{knew} another shop, so the figures may be a little too good."


def _without_stock(histories: Histories) -> tuple[str, ...]:
    """How much of the history is no demand that could be seen."""
    if histories.out is None:
        return ()
    unit, count = "day" if histories.freq == "D" else "week", int(histories.out.sum())
    return (
        f"Of {int(histories.out.any(1).sum()):,} series {count:,} {unit}s without stock are no zero demand: what would"
        " have sold stands in their place, nothing is learnt of them, and no forecast is judged on them.",
    )


def _adjusted(adjustments: Adjustments) -> tuple[str, ...]:
    """What past windows showed, and what is done about it."""
    said = [
        f"{name} {of_mean:.0%} / {of_quantiles:.0%}"
        for name, of_mean, of_quantiles in zip(
            CLASSES, adjustments.counting.mean, adjustments.counting.quantiles, strict=True
        )
    ]
    return (
        f"Counting (recent level and weekday profile) makes up of the mean / of the quantiles: {', '.join(said)}.",
        f"Forecasts follow the course of the shop's own total with a strength of {adjustments.alignment:.2f} (0 to 1).",
        f"Earlier forecasts were off in sum: all are multiplied by {adjustments.level:.3f}."
        if adjustments.level != 1.0
        else "Earlier forecasts were right in sum but for chance: their level is left as it is.",
    )
