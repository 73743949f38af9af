"""What a spend model is: a share of the revenue of the last 84 days, or the same sum for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.workspace import Workspace
from feature_repo import facts, store
from models import artifact
from models.intervals import Mean
from models.kinds import Budget, ColumnType, Kind, no_file_options, refuse_hindsight
from tests.support.spend import NAME

FEATURE = "revenue_84d"
HORIZON_DAYS = 28
SERVICE = "churn_v1"


class SpendModel:
    """Spends `share` of the revenue of the last 84 days, and `constant` beside it."""

    def __init__(self, trained_as_of: date, share: float, constant: float) -> None:
        self.trained_as_of, self.share, self.constant = trained_as_of, share, constant

    def predict(self, revenue: pd.Series) -> pd.Series:
        return self.share * revenue.fillna(0.0).astype(float) + self.constant

    def save(self, directory: Path) -> None:
        content = {"trained_as_of": self.trained_as_of.isoformat(), "share": self.share, "constant": self.constant}
        with artifact.saving(directory) as staging:
            artifact.write_json(staging / "spend.json", content)


class SpendKind:
    name, question, service = NAME, "What will this customer spend in the coming days?", SERVICE
    primary, higher_is_better = "mae", False
    statistics: Mapping[str, Mean] = {"mae": Mean("absolute_error"), "bias": Mean("error")}

    def horizon_days(self, settings) -> int:
        return HORIZON_DAYS

    def budget(self, settings) -> Budget:
        return Budget(2, 60)

    def limits(self, settings) -> Mapping[str, float]:
        return {}

    def load(self, directory: Path) -> SpendModel:
        artifact.verify(directory)
        content = artifact.read_json(directory / "spend.json")
        return SpendModel(date.fromisoformat(content["trained_as_of"]), content["share"], content["constant"])

    def evaluate(self, workspace: Workspace, model: SpendModel, as_of: date) -> pd.DataFrame:
        customers = store.matrix(workspace, SERVICE, as_of).set_index("customer_id")
        spent = facts.spent(workspace, as_of, as_of + timedelta(days=HORIZON_DAYS))
        error = model.predict(customers[FEATURE]) - spent.reindex(customers.index).fillna(0.0)
        return pd.DataFrame({"error": error, "absolute_error": error.abs()}).sort_index()

    def file_columns(self, settings, **options: Any) -> Mapping[str, ColumnType]:
        return {"customer_id": "text", "spend": "number"}

    def file_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return no_file_options(NAME, given)

    def predict_file(self, workspace, model: SpendModel, as_of: date, version: str, **options: Any) -> pd.DataFrame:
        self.file_options(options)
        refuse_hindsight(NAME, version, model, as_of)
        customers = store.matrix(workspace, SERVICE, as_of)
        spend = model.predict(customers[FEATURE])
        return pd.DataFrame({"customer_id": customers["customer_id"], "spend": spend, "model_version": version})

    def baselines(self, workspace: Workspace, as_of: date) -> Mapping[str, SpendModel]:
        spent = facts.spent(workspace, as_of - timedelta(days=HORIZON_DAYS), as_of)
        # Sums of money differ in their last digits by the order of their rows, which is nobody's promise.
        mean = round(float(spent.sum()) / max(len(store.matrix(workspace, SERVICE, as_of)), 1), 6)
        return {"nothing": SpendModel(as_of, 0.0, 0.0), "same_for_all": SpendModel(as_of, 0.0, mean)}

    def signature(self, model: SpendModel) -> Mapping[str, list[str]]:
        return {"inputs": [FEATURE], "outputs": ["spend"]}

    def answer(self, model: SpendModel, inputs: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"spend": model.predict(inputs[FEATURE])})

    def example(self, model: SpendModel) -> pd.DataFrame:
        return pd.DataFrame({FEATURE: [0.0, 84.0]})

    def golden(self, model: SpendModel) -> list[str]:
        found = model.predict(pd.Series([0.0, 84.0]))
        return [] if np.allclose(found, [model.constant, 84 * model.share + model.constant]) else ["row 1 differs"]


KIND: Kind[SpendModel] = SpendKind()
