"""The hyper-parameters of the demand model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


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
    quantile_rounds: int = 120
    quantile_learning_rate: float = 0.05
    quantile_depth: int = 5
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
