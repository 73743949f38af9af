"""Uplift as a kind of model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from core.settings import Settings
from core.workspace import Workspace
from models.intervals import Statistic
from models.kinds import Budget, ColumnType, Kind, no_file_options
from models.uplift import baselines, batch, dataset, evaluation, golden, model
from models.uplift.metrics import PRIMARY, STATISTICS
from models.uplift.model import NOBODY, UpliftModel, choose

OUTPUTS = ["offer", "expected_value"]


class UpliftKind:
    """What the registry, the gates and the monitors ask of a model of effects."""

    name = "uplift"
    question = "Whom does it pay to contact, and with what?"
    service = dataset.SERVICE
    primary = PRIMARY
    higher_is_better = True
    statistics: Mapping[str, Statistic] = STATISTICS

    def horizon_days(self, settings: Settings) -> int:
        """Days after a contact in which purchases count."""
        return settings.churn.horizon_days

    def budget(self, settings: Settings) -> Budget:
        """One fit: nothing is tuned."""
        return Budget(1, settings.churn.timeout_s)

    def file_columns(self, settings: Settings, **options: Any) -> Mapping[str, ColumnType]:
        """One row per customer."""
        return batch.COLUMNS

    def file_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """None."""
        return no_file_options(self.name, given)

    def limits(self, settings: Settings) -> Mapping[str, float]:
        """None."""
        return {}

    def load(self, directory: Path) -> UpliftModel:
        """Load a model or a baseline.

        Raises:
            StoreError: the directory is damaged, or holds something else.
        """
        return model.read(directory)

    def evaluate(self, workspace: Workspace, model: UpliftModel, as_of: date) -> pd.DataFrame:
        """Contacts the model knows nothing of, with what following it would have brought of each.

        Raises:
            NotReady, DataError: there are none.
        """
        return evaluation.evaluate(workspace, model, as_of)

    def predict_file(
        self, workspace: Workspace, model: UpliftModel, as_of: date, version: str, **options: Any
    ) -> pd.DataFrame:
        """The prediction file of everybody who ever bought."""
        self.file_options(options)
        return batch.predict_file(workspace, model, as_of, version)

    def baselines(self, workspace: Workspace, as_of: date) -> Mapping[str, UpliftModel]:
        """The built-in baselines, on the contacts whose outcome is known at `as_of`."""
        return baselines.fit(workspace, as_of)

    def signature(self, model: UpliftModel) -> Mapping[str, list[str]]:
        """Features in, the best offer and what it earns beyond its cost out."""
        return {"inputs": model.design.inputs, "outputs": OUTPUTS}

    def answer(self, model: UpliftModel, inputs: pd.DataFrame) -> pd.DataFrame:
        """The signature's outputs for rows of its inputs."""
        values = model.values(inputs)
        offers = [(NOBODY, *model.terms.offers)[each] for each in choose(values)]
        return pd.DataFrame({"offer": offers, "expected_value": values.max(axis=1)}, index=inputs.index)

    def example(self, model: UpliftModel) -> pd.DataFrame:
        """Made-up customers: the golden inputs."""
        return pd.DataFrame(model.golden_inputs)

    def golden(self, model: UpliftModel) -> list[str]:
        """Which answers to the golden inputs are no longer those saved with the model."""
        return golden.differences(model)


KIND: Kind[UpliftModel] = UpliftKind()
