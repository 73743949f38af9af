"""Two stages as tutorials teach them: a few hundred candidates, and LightGBM's ranker on nine plain features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np
import scipy.sparse as sp

from models.arrays import Float32Array, Int64Array
from models.recommendation.rankers import Mode
from pipelines.bench.recommendation.list_peers import autoencoder
from pipelines.bench.recommendation.list_task import ListTask
from pipelines.bench.recommendation.scored_lists import Scores, sample

_POPULAR, _ALIKE = 100, 100
_ROUNDS, _RATE, _LEAVES = 200, 0.05, 31
_CUSTOMERS = 4000
_HALF_LIVES = (14.0, 60.0)


def two_stage_plain(task: ListTask) -> Mapping[Mode, Scores]:
    """A ranker per mode, fitted on what came in the window before."""
    before, came = task.earlier()
    judges = sample(before, came, _CUSTOMERS)
    then, now = _Candidates(before), _Candidates(task)
    return {"all": _ranked(then, now, came, judges, "all"), "new": _ranked(then, now, came, judges, "new")}


class _Candidates:
    """Candidates of customers as of a task's date, and what is told of each pair."""

    def __init__(self, task: ListTask) -> None:
        self.task = task
        self.counts = [task.counts(), *(task.counts(half_life) for half_life in _HALF_LIVES)]
        newest = task.back.copy()
        order = np.lexsort((newest, task.product, task.customer))
        pair = task.customer[order] * task.products + task.product[order]
        first = np.concatenate([[True], pair[1:] != pair[:-1]]) if len(pair) else np.zeros(0, dtype=bool)
        rows = order[first]
        shape = (task.customers, task.products)
        self.last = sp.csr_matrix((newest[rows].astype(np.float32), (task.customer[rows], task.product[rows])), shape)
        self.sales = [task.sales(half_life) for half_life in _HALF_LIVES]
        self.fresh = task.sales(_HALF_LIVES[0], first_buyers=True)
        self.alike = autoencoder.ease(task)["all"]
        self.visits = np.bincount(
            np.unique(task.customer * (task.order.max(initial=0) + 1) + task.order) // (task.order.max(initial=0) + 1),
            minlength=task.customers,
        ).astype(np.float32)

    def of(self, rows: Int64Array, mode: Mode) -> tuple[Int64Array, Int64Array, Float32Array]:
        """Place in `rows`, product and features of each pair, by ascending place."""
        alike = self.alike(rows)
        owned = self.task.owned[rows].toarray() > 0
        of_new = np.where(owned, -np.inf, alike)
        chosen = np.zeros_like(owned)
        near = min(_ALIKE, alike.shape[1])
        np.put_along_axis(chosen, np.argpartition(-of_new, near - 1, axis=1)[:, :near], True, axis=1)
        chosen[:, np.argsort(-self.sales[0], kind="stable")[:_POPULAR]] = True
        chosen = chosen & ~owned if mode == "new" else chosen | owned
        place, product = np.nonzero(chosen)
        pairs = (rows[place], product)
        columns = [np.asarray(table[pairs]).ravel() for table in (*self.counts, self.last)]
        columns += [table[product] for table in (*self.sales, self.fresh)]
        columns += [alike[place, product], self.visits[rows[place]]]
        return place, product, np.stack(columns, axis=1).astype(np.float32)


def _ranked(then: _Candidates, now: _Candidates, came: sp.csr_matrix, judges: Int64Array, mode: Mode) -> Scores:
    from lightgbm import LGBMRanker

    place, product, features = then.of(judges, mode)
    bought = np.asarray(came[judges[place], product]).ravel() > 0
    kept = np.isin(place, np.unique(place[bought]))
    model = LGBMRanker(
        n_estimators=_ROUNDS,
        learning_rate=_RATE,
        num_leaves=_LEAVES,
        random_state=then.task.seed,
        n_jobs=then.task.threads,
        verbose=-1,
    )
    _, sizes = np.unique(place[kept], return_counts=True)
    model.fit(features[kept], bought[kept].astype(int), group=sizes)

    def scores(rows: Int64Array) -> Float32Array:
        place, product, features = now.of(rows, mode)
        found = np.full((len(rows), now.task.products), -np.inf, dtype=np.float32)
        found[place, product] = cast(Float32Array, model.predict(features))
        return found

    return scores
