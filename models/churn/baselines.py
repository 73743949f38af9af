"""The baselines every churn model must beat: recency alone, a logistic regression on RFM, and BG/NBD.

They read the same features as the model, so they answer online where no model has passed its gates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import logit

from core.workspace import Workspace
from feature_repo.families import frequency, money, recency, tenure
from feature_repo.feature_definition import Feature
from models import artifact
from models.arrays import Float32Array, Float64Array
from models.churn import bgnbd, dataset, golden, labels
from models.churn.inputs import Inputs
from models.churn.linear import Linear
from models.churn.scorer import About, Scorer, describe_population

RECENCY = (recency.DAYS_SINCE_LAST_VISIT,)
RFM = (*RECENCY, *(frequency.VISIT_DAYS[n] for n in (84, 364)), *(money.REVENUE[n] for n in (84, 364)))
PURCHASES = (tenure.REPEAT_VISITS, recency.DAYS_SINCE_LAST_VISIT, tenure.DAYS_SINCE_FIRST_VISIT)
"""x, T - t_x and T. Not t_x itself: that somebody has been silent for long is a reason by this name."""
_STRENGTH = 1.0
MOST_BUYERS = 200_000
"""Customers whom BG/NBD is fitted on; of more so many are drawn by chance."""
_SHAPLEY = (1 / 3, 1 / 6, 1 / 3)  # weight of joining a set of so many of the other two
_LEAST, _MOST = 1e-4, 1 - 1e-4


class LogisticBaseline(Scorer):
    """Logistic regression on a few features."""

    name: ClassVar[str] = "logistic"

    def __init__(self, about: About, linear: Linear) -> None:
        super().__init__(about)
        self.linear = linear

    def margins(self, matrix: Float32Array) -> Float64Array:
        """Log-odds of leaving, shape (rows,)."""
        return self.linear.margins(matrix)

    def contributions(self, matrix: Float32Array) -> Float64Array:
        """Weight times distance from the mean."""
        return self.linear.contributions(matrix)

    @property
    def base(self) -> float:
        """The intercept: the log-odds of who is average in everything."""
        return self.linear.intercept

    def write(self, directory: Path) -> None:
        """The weights."""
        artifact.write_json(directory / "linear.json", self.linear.as_dict())

    @classmethod
    def read(cls, directory: Path, about: About) -> LogisticBaseline:
        """The inverse of `write`."""
        return cls(about, Linear.from_dict(artifact.read_json(directory / "linear.json")))


class BgNbdBaseline(Scorer):
    """P(no purchase in the horizon) of BG/NBD."""

    name: ClassVar[str] = "bgnbd"

    def __init__(self, about: About, parameters: bgnbd.Parameters, usual: Sequence[float]) -> None:
        super().__init__(about)
        self.parameters = parameters
        self.usual = tuple(usual)  # medians of x, t_x / T and T: what a customer is compared with

    def margins(self, matrix: Float32Array) -> Float64Array:
        """Log-odds of leaving, shape (rows,)."""
        return bgnbd_margins(self.parameters, self._purchases(matrix), self.about.horizon_days)

    def _purchases(self, matrix: Float32Array) -> Float32Array:
        """x, t_x and T of the inputs; versions of earlier releases read t_x as it is."""
        return matrix if tenure.VISIT_SPAN.name in self.about.inputs.names else purchases_of(matrix)

    def contributions(self, matrix: Float32Array) -> Float64Array:
        """Shapley values (Shapley 1953) of x, the share t_x / T and T against the usual ones: every order of the three.

        With three of them there are eight sets to look at, so the values are exact.
        """
        shares, sets = _shares(self._purchases(matrix)), list(product((False, True), repeat=3))
        usual = np.asarray(self.usual, dtype=shares.dtype)
        rows = np.where(np.array(sets)[:, None, :], shares, usual).reshape(-1, 3)
        worth = dict(zip(sets, self._margins_of(rows).reshape(len(sets), -1), strict=True))
        effects = np.zeros(matrix.shape)
        for column, chosen in product(range(3), worth):
            if not chosen[column]:
                joined = (*chosen[:column], True, *chosen[column + 1 :])
                effects[:, column] += _SHAPLEY[sum(chosen)] * (worth[joined] - worth[chosen])
        return effects

    @cached_property
    def base(self) -> float:
        """The log-odds of the usual customer."""
        return float(self._margins_of(np.array([self.usual], dtype=np.float32))[0])

    def _margins_of(self, shares: Float32Array) -> Float64Array:
        """Log-odds of rows of x, t_x / T and T."""
        whole = shares.copy()
        whole[:, 1] *= whole[:, 2]
        return bgnbd_margins(self.parameters, whole, self.about.horizon_days)

    def write(self, directory: Path) -> None:
        """The parameters."""
        content = {"parameters": self.parameters._asdict(), "usual": list(self.usual)}
        artifact.write_json(directory / "bgnbd.json", content)

    @classmethod
    def read(cls, directory: Path, about: About) -> BgNbdBaseline:
        """The inverse of `write`."""
        content = artifact.read_json(directory / "bgnbd.json")
        return cls(about, bgnbd.Parameters(**content["parameters"]), content["usual"])


def purchases_of(matrix: Float32Array) -> Float32Array:
    """x, t_x and T of rows of PURCHASES, shape (rows, 3)."""
    purchases = matrix.copy()
    purchases[:, 1] = np.maximum(matrix[:, 2] - matrix[:, 1], 0)
    return purchases


def bgnbd_margins(parameters: bgnbd.Parameters, purchases: Float32Array, days: int) -> Float64Array:
    """Log-odds of no purchase, of rows of x, t_x and T; a value that is missing counts as none (0)."""
    x, t_x, age = np.where(np.isfinite(purchases), purchases, 0).astype(float).T
    t_x = np.minimum(t_x, age)
    chance = bgnbd.probability_of_no_purchase(parameters, x, t_x, age, days)
    return np.asarray(logit(np.clip(chance, _LEAST, _MOST)), dtype=float)


def _shares(purchases: Float32Array) -> Float32Array:
    """x, t_x / T, T of x, t_x, T."""
    shares = np.nan_to_num(purchases)
    shares[:, 1] = np.divide(shares[:, 1], shares[:, 2], out=np.zeros_like(shares[:, 1]), where=shares[:, 2] > 0)
    return shares


def fit(workspace: Workspace, as_of: date) -> dict[str, Scorer]:
    """Every baseline, fitted on facts before `as_of`."""
    labelled = dataset.labelled(workspace, dataset.known_origins(workspace, as_of), as_of)
    return fit_on(workspace, labelled, dataset.unlabelled(workspace, as_of, dataset.MOST_ROWS), as_of)


def fit_on(workspace: Workspace, examples: pd.DataFrame, population: pd.DataFrame, as_of: date) -> dict[str, Scorer]:
    """Every baseline, fitted on labelled examples; ranks and rate are of the population as of `as_of`."""
    fitted: dict[str, Scorer] = {
        "recency": _logistic(workspace, RECENCY, examples, population, as_of),
        "rfm_logistic": _logistic(workspace, RFM, examples, population, as_of),
        "bgnbd": _bgnbd(workspace, population, as_of),
    }
    for baseline in fitted.values():
        baseline.golden_inputs = golden.make(baseline.about.inputs, population, workspace.settings.seed)
    return fitted


def _logistic(
    workspace: Workspace, features: Sequence[Feature], examples: pd.DataFrame, population: pd.DataFrame, as_of: date
) -> LogisticBaseline:
    inputs = Inputs(tuple(features), {})
    linear = Linear.fit(inputs.matrix(examples), examples["churned"].to_numpy(), _STRENGTH)
    return LogisticBaseline(_about(workspace, inputs, linear.margins, population, as_of), linear)


def _bgnbd(workspace: Workspace, population: pd.DataFrame, as_of: date) -> BgNbdBaseline:
    """Fitted on the purchases of customers ever seen, who left long ago too; it needs no labels.

    The active alone would teach that hardly anybody ever leaves. Four parameters need no more than so many customers.
    """
    inputs, horizon = Inputs(PURCHASES, {}), workspace.settings.churn.horizon_days
    matrix, seen = inputs.matrix(population), labels.buying(workspace, as_of, MOST_BUYERS)
    parameters = bgnbd.fit(*(seen[name].to_numpy(dtype=float) for name in ("x", "t_x", "age")))

    def margins(rows: Float32Array) -> Float64Array:
        return bgnbd_margins(parameters, purchases_of(rows), horizon)

    usual = np.nanmedian(_shares(purchases_of(matrix)), axis=0).tolist()
    return BgNbdBaseline(_about(workspace, inputs, margins, population, as_of), parameters, usual)


def _about(
    workspace: Workspace,
    inputs: Inputs,
    margins: Callable[[Float32Array], Float64Array],
    population: pd.DataFrame,
    as_of: date,
) -> About:
    ranks, rate = describe_population(inputs, margins, population)
    return About(as_of, workspace.settings.churn.horizon_days, inputs, ranks, rate)
