"""A version as `mlflow.pyfunc`, from code: MLflow runs this file when it loads one, and no pickle is read.

    mlflow.pyfunc.load_model("models:/churn@champion").predict(inputs)

answers with the version's signature: `inputs` are rows of the features the model reads (for demand, of a whole
shop). It needs `regulars` installed beside it, as the version's requirements say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext
from pandas import DataFrame

from models import artifact
from models.kinds import kind


class SavedModel(PythonModel):  # type: ignore[misc, unused-ignore]
    """Loads what a version's folder holds, checked against its manifest, and answers as the service does."""

    def load_context(self, context: PythonModelContext) -> None:
        """Called by MLflow once."""
        directory = Path(context.artifacts["version"])
        artifact.verify(directory)
        self.kind = kind(artifact.read_json(directory / "version.json")["kind"])
        self.model = self.kind.load(directory / "model")

    def predict(
        self, context: PythonModelContext, model_input: DataFrame, params: dict[str, Any] | None = None
    ) -> DataFrame:
        """The signature's outputs, as the kind's `answer` says."""
        return self.kind.answer(self.model, model_input)


set_model(SavedModel())
