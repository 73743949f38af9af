"""Churn as a kind of model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import StoreError
from core.settings import Settings
from core.workspace import Workspace
from models import artifact
from models.churn import baselines, batch, dataset, evaluation, golden
from models.churn.baselines import BgNbdBaseline, LogisticBaseline
from models.churn.metrics import STATISTICS
from models.churn.model import BoostedModel
from models.churn.portfolio import Portfolio
from models.churn.scorer import ABOUT, About, Scorer
from models.intervals import Statistic
from models.kinds import Budget, ColumnType, Kind, no_file_options

OUTPUTS = ["churn_probability", "risk_score"]
SCORERS: Mapping[str, type[Scorer]] = {
    each.name: each for each in (Portfolio, BoostedModel, LogisticBaseline, BgNbdBaseline)
}


class ChurnKind:
    """What the registry, the gates, the service and the monitors ask of a churn model."""

    name = "churn"
    question = "Will this customer buy nothing in the coming days?"
    service = dataset.SERVICE
    primary = "roc_auc"
    higher_is_better = True
    statistics: Mapping[str, Statistic] = STATISTICS

    def horizon_days(self, settings: Settings) -> int:
        """Days without a purchase that make a customer one who left."""
        return settings.churn.horizon_days

    def budget(self, settings: Settings) -> Budget:
        """`churn.trials` and `churn.timeout_s`."""
        return Budget(settings.churn.trials, settings.churn.timeout_s)

    def file_columns(self, settings: Settings, **options: Any) -> Mapping[str, ColumnType]:
        """One row per customer of the population."""
        return {
            "customer_id": "text",
            "as_of": "day",
            "churn_probability": "number",
            "risk_score": "integer",
            "risk_tier": "integer",
            "action": "text",
        }

    def file_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """None."""
        return no_file_options(self.name, given)

    def limits(self, settings: Settings) -> Mapping[str, float]:
        """None."""
        return {}

    def load(self, directory: Path) -> Scorer:
        """Load a model or a baseline.

        Raises:
            StoreError: the directory is damaged, or holds something else.
        """
        artifact.verify(directory)
        content = artifact.read_json(directory / ABOUT)
        if content.get("scorer") not in SCORERS:
            raise StoreError(f"unknown scorer {content.get('scorer')!r}", where=str(directory))
        scorer = SCORERS[content["scorer"]].read(directory, About.from_dict(content))
        scorer.golden_inputs, scorer.golden_answers = golden.load(directory)
        return scorer

    def evaluate(self, workspace: Workspace, model: Scorer, as_of: date) -> pd.DataFrame:
        """The population as of a date, by customer_id: probability, risk_score, risk_tier, churned (0, 1).

        Raises:
            DataError: the window after `as_of` is not over.
        """
        return evaluation.evaluate(workspace, model, as_of)

    def predict_file(
        self, workspace: Workspace, model: Scorer, as_of: date, version: str, **options: Any
    ) -> pd.DataFrame:
        """The prediction file of the whole population as of a date."""
        self.file_options(options)
        return batch.predict_file(workspace, model, as_of, version)

    def baselines(self, workspace: Workspace, as_of: date) -> Mapping[str, Scorer]:
        """The built-in baselines, fitted on the facts before `as_of`."""
        return baselines.fit(workspace, as_of)

    def signature(self, model: Scorer) -> Mapping[str, list[str]]:
        """Features in, probability and risk score out."""
        return {"inputs": model.about.inputs.names, "outputs": OUTPUTS}

    def answer(self, model: Scorer, inputs: pd.DataFrame) -> pd.DataFrame:
        """The signature's outputs for rows of its inputs."""
        scores = model.score(inputs)
        values = (scores.probability, scores.risk_score)
        return pd.DataFrame(dict(zip(OUTPUTS, values, strict=True)), index=inputs.index)

    def example(self, model: Scorer) -> pd.DataFrame:
        """Made-up customers: the golden inputs."""
        return pd.DataFrame(model.golden_inputs)

    def golden(self, model: Scorer) -> list[str]:
        """Which answers to the golden inputs are no longer those saved with the model."""
        return golden.differences(model, model.golden_inputs, model.golden_answers)


KIND: Kind[Scorer] = ChurnKind()
