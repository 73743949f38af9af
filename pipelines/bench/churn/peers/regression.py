"""Logistic regression on every feature, with an L2 penalty chosen on the folds.

Values become normal scores, missing ones the median with a flag beside it, texts a column each.
"""

from __future__ import annotations

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

from models.arrays import Float32Array, Float64Array, Int64Array
from pipelines.bench.churn.churn_task import ChurnTask
from pipelines.bench.churn.peers.fold_losses import mean_loss

_STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1)
"""Inverse weights of the penalty, as scikit-learn takes them."""
_USUAL = 0.01


def predict(task: ChurnTask) -> Float64Array:
    """Chances of leaving."""
    chosen = min(_STRENGTHS, key=lambda strength: _loss(task, strength)) if task.folds() else _USUAL
    model = _pipeline(task, chosen, len(task.rows)).fit(task.rows, task.churned)
    return np.asarray(model.predict_proba(task.population)[:, 1])


def _loss(task: ChurnTask, strength: float) -> float:
    def scores(rows: Float32Array, churned: Int64Array, scored: Float32Array) -> Float64Array:
        model = _pipeline(task, strength, len(rows)).fit(rows, churned)
        return np.asarray(model.predict_proba(scored)[:, 1])

    return mean_loss(task, scores)


def _pipeline(task: ChurnTask, strength: float, rows: int) -> Pipeline:
    numbers = [column for column in range(task.rows.shape[1]) if column not in task.texts]
    normal = QuantileTransformer(
        n_quantiles=min(200, rows), output_distribution="normal", subsample=20_000, random_state=0
    )
    scores = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), normal, StandardScaler())
    texts = OneHotEncoder(handle_unknown="ignore", min_frequency=20, sparse_output=False)
    columns = ColumnTransformer([("numbers", scores, numbers), ("texts", texts, list(task.texts))])
    return make_pipeline(columns, LogisticRegression(C=strength, max_iter=300))
