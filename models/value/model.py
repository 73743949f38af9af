"""The value model: a formula, boosters that correct it, how much of them is believed, and what became of the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from feature_repo.families import recency
from models import artifact
from models.arrays import Float32Array, Float64Array
from models.booster_margins import booster_margins
from models.churn.inputs import Columns, Inputs
from models.value import formulas, outlook_bins
from models.value.formulas import READ, Formula, Values
from models.value.hazard import Hazard
from models.value.labels import HORIZONS, TARGETS
from models.value.spread import Spread

ABOUT, GOLDEN = "value.json", "golden.json"
LOWEST = 1e-3
"""A formula's forecast counts as at least this share of the usual one: boosters can't correct nothing."""
FIGURES = (
    *(f"{target}_{days}d{end}" for days in HORIZONS for target in TARGETS for end in ("", "_low", "_high")),
    "next_purchase_days",
    "next_purchase_days_low",
    "next_purchase_days_high",
    "overdue",
    "value_tier",
)
"""What is told of a customer, in order; `next_purchase_days` is 366 where a purchase is not expected within a year."""
WAIT = "mean_wait"
"""By which customers are ordered for their next purchase; not told."""
RANKED_BY = "spend_365d"
Figures = Mapping[str, Float64Array]


@dataclass(frozen=True)
class Correction:
    """What a booster makes of a formula's forecast: `level * ((1 - weight) * formula + weight * boosted)`.

    A booster tells parts of the `usual`; `scale` makes its forecasts add up to what came of the rows it was fitted on.
    """

    usual: float = 1.0
    scale: float = 1.0
    booster: xgb.Booster | None = None
    weight: float = 0.0
    level: float = 1.0
    spread: Spread = field(default_factory=Spread)

    def expected(self, matrix: Float32Array, formula: Float64Array) -> Float64Array:
        """The corrected forecast."""
        if self.booster is None or self.weight == 0 or not len(matrix):
            return self.level * formula
        boosted = self.boosted(matrix, formula)
        return self.level * ((1 - self.weight) * formula + self.weight * boosted)

    def boosted(self, matrix: Float32Array, formula: Float64Array) -> Float64Array:
        """What the booster alone says."""
        assert self.booster is not None
        margins = booster_margins(self.booster, matrix, start_of(formula, self.usual))
        return np.asarray(self.scale * self.usual * np.exp(margins))

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without the booster."""
        numbers = {"usual": self.usual, "scale": self.scale, "weight": self.weight, "level": self.level}
        return {**numbers, "spread": self.spread.as_dict()}


def start_of(formula: Float64Array, usual: float) -> Float64Array:
    """Where a booster starts: the logarithm of the formula's forecast, in parts of the usual one."""
    return np.asarray(np.log(np.maximum(formula / usual, LOWEST)))


@dataclass(frozen=True)
class Horizon:
    """The corrections of one horizon; `stretched_from` names the shorter one that it goes by, where it has none."""

    corrections: Mapping[str, Correction]
    stretched_from: int | None = None


class ValueModel:
    """Tells of customers what they will spend, how often they buy, and when they are back. Safe in several threads."""

    def __init__(
        self,
        trained_as_of: date,
        inputs: Inputs,
        formula: Formula,
        horizons: Mapping[int, Horizon],
    ) -> None:
        self.trained_as_of, self.inputs, self.formula = trained_as_of, inputs, formula
        self.horizons = dict(horizons)
        self.hazard: Hazard | None = None
        """Tells the next purchase; None: the formula does."""
        self.fifths: tuple[float, ...] = ()
        """The borders of the fifths of its population by expected value."""
        self.golden_inputs: Mapping[str, Sequence[Any]] = {}
        self.golden_answers: Mapping[str, list[float]] = {}

    def figures(self, columns: Columns) -> dict[str, Float64Array]:
        """Everything that is told per row of the columns (features by name), and `WAIT`."""
        matrix = self.inputs.matrix(columns)
        values = self.values(matrix)
        found = self._amounts(matrix, values)
        survival = self.survival(matrix, values)
        found["next_purchase_days"] = outlook_bins.quantile(survival, 0.5)
        found["next_purchase_days_low"] = outlook_bins.quantile(survival, 0.05)
        found["next_purchase_days_high"] = outlook_bins.quantile(survival, 0.95)
        found["overdue"] = (values[recency.DAYS_SINCE_LAST_VISIT.name] > self.formula.late_after(values)).astype(float)
        found["value_tier"] = np.searchsorted(self.fifths, found[RANKED_BY], side="right").astype(float) + 1
        return {**{name: found[name] for name in FIGURES}, WAIT: outlook_bins.mean_wait(survival)}

    def spend(self, columns: Columns) -> dict[int, Float64Array]:
        """Expected spend over each horizon, as `figures` tells it, without what else is told."""
        return self.spend_of(self.inputs.matrix(columns))

    def spend_of(self, matrix: Float32Array) -> dict[int, Float64Array]:
        """The same of rows as the model reads them."""
        found = self._expected(matrix, self.values(matrix), ("spend",))
        return {days: found[f"spend_{days}d"] for days in self.horizons}

    def values(self, matrix: Float32Array) -> Values:
        """The features that the formula reads; what is missing counts as none."""
        read = matrix[:, self._read].astype(float)
        read[np.isnan(read)] = 0.0
        return {feature.name: values for feature, values in zip(READ, read.T, strict=True)}

    @cached_property
    def _read(self) -> list[int]:
        """Where those stand among the inputs."""
        return [self.inputs.names.index(feature.name) for feature in READ]

    def survival(self, matrix: Float32Array, values: Values) -> Float64Array:
        """P(no purchase by the end of each bin of `outlook_bins.EDGES`), shape (customers, bins)."""
        formula = self.formula.survival(values, outlook_bins.EDGES.tolist())
        return self.hazard.survival(matrix, formula) if self.hazard else formula

    def _expected(
        self, matrix: Float32Array, values: Values, targets: Sequence[str] = TARGETS
    ) -> dict[str, Float64Array]:
        """The corrected forecasts, by target and horizon."""
        told = self.formula.expected_over(values, HORIZONS)
        formula = {days: dict(zip(TARGETS, each, strict=True)) for days, each in zip(HORIZONS, told, strict=True)}
        found: dict[str, Float64Array] = {}
        for days, horizon in sorted(self.horizons.items()):
            for target, correction in horizon.corrections.items():
                if target in targets:
                    name = f"{target}_{days}d"
                    found[name] = correction.expected(matrix, formula[days][target])
                    if horizon.stretched_from:
                        shorter = formula[horizon.stretched_from][target]
                        found[name] *= _ratio(found[f"{target}_{horizon.stretched_from}d"], shorter)
                    if target == "visits":
                        found[name] = np.minimum(found[name], days)
        return found

    def _amounts(self, matrix: Float32Array, values: Values) -> dict[str, Float64Array]:
        """The forecasts, each with its bounds."""
        expected = self._expected(matrix, values)
        found: dict[str, Float64Array] = {}
        for days, horizon in sorted(self.horizons.items()):
            for target, correction in horizon.corrections.items():
                name = f"{target}_{days}d"
                low, high = correction.spread.bounds(expected[name])
                if target == "visits":
                    low, high = np.floor(low), np.minimum(np.ceil(high), days)
                found |= {name: expected[name], f"{name}_low": low, f"{name}_high": high}
        return found

    def save(self, directory: Path) -> None:
        """Write it as data into a sealed directory, with golden inputs and what it answers to them."""
        with artifact.saving(directory) as target:
            artifact.write_json(target / ABOUT, self._about(target))
            answers = {}
            if self.golden_inputs:
                answers = {name: values.tolist() for name, values in self.figures(self.golden_inputs).items()}
            artifact.write_json(target / GOLDEN, {"inputs": dict(self.golden_inputs), "answers": answers})

    def _about(self, target: Path) -> dict[str, Any]:
        horizons = {}
        for days, horizon in self.horizons.items():
            for name, correction in horizon.corrections.items():
                if correction.booster is not None:
                    correction.booster.save_model(target / f"{name}-{days}.ubj")
            parts = {name: correction.as_dict() for name, correction in horizon.corrections.items()}
            horizons[str(days)] = {"corrections": parts, "stretched_from": horizon.stretched_from}
        return {
            "trained_as_of": self.trained_as_of.isoformat(),
            "inputs": self.inputs.as_dict(),
            "formula": self.formula.as_dict(),
            "horizons": horizons,
            "hazard": self.hazard.write(target) if self.hazard else None,
            "fifths": list(self.fifths),
        }


def read(directory: Path) -> ValueModel:
    """The inverse of `ValueModel.save`.

    Raises:
        StoreError: the directory is damaged, or holds something else.
    """
    artifact.verify(directory)
    content = artifact.read_json(directory / ABOUT)
    model = ValueModel(
        date.fromisoformat(content["trained_as_of"]),
        Inputs.from_dict(content["inputs"]),
        formulas.from_dict(content["formula"]),
        {int(days): _horizon(directory, int(days), each) for days, each in content["horizons"].items()},
    )
    model.hazard = Hazard.read(directory, content["hazard"]) if content["hazard"] else None
    model.fifths = tuple(content["fifths"])
    golden = artifact.read_json(directory / GOLDEN)
    model.golden_inputs, model.golden_answers = golden["inputs"], golden["answers"]
    return model


def _horizon(directory: Path, days: int, content: Mapping[str, Any]) -> Horizon:
    parts = {}
    for name, each in content["corrections"].items():
        file = directory / f"{name}-{days}.ubj"
        booster = xgb.Booster(model_file=file) if file.exists() else None
        if booster is not None:
            booster.set_param({"nthread": 1})
        spread = Spread.from_dict(each["spread"])
        parts[name] = Correction(each["usual"], each["scale"], booster, each["weight"], each["level"], spread)
    return Horizon(parts, content["stretched_from"])


def _ratio(corrected: Float64Array, formula: Float64Array) -> Float64Array:
    """What a correction made of a formula's forecast; nothing, where the formula expects nothing."""
    return np.divide(corrected, formula, out=np.ones(len(formula)), where=formula > 1e-12)
