"""The demand model: XGBoost boosters over all series, a mean and quantiles, each step of the horizon directly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import NDArray

from core.errors import DataError, StoreError
from models import artifact
from models.demand.design import Design, design
from models.demand.examples import Examples
from models.demand.forecast import LEVELS, NAMES, Forecast, tidy
from models.demand.plans import Plans
from models.demand.series import Floats, Freq, Histories

TYPE = "boosters"
META, GOLDEN = "model.json", "golden.parquet"
_MAX_SHIFT = 0.25
_GOLDEN_ROWS = 32
_BLOCK = 28


@dataclass(frozen=True)
class Recipe:
    """The hyper-parameters. `bags` mean boosters of different seeds are averaged; `quantile_share` is the weight
    of the quantiles' mean in the mean forecast."""

    learning_rate: float = 0.05
    rounds: int = 150
    max_depth: int = 6
    min_child_weight: float = 20.0
    subsample: float = 0.7
    colsample_bytree: float = 0.5
    reg_lambda: float = 5.0
    tweedie_power: float = 1.3
    quantile_rounds: int = 60
    quantile_learning_rate: float = 0.1
    quantile_depth: int = 5
    quantile_thinning: int = 2
    bags: int = 2
    quantile_share: float = 0.3

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Recipe:
        """A recipe from the values given, the defaults for the rest."""
        known = {field.name for field in fields(cls)}
        return replace(cls(), **{name: value for name, value in values.items() if name in known})

    def trees(self) -> dict[str, Any]:
        """What both kinds of boosters share."""
        shared = ("max_depth", "min_child_weight", "subsample", "colsample_bytree", "reg_lambda")
        return {"tree_method": "hist", "max_bin": 128} | {name: getattr(self, name) for name in shared}


@dataclass(frozen=True)
class DemandModel:
    """Fitted boosters, and by how much the quantiles are shifted so that they cover what they say.

    shifts: per quantile, in units of the distance from q05 to q95 (conformalised quantile regression, Romano et
        al., 2019, one-sided per quantile)
    dispersion: how many times the standard deviation of a sum over days exceeds that of independent days
    """

    means: tuple[xgb.Booster, ...]
    quantiles: xgb.Booster | None
    recipe: Recipe
    trained_as_of: date
    keys: tuple[str, ...]
    freq: Freq
    horizon: int
    names: tuple[str, ...]
    shifts: tuple[float, ...] = (0.0,) * len(LEVELS)
    dispersion: float = 1.0
    golden: pd.DataFrame | None = None

    def forecast(self, histories: Histories, plans: Plans, horizon: int | None = None) -> Forecast:
        """The coming periods of every series; `histories` has to hold the whole shop: its total is an input.

        Raises:
            DataError: more periods than it was trained for, or other inputs than it was trained on.
        """
        wanted = horizon or self.horizon
        if wanted > self.horizon:
            raise DataError(f"the model forecasts {self.horizon} periods ahead, not {wanted}", todo="train it anew")
        return tidy(histories, *self.predict(design(histories, plans, wanted)))

    def predict(self, inputs: Design) -> tuple[Floats, Floats]:
        """Mean (S, H) and quantiles (S, H, 5) in units; 0 where the shop is closed."""
        if inputs.names != self.names:
            raise DataError("the model was trained on other inputs", todo="train it anew: regulars train demand")
        mean, quantiles = self.ratios(inputs.matrix)
        scale = inputs.level[:, None] * inputs.open
        return mean.reshape(inputs.shape) * scale, quantiles.reshape(*inputs.shape, -1) * scale[:, :, None]

    def ratios(self, matrix: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Mean (N,) and shifted quantiles (N, 5), as multiples of the level."""
        mean = np.mean([booster.inplace_predict(matrix) for booster in self.means], axis=0, dtype=float)
        raw = self.raw_quantiles(matrix)
        share = self.recipe.quantile_share
        return (1 - share) * mean + share * raw.mean(1), raw + _width(raw) * np.array(self.shifts)

    def raw_quantiles(self, matrix: NDArray[np.float32]) -> Floats:
        """The quantile booster's word, in order, (N, 5)."""
        assert self.quantiles is not None, "a model without quantiles forecasts no quantiles"
        return ordered(self.quantiles, matrix)

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
            "shifts": list(self.shifts),
            "dispersion": self.dispersion,
            "recipe": asdict(self.recipe),
            "means": len(self.means),
        }

    def save(self, directory: Path) -> None:
        """Write it as UBJ, JSON and Parquet into a sealed directory."""
        assert self.quantiles is not None, "a model without quantiles is not saved"
        with artifact.saving(directory) as staging:
            for number, booster in enumerate(self.means):
                booster.save_model(staging / f"mean-{number}.ubj")
            self.quantiles.save_model(staging / "quantiles.ubj")
            artifact.write_json(staging / META, self.nominal)
            if self.golden is not None:
                self.golden.to_parquet(staging / GOLDEN, index=False)


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
        shifts=tuple(content["shifts"]),
        dispersion=float(content["dispersion"]),
        golden=golden,
    )


def fit_mean(examples: Examples, recipe: Recipe, seed: int, threads: int) -> xgb.Booster:
    """A Tweedie booster of sales over level, weighted so that it minimises what RMSSE weighs (root importance)."""
    weight = np.sqrt(examples.importance) * examples.level**2 / examples.squared_scale
    objective = {"objective": "reg:tweedie", "tweedie_variance_power": recipe.tweedie_power}
    params = recipe.trees() | objective | {"learning_rate": recipe.learning_rate, "seed": seed, "nthread": threads}
    return xgb.train(params, _matrix(examples, weight, params), recipe.rounds)


def fit_quantiles(examples: Examples, recipe: Recipe, seed: int, threads: int) -> xgb.Booster:
    """One booster of all quantiles of sales over level, weighted as the scaled pinball loss is.

    It grows five trees a round, and lost nothing on half of the examples (windows before November 2017).
    """
    examples = examples.every(recipe.quantile_thinning, _BLOCK)
    weight = np.sqrt(examples.importance) * examples.level / np.maximum(examples.absolute_scale, 1e-9)
    objective = {"objective": "reg:quantileerror", "quantile_alpha": list(LEVELS), "max_depth": recipe.quantile_depth}
    rate = {"learning_rate": recipe.quantile_learning_rate, "seed": seed, "nthread": threads}
    params = recipe.trees() | objective | rate
    return xgb.train(params, _matrix(examples, weight, params), recipe.quantile_rounds)


def _matrix(examples: Examples, weight: Floats, params: Mapping[str, Any]) -> xgb.QuantileDMatrix:
    return xgb.QuantileDMatrix(
        examples.matrix,
        examples.ratio,
        weight=weight / weight.mean(),
        max_bin=params["max_bin"],
        nthread=params["nthread"],
    )


def ordered(quantiles: xgb.Booster, matrix: NDArray[np.float32]) -> Floats:
    """What a quantile booster says, never negative and in order, (N, 5)."""
    return np.sort(np.maximum(quantiles.inplace_predict(matrix).astype(float), 0.0), axis=1)


def golden_inputs(model: DemandModel, matrix: NDArray[np.float32]) -> pd.DataFrame:
    """Some inputs and what the model says to them, saved with it."""
    rows = matrix[np.linspace(0, len(matrix) - 1, min(_GOLDEN_ROWS, len(matrix)), dtype=int)]
    mean, quantiles = model.ratios(rows)
    said = {"mean": mean} | {name: quantiles[:, i] for i, name in enumerate(NAMES)}
    return pd.DataFrame(rows, columns=[*model.names]).assign(**{f"said_{name}": v for name, v in said.items()})


def replay(model: DemandModel) -> list[str]:
    """What the model now says differently of its golden inputs, in words."""
    if model.golden is None:
        return ["no golden inputs were saved with the model"]
    matrix = model.golden[list(model.names)].to_numpy(dtype=np.float32)
    mean, quantiles = model.ratios(matrix)
    now = {"mean": mean} | {name: quantiles[:, i] for i, name in enumerate(NAMES)}
    gaps = {name: float(np.abs(model.golden[f"said_{name}"] - value).max()) for name, value in now.items()}
    return [f"{name} of a golden input differs by {gap:.3g}" for name, gap in gaps.items() if not gap <= 1e-5]


def calibrate(raw: Floats, ratio: Floats) -> tuple[float, ...]:
    """Shifts by which held-out `ratio` (N,) lies below each quantile of `raw` (N, 5) as often as it says."""
    if not len(ratio):
        return (0.0,) * len(LEVELS)
    miss = (ratio[:, None] - raw) / _width(raw)
    found = [float(np.quantile(miss[:, i], level)) for i, level in enumerate(LEVELS)]
    return tuple(float(np.clip(shift, -_MAX_SHIFT, _MAX_SHIFT)) for shift in found)


def _width(raw: Floats) -> Floats:
    return np.maximum(raw[:, -1:] - raw[:, :1], 1e-6)


def _booster(path: Path, threads: int) -> xgb.Booster:
    booster = xgb.Booster()
    try:
        booster.load_model(path)
    except xgb.core.XGBoostError as error:
        raise StoreError(f"{path.name} can't be read", where=str(path.parent), why=str(error).splitlines()[0]) from None
    booster.set_param({"nthread": threads})
    return booster
