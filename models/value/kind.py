"""Value as a kind of model."""

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
from models.value import baselines, batch, dataset, evaluation, golden, model
from models.value.labels import SHORTEST
from models.value.metrics import STATISTICS
from models.value.model import FIGURES, ValueModel


class ValueKind:
    """What the registry, the gates, the service and the monitors ask of a value model."""

    name = "value"
    question = "What will this customer spend in the coming weeks and months, and when are they back?"
    service = dataset.SERVICE
    primary = "deviance"
    higher_is_better = False
    statistics: Mapping[str, Statistic] = STATISTICS

    def horizon_days(self, settings: Settings) -> int:
        """The shortest horizon: by it versions are compared."""
        return SHORTEST

    def budget(self, settings: Settings) -> Budget:
        """`value.trials` and `value.timeout_s`."""
        return Budget(settings.value.trials, settings.value.timeout_s)

    def file_columns(self, settings: Settings, **options: Any) -> Mapping[str, ColumnType]:
        """One row per customer of the population."""
        return batch.COLUMNS

    def file_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """None."""
        return no_file_options(self.name, given)

    def limits(self, settings: Settings) -> Mapping[str, float]:
        """None."""
        return {}

    def load(self, directory: Path) -> ValueModel:
        """Load a model or a baseline.

        Raises:
            StoreError: the directory is damaged, or holds something else.
        """
        return model.read(directory)

    def evaluate(self, workspace: Workspace, model: ValueModel, as_of: date) -> pd.DataFrame:
        """The population as of a date, by customer_id: what was expected and what came in the shortest horizon.

        Raises:
            DataError: the window after `as_of` is not over.
        """
        return evaluation.evaluate(workspace, model, as_of)

    def predict_file(
        self, workspace: Workspace, model: ValueModel, as_of: date, version: str, **options: Any
    ) -> pd.DataFrame:
        """The prediction file of the whole population as of a date."""
        self.file_options(options)
        return batch.predict_file(workspace, model, as_of, version)

    def baselines(self, workspace: Workspace, as_of: date) -> Mapping[str, ValueModel]:
        """The built-in baselines, fitted on the facts before `as_of`."""
        return baselines.fit(workspace, as_of)

    def signature(self, model: ValueModel) -> Mapping[str, list[str]]:
        """Features in, figures out."""
        return {"inputs": model.inputs.names, "outputs": list(FIGURES)}

    def answer(self, model: ValueModel, inputs: pd.DataFrame) -> pd.DataFrame:
        """The signature's outputs for rows of its inputs."""
        said = model.figures(inputs)
        return pd.DataFrame({name: said[name] for name in FIGURES}, index=inputs.index)

    def example(self, model: ValueModel) -> pd.DataFrame:
        """Made-up customers: the golden inputs."""
        return pd.DataFrame(model.golden_inputs)

    def golden(self, model: ValueModel) -> list[str]:
        """Which answers to the golden inputs are no longer those saved with the model."""
        return golden.differences(model)


KIND: Kind[ValueModel] = ValueKind()
