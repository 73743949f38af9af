"""A recommender on a window that has passed: one row per customer, from which every statistic follows."""

from __future__ import annotations

import pandas as pd
import scipy.sparse as sp

from core.workspace import Workspace
from models.arrays import Int64Array
from models.recommendation import batch, metrics
from models.recommendation.dataset import Dataset
from models.recommendation.labels import Relevance
from models.recommendation.model import Recommender
from models.recommendation.rankers import MODES


def evaluate(workspace: Workspace, model: Recommender, dataset: Dataset, relevant: Relevance) -> pd.DataFrame:
    """One row per customer with a history and a relevant product, indexed by customer_id."""
    of_all, of_new = (
        metrics.as_matrix(batch.lists(workspace, model, dataset, mode, metrics.K), dataset) for mode in MODES
    )
    return judged(of_all, of_new, dataset, relevant)


def judged(of_all: Int64Array, of_new: Int64Array, dataset: Dataset, relevant: Relevance) -> pd.DataFrame:
    """The same of any lists: product codes by rank of all customers of the dataset, -1 where one has ended, (R, 10)."""
    frame = _accuracy(of_all, dataset, relevant.all).join(_accuracy(of_new, dataset, relevant.new).add_suffix("_new"))
    frame = frame.assign(**metrics.beyond_accuracy(of_all, dataset))
    frame[metrics.ITEMS] = [tuple(row[row >= 0].tolist()) for row in of_all]
    frame[metrics.CATALOGUE] = float(len(dataset.catalogue))
    return frame.dropna(subset="ndcg@10")


def accuracy(lists: pd.DataFrame, dataset: Dataset, relevant: sp.csr_matrix) -> pd.DataFrame:
    """NDCG, recall, MAP and hit rate of every customer with a history, NaN without a relevant product.

    This is the one account of how good lists are: training, comparison, fairness and the desk take their figures
    from it. A product is relevant that is in the catalogue of the date (it had `recommendation.min_purchases`
    purchases before) and was bought in the window; a customer without a list scores 0.

    Args:
        lists: customer_id, rank, product_id.
        dataset: as of the first day of the window.
        relevant: ones, shape (customers, products) of the dataset: those of `Relevance`.
    """
    return _accuracy(metrics.as_matrix(lists, dataset), dataset, relevant)


def _accuracy(top: Int64Array, dataset: Dataset, relevant: sp.csr_matrix) -> pd.DataFrame:
    return pd.DataFrame(metrics.ranking(top, relevant), index=pd.Index(dataset.histories.customers, name="customer_id"))
