"""The demand model: XGBoost boosters over all series, a mean and quantiles, each step of the horizon directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from core.errors import DataError, StoreError
from models import artifact
from models.arrays import Float32Array, Float64Array
from models.demand.adjustments import UNADJUSTED, Adjustments, Word
from models.demand.forecast import LEVELS, Forecast, tidy
from models.demand.inputs import Inputs, derive
from models.demand.newcomers.launch_curves import LaunchCurves
from models.demand.plans import NO_CALENDAR, Calendar, Plans
from models.demand.pricing.responses import NO_RESPONSES, PriceResponses
from models.demand.recipe import Recipe
from models.demand.series import Freq, Histories

TYPE = "boosters"
META, GOLDEN, MATURE = "model.json", "golden.parquet", "mature"


@dataclass(frozen=True)
class Mature:
    """What another shop's history taught: its model, whose boosters say `share` of the ratios. Nothing else of it
    is used: level, calendar and adjustments are the new shop's own."""

    model: DemandModel
    share: float


@dataclass(frozen=True)
class DemandModel:
    """Fitted boosters, and what is done to their word before it is a forecast.

    adjustments: learnt on the windows before `trained_as_of`
    calendar: the shop's, as announced when it was trained: a process that has only the model forecasts with it
    dispersion: how many times the standard deviation of a sum over days exceeds that of independent days
    prices: how series answer to prices and promotions, for scenarios alone
    correlations: of two series on a day, by the name of the level whose groups they are of
    curves: what products sold after their launch, for new products alone
    mature: the model of another shop that it was started from
    """

    means: tuple[xgb.Booster, ...]
    quantiles: xgb.Booster
    recipe: Recipe
    trained_as_of: date
    keys: tuple[str, ...]
    freq: Freq
    horizon: int
    names: tuple[str, ...]
    adjustments: Adjustments = UNADJUSTED
    dispersion: float = 1.0
    calendar: Calendar = NO_CALENDAR
    prices: PriceResponses = NO_RESPONSES
    correlations: Mapping[str, float] = field(default_factory=dict)
    curves: LaunchCurves | None = None
    golden: pd.DataFrame | None = None
    mature: Mature | None = None

    def forecast(self, histories: Histories, plans: Plans, horizon: int | None = None) -> Forecast:
        """The coming periods of every series; `histories` has to hold the whole shop: its total is an input.

        Raises:
            DataError: more periods than it was trained for, or trained on inputs that are not derived any more.
        """
        wanted = horizon or self.horizon
        if wanted > self.horizon:
            raise DataError(f"the model forecasts {self.horizon} periods ahead, not {wanted}", todo="train it anew")
        word = self.word(histories, plans, derive(histories, plans, wanted))
        return tidy(histories, *self.adjustments.apply(word))

    def word(self, histories: Histories, plans: Plans, inputs: Inputs) -> Word:
        """What the boosters say themselves, in units; 0 where the shop is closed.

        Raises:
            DataError: it was trained on inputs that are not derived any more.
        """
        mean, quantiles = self.ratios(inputs.only(self.names).matrix)
        scale = inputs.level[:, None] * inputs.open
        in_units = mean.reshape(inputs.shape) * scale, quantiles.reshape(*inputs.shape, -1) * scale[:, :, None]
        return Word.of(histories, plans, *in_units, inputs.open)

    def ratios(self, matrix: Float32Array) -> tuple[Float64Array, Float64Array]:
        """Mean (N,) and quantiles (N, 5) as the boosters say them, as multiples of the level."""
        mean = np.mean([booster.inplace_predict(matrix) for booster in self.means], axis=0, dtype=float)
        quantiles, share = ordered(self.quantiles, matrix), self.recipe.quantile_share
        own = (1 - share) * mean + share * quantiles.mean(1), quantiles
        if self.mature is None:
            return own
        other, share = self.mature.model.ratios(matrix), self.mature.share
        return (1 - share) * own[0] + share * other[0], (1 - share) * own[1] + share * other[1]

    @cached_property
    def nominal(self) -> dict[str, Any]:
        """What `model.json` holds."""
        return {
            "type": TYPE,
            "trained_as_of": self.trained_as_of.isoformat(),
            "keys": list(self.keys),
            "freq": self.freq,
            "horizon": self.horizon,
            "names": list(self.names),
            "levels": list(LEVELS),
            "adjustments": self.adjustments.as_json(),
            "dispersion": self.dispersion,
            "correlations": dict(self.correlations),
            "recipe": asdict(self.recipe),
            "means": len(self.means),
            "mature_share": None if self.mature is None else self.mature.share,
        }

    def save(self, directory: Path) -> None:
        """Write it as UBJ, JSON and Parquet into a sealed directory."""
        with artifact.saving(directory) as staging:
            self._write(staging)
            self.calendar.save(staging)
            if self.curves is not None:
                self.curves.save(staging)
            self.prices.save(staging)
            if self.golden is not None:
                self.golden.to_parquet(staging / GOLDEN, index=False)

    def _write(self, folder: Path) -> None:
        """The boosters and `model.json`; those of the shop it was started from in a folder of their own."""
        for number, booster in enumerate(self.means):
            booster.save_model(folder / f"mean-{number}.ubj")
        self.quantiles.save_model(folder / "quantiles.ubj")
        artifact.write_json(folder / META, self.nominal)
        if self.mature is not None:
            (folder / MATURE).mkdir()
            self.mature.model._write(folder / MATURE)


def load(directory: Path, content: Mapping[str, Any], threads: int = 1) -> DemandModel:
    """The saved model whose `model.json` says `content`.

    Raises:
        StoreError: a booster can't be read.
    """
    golden = pd.read_parquet(directory / GOLDEN) if (directory / GOLDEN).exists() else None
    return DemandModel(
        means=tuple(_booster(directory / f"mean-{number}.ubj", threads) for number in range(content["means"])),
        quantiles=_booster(directory / "quantiles.ubj", threads),
        recipe=Recipe.of(content["recipe"]),
        trained_as_of=date.fromisoformat(content["trained_as_of"]),
        keys=tuple(content["keys"]),
        freq=content["freq"],
        horizon=int(content["horizon"]),
        names=tuple(content["names"]),
        adjustments=_adjustments(content),
        dispersion=float(content["dispersion"]),
        calendar=Calendar.load(directory),
        prices=PriceResponses.load(directory),
        correlations=content.get("correlations", {}),
        curves=LaunchCurves.load(directory),
        golden=golden,
        mature=_mature(directory / MATURE, content.get("mature_share"), threads),
    )


def _mature(directory: Path, share: float | None, threads: int) -> Mature | None:
    if share is None:
        return None
    return Mature(load(directory, artifact.read_json(directory / META), threads), float(share))


def ordered(quantiles: xgb.Booster, matrix: Float32Array) -> Float64Array:
    """What a quantile booster says, never negative and in order, (N, 5)."""
    return np.sort(np.maximum(quantiles.inplace_predict(matrix).astype(float), 0.0), axis=1)


def _adjustments(content: Mapping[str, Any]) -> Adjustments:
    """Those of `model.json`; earlier releases knew shifts alone."""
    return (
        Adjustments.of(content["adjustments"])
        if "adjustments" in content
        else Adjustments(shifts=tuple(content["shifts"]))
    )


def _booster(path: Path, threads: int) -> xgb.Booster:
    booster = xgb.Booster()
    try:
        booster.load_model(path)
    except xgb.core.XGBoostError as error:
        raise StoreError(f"{path.name} can't be read", where=str(path.parent), why=str(error).splitlines()[0]) from None
    booster.set_param({"nthread": threads})
    return booster
