"""The baselines every value model must beat: BG/NBD with Gamma-Gamma, and the same as in the last window.

They read the same features as the model, so they answer online where no model has passed its gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from core.workspace import Workspace
from models.arrays import Float64Array
from models.churn import golden as invented
from models.churn.inputs import Inputs
from models.value import dataset
from models.value.formulas import READ, BuyTillYouDie, Formula, LastWindow
from models.value.labels import HORIZONS, TARGETS
from models.value.model import RANKED_BY, Correction, Horizon, ValueModel
from models.value.spread import Spread

INPUTS = Inputs(READ, {})
FIFTHS = (0.2, 0.4, 0.6, 0.8)


def fit(workspace: Workspace, as_of: date) -> dict[str, ValueModel]:
    """Every baseline, fitted on facts before `as_of`."""
    origins = dataset.known_origins(workspace, as_of)
    examples = dataset.labelled(workspace, origins, as_of) if origins else None
    return fit_on(workspace, examples, dataset.everyone(workspace, as_of), as_of)


def fit_on(
    workspace: Workspace, examples: pd.DataFrame | None, everyone: pd.DataFrame, as_of: date
) -> dict[str, ValueModel]:
    """Every baseline: its formula of all customers as of `as_of`, its intervals of what became of earlier ones."""
    seed = workspace.settings.seed
    history = (as_of - workspace.tables.first_day()).days
    population = dataset.active(everyone)
    formulas: Sequence[Formula] = (BuyTillYouDie.fit(everyone, seed), LastWindow(history))
    fitted = {each.name: of_formula(each, examples, population, as_of) for each in formulas}
    for baseline in fitted.values():
        baseline.golden_inputs = invented.make(baseline.inputs, population, seed)
    return fitted


def of_formula(formula: Formula, examples: pd.DataFrame | None, population: pd.DataFrame, as_of: date) -> ValueModel:
    """A model that says what a formula says, with intervals."""
    horizons = {days: Horizon(_spreads(formula, examples, days)) for days in HORIZONS}
    return with_fifths(ValueModel(as_of, INPUTS, formula, horizons), population)


def with_fifths(model: ValueModel, population: pd.DataFrame) -> ValueModel:
    """The model with the borders of the fifths of its population by expected value."""
    if len(population):
        said = model.figures(population)[RANKED_BY]
        model.fifths = tuple(np.quantile(said, FIFTHS).tolist())
    return model


def _spreads(formula: Formula, examples: pd.DataFrame | None, days: int) -> dict[str, Correction]:
    """Of the longest horizon up to `days` whose outcomes are known; stretched where that is a shorter one."""
    known = [n for n in HORIZONS if n <= days and examples is not None and examples[f"spend_{n}d"].notna().any()]
    if not known or examples is None:
        return {target: Correction() for target in TARGETS}
    longest = known[-1]
    rows = examples[examples[f"spend_{longest}d"].notna()]
    said = dict(zip(TARGETS, formula.expected(values_of(rows), longest), strict=True))
    came: dict[str, Float64Array] = {t: rows[f"{t}_{longest}d"].to_numpy(dtype=float) for t in TARGETS}
    spreads = {target: Spread.fit(said[target], came[target]) for target in TARGETS}
    return {t: Correction(spread=s if longest == days else s.stretched(days / longest)) for t, s in spreads.items()}


def values_of(frame: pd.DataFrame) -> dict[str, Float64Array]:
    """The features that formulas read."""
    return {f.name: np.nan_to_num(frame[f.name].to_numpy(dtype=float)) for f in READ}
