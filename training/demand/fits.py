"""The models that one training fits: of each fold, adjusted by what the windows before it showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.progress import current
from core.workspace import Workspace
from models.arrays import Float64Array
from models.demand import golden
from models.demand.model import DemandModel, Mature
from models.demand.pricing.responses import NO_RESPONSES
from models.demand.recipe import Recipe
from models.demand.signals.interest import signal_names
from training.demand import warm_start
from training.demand.adjusting import learn
from training.demand.fitting import fit_mean, fit_quantiles
from training.demand.folds import Fold, Rolling
from training.demand.forecast_windows import ForecastWindow
from training.demand.level_sums import correlations
from training.demand.signals.worth import Discovery, discover
from training.demand.warm_start import MatureShop, TwoWords

PastWindow = ForecastWindow | TwoWords


@dataclass(frozen=True)
class Fits:
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
