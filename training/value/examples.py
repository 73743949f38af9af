"""What a training learns from: customers of past dates with what they bought, and everybody known at its own date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import pandas as pd

from core.errors import DataError
from core.progress import current
from core.workspace import Workspace
from models.arrays import Float32Array
from models.churn.inputs import Inputs
from models.value import dataset, formulas
from models.value.formulas import BuyTillYouDie
from models.value.labels import SEEN_DAYS, SHORTEST, known_at, outcomes
from training import splits

LEAST_RETURNS = 30
"""Times that a customer spent something in a window after a past date, of all that are known."""


@dataclass
class Examples:
    """What is known at `until`: rows with features and outcomes, and the features of everybody on that date."""

    workspace: Workspace
    until: date
    labelled: pd.DataFrame
    here: pd.DataFrame | None = None
    """The rows of `until` itself, where they are at hand."""
    _made: tuple[Inputs, Float32Array] | None = None

    @cached_property
    def everyone(self) -> pd.DataFrame:
        """Every customer ever seen before `until`; of a shop that is younger than a year that is the population."""
        young = (self.until - self.workspace.tables.first_day()).days <= SEEN_DAYS
        if young and self.here is not None and len(self.here):
            return self.here
        return dataset.everyone(self.workspace, self.until)

    @cached_property
    def population(self) -> pd.DataFrame:
        """The customers whose value is told as of `until`."""
        return dataset.active(self.everyone)

    @cached_property
    def formula(self) -> BuyTillYouDie:
        """What the boosters start from."""
        return BuyTillYouDie.fit(self.everyone, self.workspace.settings.seed)

    def matrix(self, inputs: Inputs) -> Float32Array:
        """What a model reads of every row; made once, as a training has one list of inputs."""
        if self._made is None or self._made[0] is not inputs:
            self._made = inputs, inputs.matrix(self.labelled)
        return self._made[1]

    @property
    def origins(self) -> list[date]:
        """The dates of the rows, oldest first."""
        return sorted(self.labelled["as_of"].unique())

    def with_known(self, days: int) -> pd.DataFrame:
        """The rows whose window of so many days is over."""
        return self.labelled[self.labelled[f"spend_{days}d"].notna()].reset_index(drop=True)

    def at(self, origin: date) -> pd.DataFrame:
        """The rows of one date."""
        return self.labelled[self.labelled["as_of"] == origin].reset_index(drop=True)

    def known_by(self, until: date) -> Examples:
        """What was known at an earlier date."""
        usable = splits.usable(self.origins, until, SHORTEST)
        rows = self.labelled[self.labelled["as_of"].isin(usable)]
        return Examples(self.workspace, until, known_at(rows, until), self.at(until))

    def inputs(self) -> Inputs:
        """The features that say anything, with those that the formulas read."""
        telling = Inputs.of(dataset.features(), self.labelled)
        read = tuple(feature for feature in formulas.READ if feature.name not in telling.names)
        return Inputs((*telling.features, *read), telling.codes)


def collect(workspace: Workspace, as_of: date) -> Examples:
    """Rows at every origin known at `as_of`.

    Raises:
        DataError: too little history, or hardly anybody came back in it.
    """
    # Some history before the first origin, then a window to fit on and one to evaluate on.
    enough = dataset.WARM_DAYS + 2 * SHORTEST
    splits.require_history(workspace.tables.first_day(), as_of, enough, "train value")
    origins = dataset.known_origins(workspace, as_of)
    _require_returns(workspace, origins, as_of - timedelta(days=SHORTEST))
    current().step(f"collecting features at {len(origins) + 1} dates from {origins[0]} to {as_of}")
    return Examples(workspace, as_of, dataset.labelled(workspace, origins, as_of))


def _require_returns(workspace: Workspace, origins: Sequence[date], until: date) -> None:
    """Windows that are over before the evaluation begins, with something spent in them."""
    rows = outcomes(workspace, splits.usable(origins, until, SHORTEST), until)
    returns = int((rows[f"spend_{SHORTEST}d"] > 0).sum())
    if returns < LEAST_RETURNS:
        raise DataError(
            f"customers came back and spent something too seldom: {returns} times",
            why=f"at least {LEAST_RETURNS} times in the {SHORTEST} days after a past date are needed, before {until}, "
            "to tell what customers will spend",
            todo="train again when more of them have come back",
        )
