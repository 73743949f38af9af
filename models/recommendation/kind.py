"""The kind `recommendation`: what the registry, the gates and the service may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import cast

import pandas as pd

from core.errors import UsageError, did_you_mean
from core.workspace import Workspace
from models.intervals import Statistic
from models.kinds import FittedModel
from models.recommendation import baselines, batch, evaluation, golden, item_statistics, metrics
from models.recommendation.dataset import SERVICE, Dataset
from models.recommendation.labels import Relevance
from models.recommendation.model import Recommender
from models.recommendation.rankers import MODES


class RecommendationKind:
    """Which products a customer buys next."""

    name = "recommendation"
    service = SERVICE
    primary = "ndcg@10"
    higher_is_better = True

    @property
    def statistics(self) -> Mapping[str, Statistic]:
        """Accuracy for all products and for new ones, coverage, diversity, novelty."""
        return metrics.STATISTICS

    def load(self, directory: Path) -> Recommender:
        """Load a model or a baseline; a damaged directory is refused (StoreError)."""
        return Recommender.load(directory)

    def evaluate(self, workspace: Workspace, model: FittedModel, as_of: date) -> pd.DataFrame:
        """One row per customer with a relevant product in the window from `as_of`, indexed by customer_id."""
        dataset = Dataset.load(workspace, as_of)
        return evaluation.evaluate(workspace, cast(Recommender, model), dataset, Relevance.load(workspace, dataset))

    def predict_file(
        self, workspace: Workspace, model: FittedModel, as_of: date, version: str, **options: object
    ) -> pd.DataFrame:
        """The prediction file of the whole population; options: mode (all, new), k.

        Raises:
            UsageError: an unknown mode, or k out of 1..1000.
        """
        given = {name: value for name, value in options.items() if value is not None}
        mode, k = given.get("mode", "all"), given.get("k", metrics.K)
        if mode not in MODES:
            raise UsageError(f"no mode {mode!r}", todo=did_you_mean(str(mode), MODES))
        if not isinstance(k, int) or not 1 <= k <= 1000:
            raise UsageError(f"k = {k!r} is not possible", todo="give a whole number from 1 to 1000")
        return batch.predict_file(workspace, cast(Recommender, model), as_of, version, mode=mode, k=k)

    def baselines(self, workspace: Workspace, as_of: date) -> Mapping[str, FittedModel]:
        """Popularity, personal frequency with time decay, item-item."""
        return baselines.of(item_statistics.fit(workspace, Dataset.load(workspace, as_of)))

    def signature(self, model: FittedModel) -> Mapping[str, list[str]]:
        """Packed histories in, lists out."""
        return {"inputs": list(golden.INPUTS), "outputs": list(golden.OUTPUTS)}

    def answer(self, model: FittedModel, inputs: pd.DataFrame) -> pd.DataFrame:
        """The outputs of the signature for rows of its inputs."""
        return golden.answer(cast(Recommender, model), inputs)

    def golden(self, model: FittedModel) -> list[str]:
        """Replay the golden inputs saved with the model."""
        return golden.replay(cast(Recommender, model))


KIND = RecommendationKind()
