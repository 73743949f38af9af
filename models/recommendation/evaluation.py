"""A recommender on a window that has passed: one row per customer, from which every statistic follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import scipy.sparse as sp

from core.workspace import Workspace
from models.arrays import Float64Array, Int64Array
from models.last_evaluation import LastEvaluation
from models.recommendation import batch, customer_bounds, metrics
from models.recommendation.dataset import Dataset
from models.recommendation.labels import Relevance, among
from models.recommendation.model import Recommender
from models.recommendation.pipeline import RankedLists, top
from models.recommendation.rankers import MODES, Mode
from models.recommendation.source_counts import SourceCounts


@dataclass(frozen=True)
class Account:
    """How a recommender did on a window.

    `frame` is as of `evaluate`; `lists` are the product codes by rank of every customer with a history, -1 where a
    list has ended, shape (R, 10); `sources` what each source of candidates brought.
    """

    frame: pd.DataFrame
    lists: Mapping[Mode, Int64Array]
    sources: Mapping[Mode, SourceCounts]


@dataclass(frozen=True)
class JudgedWindow:
    """A recommender on the window from a date: on whom, what they bought in it, and how it did."""

    dataset: Dataset
    relevant: Relevance
    account: Account

    def listed(self, mode: Mode) -> pd.DataFrame:
        """customer_id, rank, product_id of every customer with a history, by customer and rank."""
        codes = self.account.lists[mode]
        row, place = np.nonzero(codes >= 0)
        customers, products = self.dataset.histories.customers[row], self.dataset.catalogue.ids[codes[row, place]]
        return pd.DataFrame({"customer_id": customers, "rank": place + 1, "product_id": products})


_LAST = LastEvaluation[JudgedWindow]()


def judged_window(workspace: Workspace, model: Recommender, as_of: date) -> JudgedWindow:
    """At most `customer_bounds.JUDGED` customers; the window must have passed.

    Raises:
        DataError: before any data.
    """

    def judge() -> JudgedWindow:
        dataset = Dataset.load(workspace, as_of, customer_bounds.JUDGED)
        relevant = Relevance.load(workspace, dataset)
        return JudgedWindow(dataset, relevant, account(workspace, model, dataset, relevant))

    return _LAST.of(workspace, model, as_of, judge)


def evaluate(workspace: Workspace, model: Recommender, dataset: Dataset, relevant: Relevance) -> pd.DataFrame:
    """One row per customer with a history and a relevant product, indexed by customer_id."""
    return account(workspace, model, dataset, relevant).frame


def account(workspace: Workspace, model: Recommender, dataset: Dataset, relevant: Relevance) -> Account:
    """The lists of both modes, what was bought again as the owned products alone are ranked, and the candidates."""
    wanted: dict[Mode, sp.csr_matrix] = {mode: getattr(relevant, mode) for mode in MODES}
    of_owned = np.full((len(dataset.histories), metrics.K), -1, dtype=np.int64)
    lists = {mode: of_owned.copy() for mode in MODES}
    found = {mode: np.zeros(len(dataset.histories)) for mode in MODES}
    sources = dict.fromkeys(MODES, SourceCounts.none())
    first = 0
    for block in batch.blocks(workspace, model, dataset, MODES, metrics.K):
        for mode, pipeline in block.items():
            (pairs, scores), ranked = pipeline.scored, pipeline.run()
            bought = among(wanted[mode], pairs.row + first, pairs.product)
            hits = among(wanted[mode], ranked.row + first, ranked.product)
            _place(lists[mode], ranked, first)
            rows = len(pipeline.profiles.histories)
            found[mode][first : first + rows] = np.bincount(pairs.row, weights=bought, minlength=rows)
            sources[mode] += SourceCounts.of(pairs.source, bought, ranked.source, hits)
            if mode == "all":
                _place(of_owned, top(pairs.where(~pairs.new), scores[~pairs.new], metrics.K), first)
        first += len(next(iter(block.values())).profiles.histories)
    frame = judged(lists["all"], lists["new"], dataset, relevant, of_owned)
    recall = {metrics.CANDIDATES[mode]: _share(found[mode], wanted[mode]) for mode in MODES}
    return Account(frame.assign(**_of_customers(recall, dataset, frame.index)), lists, sources)


def judged(
    of_all: Int64Array,
    of_new: Int64Array,
    dataset: Dataset,
    relevant: Relevance,
    of_owned: Int64Array | None = None,
) -> pd.DataFrame:
    """The same of any lists: product codes by rank of all customers of the dataset, -1 where one has ended, (R, 10).

    `of_owned` ranks what each customer bought before; without it nothing is said of what was bought again.
    """
    frame = _accuracy(of_all, dataset, relevant.all).join(_accuracy(of_new, dataset, relevant.new).add_suffix("_new"))
    frame = frame.assign(**metrics.beyond_accuracy(of_all, dataset))
    again = np.full(len(frame), np.nan)
    if of_owned is not None:
        again = metrics.ranking(of_owned, relevant.again)["ndcg@10"]
    frame[metrics.AGAIN] = again
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


def _place(lists: Int64Array, ranked: RankedLists, first: int) -> None:
    lists[ranked.row + first, ranked.rank - 1] = ranked.product


def _share(found: Float64Array, relevant: sp.csr_matrix) -> Float64Array:
    """Of each customer's relevant products, those found; NaN where none is relevant."""
    wanted = np.diff(relevant.indptr)
    return np.where(wanted > 0, found / np.maximum(wanted, 1), np.nan)


def _of_customers(
    columns: Mapping[str, Float64Array], dataset: Dataset, customers: pd.Index[str]
) -> dict[str, Float64Array]:
    """Columns of all customers of the dataset, for some of them."""
    rows = pd.Index(dataset.histories.customers).get_indexer(customers)
    return {name: values[rows] for name, values in columns.items()}
