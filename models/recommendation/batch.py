"""The prediction file: k products for every customer."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from core.consents import Consents
from core.progress import current
from core.workspace import Workspace
from models.arrays import BoolArray
from models.recommendation import cold_start
from models.recommendation.candidates import CandidateSource
from models.recommendation.dataset import Dataset, customers_before
from models.recommendation.history import Histories
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.model import RankedLists, Recommender
from models.recommendation.profiles import BLOCK, UserProfiles
from models.recommendation.rankers import Mode, TwoStage

COLUMNS = ["customer_id", "rank", "product_id", "score", "source", "model_version"]


def predict_file(
    workspace: Workspace, model: Recommender, as_of: date, version: str, *, mode: Mode = "all", k: int = 10
) -> pd.DataFrame:
    """Every customer with an order line before the date; ranks 1..k, fewer only where the shop has fewer products.

    Who does not allow personalisation, or has bought nothing that counts, gets what sells best. In mode `new` no
    list has a product that the customer bought before.
    """
    dataset = Dataset.load(workspace, as_of)
    frame = lists(workspace, model, dataset, mode, k)
    missing = sorted(set(customers_before(workspace, as_of)) - set(frame.customer_id))
    frame = pd.concat([frame, _popular(dataset, missing, k)], ignore_index=True)
    frame = frame.sort_values(["customer_id", "rank"], ignore_index=True)
    return frame.assign(model_version=version)[COLUMNS]


def lists(workspace: Workspace, model: Recommender, dataset: Dataset, mode: Mode, k: int) -> pd.DataFrame:
    """customer_id, rank, product_id, score, source of every customer with a history."""
    if isinstance(model.ranker, TwoStage):
        model.ranker.use_threads(workspace.settings.threads)
    index = dataset.index(model.item_statistics.neighbours)
    refused = Consents.load(workspace, dataset.as_of).refused(dataset.histories.customers.tolist(), "personalisation")
    blocks = range(0, len(dataset.histories), BLOCK)
    parts = [
        _block(model, index, dataset.histories.block(first, first + BLOCK), mode=mode, k=k, refused=refused)
        for first in current().track(blocks, f"recommendation: ranking for {mode}", total=len(blocks))
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS[:-1])


def _block(
    model: Recommender, index: ItemItemIndex, histories: Histories, *, mode: Mode, k: int, refused: set[str]
) -> pd.DataFrame:
    profiles = UserProfiles(histories, index)
    best = model.best(profiles, mode, k)
    silent = np.isin(histories.customers, list(refused))
    best = _without(best, silent)
    best = _filled(best, profiles, mode, k)
    return pd.DataFrame(
        {
            "customer_id": histories.customers[best.row],
            "rank": best.rank,
            "product_id": index.catalogue.ids[best.product],
            "score": best.score.astype(float),
            "source": np.array([source.label for source in CandidateSource], dtype=object)[best.source],
        }
    )


def _without(best: RankedLists, rows: BoolArray) -> RankedLists:
    """Nothing personal for those rows."""
    keep = ~rows[best.row]
    return RankedLists(best.row[keep], best.rank[keep], best.product[keep], best.score[keep], best.source[keep])


def _filled(best: RankedLists, profiles: UserProfiles, mode: Mode, k: int) -> RankedLists:
    """What sells best behind lists that are shorter than k."""
    count = np.bincount(best.row, minlength=len(profiles.histories))
    added: list[tuple[int, int, int, float]] = []
    for row in np.flatnonzero(count < min(k, len(profiles.index.catalogue))):
        own = best.row == row
        used = set(best.product[own].tolist())
        used |= set(profiles.product[profiles.row == row].tolist()) if mode == "new" else set()
        below = float(best.score[own].min(initial=0.0))
        more = cold_start.fill(profiles.index.catalogue, used, k - int(count[row]))
        added += [(int(row), int(count[row]) + i + 1, p, below - 0.001 * (i + 1)) for i, p in enumerate(more)]
    if not added:
        return best
    rows, rank, product, score = (np.array(column) for column in zip(*added, strict=True))
    return RankedLists(
        np.concatenate([best.row, rows]),
        np.concatenate([best.rank, rank]),
        np.concatenate([best.product, product]),
        np.concatenate([best.score, score.astype(np.float32)]),
        np.concatenate([best.source, np.full(len(rows), CandidateSource.POPULAR, dtype=np.int64)]),
    )


def _popular(dataset: Dataset, customers: list[str], k: int) -> pd.DataFrame:
    """The best sellers for customers without a history."""
    best = dataset.catalogue.popular[:k]
    sales = dataset.catalogue.numbers["sales_weight"][best]
    return pd.DataFrame(
        {
            "customer_id": np.repeat(np.array(customers, dtype=object), len(best)),
            "rank": np.tile(np.arange(1, len(best) + 1), len(customers)),
            "product_id": np.tile(dataset.catalogue.ids[best], len(customers)),
            "score": np.tile((sales / max(float(sales.max(initial=0)), 1e-9)).astype(float), len(customers)),
            "source": CandidateSource.POPULAR.label,
        }
    )
