"""A recommender on a window that has passed: one row per customer, from which every statistic follows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from core.workspace import Workspace
from models.recommendation import batch, metrics
from models.recommendation.dataset import Dataset
from models.recommendation.labels import Relevance
from models.recommendation.model import Recommender
from models.recommendation.rankers import Mode


def evaluate(workspace: Workspace, model: Recommender, dataset: Dataset, relevant: Relevance) -> pd.DataFrame:
    """The evaluation of a model on a dataset and what was bought after it."""
    columns: dict[str, object] = {}
    tops = {}
    judged: tuple[tuple[Mode, sp.csr_matrix, str], ...] = (("all", relevant.all, ""), ("new", relevant.new, "_new"))
    for mode, truth, suffix in judged:
        lists = batch.lists(workspace, model, dataset, mode, metrics.K)
        tops[mode] = metrics.as_matrix(lists, dataset)
        columns |= {f"{name}{suffix}": values for name, values in metrics.ranking(tops[mode], truth).items()}
    columns |= metrics.beyond_accuracy(tops["all"], dataset)
    columns[metrics.ITEMS] = [tuple(row[row >= 0].tolist()) for row in tops["all"]]
    columns[metrics.CATALOGUE] = float(len(dataset.catalogue))
    frame = pd.DataFrame(columns, index=pd.Index(dataset.histories.customers, name="customer_id"))
    evaluation: pd.DataFrame = frame.loc[np.diff(relevant.all.indptr) > 0]
    return evaluation
