"""What the card and the pictures of a demand version say of it in words."""

from __future__ import annotations

from matplotlib.figure import Figure

from feature_repo import catalog
from models.demand.adjustments import CLASSES, Adjustments
from models.demand.dataset import SERVICE
from models.demand.explanation import PARTS, ForecastParts
from models.demand.inputs import columns
from models.demand.model import DemandModel
from models.demand.newcomers.newcomer_forecast import LaunchCoverage
from models.demand.series import Histories
from training.demand import plots
from training.demand.folds import Fold, Rolling
from training.demand.signals.worth import Discovery
from training.demand.warm_start import MatureShop
from training.outcome import FeatureNote


def features() -> tuple[FeatureNote, ...]:
    """What the model reads: the stored features, and the inputs derived from them."""
    stored = [feature for view in catalog.service(SERVICE) for feature in view.features]
    kept = [FeatureNote(each.name, each.description, each.unit) for each in stored]
    return (*kept, *(FeatureNote(each.name, each.description, each.unit) for each in columns()))


def notes(model: DemandModel, known: Rolling, outside: Discovery) -> tuple[str, ...]:
    """What it forecasts, from what, what was done to its word, and where it ends."""
    unit = "day" if model.freq == "D" else "week"
    return (
        f"Forecasts units per {' and '.join(model.keys)} and {unit}, {model.horizon} ahead, with five quantiles.",
        f"Fitted on {len(known.at)} origins{_drawn(known)}; each learns from the days after it that were known by"
        f" {known.as_of}.",
        *_without_stock(known.at[known.as_of]),
        *_adjusted(model.adjustments),
        *outside.notes(model.adjustments.signals.strength),
        "Promotions, closures and signals without `known_from` count as known ahead up to the horizon.",
        "A season that the history does not show, such as the first Christmas, is forecast from holidays alone.",
        "Quantiles are shifted by what earlier windows showed; on days unlike those they may cover less.",
    )


def of_launches(found: LaunchCoverage | None) -> tuple[str, ...]:
    """How far new products can be forecast."""
    if found is None:
        return ()
    return (
        f"New products are forecast from products alike: of {found.launches:,} past launches, each from those before"
        f" it, q05 to q95 held {found.coverage:.1%} of periods; {found.forecast:,.0f} units were forecast of"
        f" {found.sold:,.0f} sold.",
    )


def warm(known: Rolling, mature: MatureShop | None, model: DemandModel) -> tuple[str, ...]:
    """Whether another shop's model speaks too, and whether it knew what it was judged on."""
    if mature is None:
        return ()
    share = model.mature.share if model.mature else 1.0
    said = f"Started from another shop's model, which makes up {share:.0%} of the boosters' word."
    evaluated_from = known.evaluated_from
    asked = mature.at(evaluated_from).trained_as_of
    if asked <= evaluated_from:
        return (said,)
    knew = f"That model was trained as of {asked}, after the window that is judged began: it knew the same days in"
    return said, f"{knew} another shop, so the figures may be a little too good."


def _drawn(known: Rolling) -> str:
    """How many of the series each origin shows, where not all."""
    return f", {known.seen.drawn:.0%} of the series drawn by chance at each" if known.seen.drawn < 1 else ""


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


def parts_plot(model: DemandModel, fold: Fold) -> Figure:
    """The forecast to come of the series that earns most, as its parts."""
    row = int(fold.histories.revenue.argmax())
    taken = ForecastParts(model, fold.histories, fold.plans, fold.inputs.shape[1]).parts(row)
    return plots.parts_of(taken, PARTS, taken.sum(1), f"{fold.histories.ids[row]} from {fold.histories.origin}")
