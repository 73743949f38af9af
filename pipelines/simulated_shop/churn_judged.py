"""Predictions of churn beside the truth of a simulated shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from core.errors import DataError
from models.arrays import Float64Array
from models.churn.metrics import log_loss, roc_auc
from pipelines.simulated_shop.true_churn import TrueChurn

HEADER = ("who predicts", "ROC-AUC", "log loss")
_PREDICTION = ("customer_id", "as_of", "churn_probability")


@dataclass(frozen=True)
class JudgedChurn:
    """How predictions, and those who know more, did on what happened.

    `predicted`: the file's; `knowable`: who knows every customer's rates and purchases, the most a model could reach;
    `true`: who knows besides who has left. Each with its ROC-AUC and log loss. `agreement` is Spearman's rank
    correlation of the predictions with what is knowable.
    """

    as_of: date
    horizon_days: int
    customers: int
    churned: float
    agreement: float
    scores: Mapping[str, tuple[float, float]]

    def rows(self) -> list[tuple[object, ...]]:
        """For the table."""
        return [(name, *values) for name, values in self.scores.items()]

    def text(self) -> str:
        """What was found, in a sentence."""
        most, reached = (self.scores[name][0] for name in ("knowable", "predicted"))
        return (
            f"{self.customers:,} customers as of {self.as_of}, {self.churned:.0%} of whom bought nothing in"
            f" {self.horizon_days} days: ROC-AUC {reached:.4f} of {most:.4f} that could be known"
        )

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        scores = {name: {"roc_auc": auc, "log_loss": loss} for name, (auc, loss) in self.scores.items()}
        return asdict(self) | {"as_of": self.as_of.isoformat(), "scores": scores}


def predictions_in(file: Path) -> pd.DataFrame:
    """The rows of a prediction file, Parquet or CSV.

    Raises:
        DataError: it can't be read.
    """
    try:
        return pd.read_csv(file, dtype={"customer_id": str}) if file.suffix == ".csv" else pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise DataError("the predictions can't be read", where=str(file), why=str(error).split("\n")[0]) from None


def judge_churn(folder: Path, predictions: pd.DataFrame, horizon: int) -> JudgedChurn:
    """Judge a prediction file's rows: customer_id, as_of, churn_probability.

    Raises:
        UsageError: the folder holds no simulated shop, or the horizon ends after its last day.
        DataError: the rows are no predictions of one day, or of other customers.
    """
    if missing := [name for name in _PREDICTION if name not in predictions.columns]:
        raise DataError(f"the predictions have no column {missing[0]!r}", todo="write them with regulars predict churn")
    days = predictions["as_of"].unique()
    if len(days) != 1:
        raise DataError(f"the predictions are of {len(days)} days", todo="judge those of one day at a time")
    as_of = pd.Timestamp(days[0]).date()
    known = TrueChurn.of(folder).table(as_of, horizon)
    both = predictions[["customer_id", "churn_probability"]].merge(known, on="customer_id")
    if len(both) < len(predictions):
        raise DataError(f"{len(predictions) - len(both)} of the predictions are of no customer of {folder}")
    if both["bought_nothing"].nunique() < 2:
        raise DataError(f"of the {len(both)} customers all did the same", todo="predict more customers")
    columns = {"predicted": "churn_probability", "knowable": "knowable_probability", "true": "true_probability"}
    y = both["bought_nothing"].to_numpy(dtype=float)
    scores = {name: _scores(both[column].to_numpy(dtype=float), y) for name, column in columns.items()}
    agreement = float(spearmanr(both["churn_probability"], both["knowable_probability"]).statistic)
    return JudgedChurn(as_of, horizon, len(both), float(y.mean()), agreement, scores)


def _scores(probability: Float64Array, happened: Float64Array) -> tuple[float, float]:
    once = np.ones((1, len(happened)))
    return float(roc_auc(probability, happened, once)[0]), float(log_loss(probability, happened, once)[0])
