"""The kind `recommendation`: what the registry, the gates and the service may ask of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from core.errors import UsageError, did_you_mean
from core.settings import Settings
from core.workspace import Workspace
from models.intervals import Statistic
from models.kinds import Budget, ColumnType, Kind, no_file_options
from models.recommendation import baselines, batch, customer_bounds, evaluation, golden, item_statistics, metrics
from models.recommendation.dataset import SERVICE, Dataset
from models.recommendation.model import Recommender
from models.recommendation.rankers import MODES

LARGEST_K = 1000


class RecommendationKind:
    """Which products a customer buys next."""

    name = "recommendation"
    question = "Which products will this customer buy next?"
    service = SERVICE
    primary = "ndcg@10"
    higher_is_better = True

    @property
    def statistics(self) -> Mapping[str, Statistic]:
        """Accuracy for all products and for new ones, coverage, diversity, novelty."""
        return metrics.STATISTICS

    def horizon_days(self, settings: Settings) -> int:
        """Days within which a recommended product has to be bought."""
        return settings.recommendation.horizon_days

    def budget(self, settings: Settings) -> Budget:
        """`recommendation.trials` and `recommendation.timeout_s`."""
        return Budget(settings.recommendation.trials, settings.recommendation.timeout_s)

    def file_columns(self, settings: Settings, **options: Any) -> Mapping[str, ColumnType]:
        """One row per place of a customer's list."""
        return {
            "customer_id": "text",
            "rank": "integer",
            "product_id": "text",
            "score": "number",
            "source": "text",
        }

    def file_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """mode (all, new), k and diversity.

        Raises:
            UsageError: an unknown mode, k out of 1..1000, a diversity out of 0..1, or another option.
        """
        known = ("mode", "k", "diversity")
        no_file_options(self.name, {name: value for name, value in given.items() if name not in known})
        mode, k = given.get("mode") or "all", metrics.K if given.get("k") is None else given["k"]
        if mode not in MODES:
            raise UsageError(f"--mode {mode!r} is not known", todo=did_you_mean(str(mode), MODES))
        if not isinstance(k, int) or not 1 <= k <= LARGEST_K:
            raise UsageError(f"--k {k} is not possible", todo=f"give 1 to {LARGEST_K}")
        diversity = given.get("diversity")
        if diversity is not None and not 0 <= diversity <= 1:
            todo = "give 0 (scores alone) to 1 (the customer's own mix alone)"
            raise UsageError(f"--diversity {diversity} is not possible", todo=todo)
        return {"mode": mode, "k": k, "diversity": diversity}

    def limits(self, settings: Settings) -> Mapping[str, float]:
        """None."""
        return {}

    def load(self, directory: Path) -> Recommender:
        """Load a model or a baseline; a damaged directory is refused (StoreError)."""
        return Recommender.load(directory)

    def evaluate(self, workspace: Workspace, model: Recommender, as_of: date) -> pd.DataFrame:
        """One row per customer with a relevant product in the window from `as_of`, indexed by customer_id."""
        return evaluation.judged_window(workspace, model, as_of).account.frame.copy()

    def predict_file(
        self, workspace: Workspace, model: Recommender, as_of: date, version: str, **options: Any
    ) -> pd.DataFrame:
        """The prediction file of the whole population; options: mode (all, new), k, diversity.

        Raises:
            NotReady: the model was trained as of a later date.
            UsageError: an option that is not possible (`file_options`).
        """
        return batch.predict_file(workspace, model, as_of, version, **self.file_options(options))

    def predict_parts(
        self, workspace: Workspace, model: Recommender, as_of: date, version: str, **options: Any
    ) -> Iterator[pd.DataFrame]:
        """`predict_file` by parts of the customers, one after the other in its order.

        Raises:
            NotReady, UsageError: as `predict_file`.
        """
        return batch.predict_parts(workspace, model, as_of, version, **self.file_options(options))

    def baselines(self, workspace: Workspace, as_of: date) -> Mapping[str, Recommender]:
        """Popularity, personal frequency with time decay, item-item."""
        return baselines.of(item_statistics.fit(workspace, Dataset.load(workspace, as_of, customer_bounds.FITTED)))

    def signature(self, model: Recommender) -> Mapping[str, list[str]]:
        """Packed histories in, lists out."""
        return {"inputs": list(golden.INPUTS), "outputs": list(golden.OUTPUTS)}

    def answer(self, model: Recommender, inputs: pd.DataFrame) -> pd.DataFrame:
        """The outputs of the signature for rows of its inputs."""
        return golden.answer(model, inputs)

    def example(self, model: Recommender) -> pd.DataFrame:
        """Made-up customers: the golden inputs."""
        return pd.DataFrame(model.golden["inputs"] if model.golden else {})

    def golden(self, model: Recommender) -> list[str]:
        """Replay the golden inputs saved with the model."""
        return golden.replay(model)


KIND: Kind[Recommender] = RecommendationKind()
