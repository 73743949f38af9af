"""What a peer is given: the facts before a date as a data scientist would export them, and nothing after it.

The rows are those the product itself learns from (`models.churn.dataset`): populations of past dates with what became
of them, and the population to be scored. BTYD models get the purchases of every customer instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core import query_engine
from core.workspace import Workspace
from models.arrays import Float32Array, Float64Array, Int64Array
from models.churn import dataset

FOLDS = 3
_LEAST_ROWS = 50
"""A fold with fewer customers to score says nothing."""

_PURCHASES = """
    SELECT customer_id, count(*) - 1 AS x, min(day) AS first, max(day) AS last
    FROM (SELECT DISTINCT customer_id, day FROM orders WHERE customer_id IS NOT NULL AND day < $as_of)
    GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class PeerFold:
    """Which rows to fit on, and which later ones to score."""

    fit: NDArray[np.bool_]
    score: NDArray[np.bool_]


@dataclass(frozen=True)
class ChurnTask:
    """A shop as of a date.

    `texts` are the columns of the matrices that hold codes of texts; `purchases` has a row per customer who ever
    bought: x (repeat purchase days), t_x (age at the last) and age, in days.
    """

    as_of: date
    horizon_days: int
    seed: int
    threads: int
    rows: Float32Array
    churned: Int64Array
    origins: NDArray[np.datetime64]
    customers: pd.Index
    population: Float32Array
    texts: tuple[int, ...]
    purchases: pd.DataFrame

    def folds(self) -> list[PeerFold]:
        """Up to three, the latest last: each scores one origin, fitted on those whose windows were over by then."""
        found = []
        for origin in np.unique(self.origins)[::-1]:
            fit = self.origins <= origin - np.timedelta64(self.horizon_days, "D")
            score = self.origins == origin
            if _both(self.churned[fit]) and _both(self.churned[score]):
                found.append(PeerFold(fit, score))
        return found[:FOLDS][::-1]

    def latest_rate(self) -> float:
        """The share that left in the last window that is over."""
        return float(self.churned[self.origins == self.origins.max()].mean())


def collect(workspace: Workspace, as_of: date) -> ChurnTask:
    """What is known of a shop at a date."""
    settings = workspace.settings
    labelled = dataset.labelled(workspace, dataset.known_origins(workspace, as_of), as_of)
    population = dataset.unlabelled(workspace, as_of)
    features = [feature for feature in dataset.features() if labelled[feature.name].nunique(dropna=False) > 1]
    names = [feature.name for feature in features]
    texts = {each.name: sorted(labelled[each.name].dropna().unique()) for each in features if each.dtype == "text"}
    return ChurnTask(
        as_of,
        settings.churn.horizon_days,
        settings.seed,
        settings.threads,
        _matrix(labelled, names, texts),
        labelled["churned"].to_numpy(dtype=np.int64),
        pd.to_datetime(labelled["as_of"]).to_numpy(dtype="datetime64[D]"),
        pd.Index(population["customer_id"], name="customer_id"),
        _matrix(population, names, texts),
        tuple(names.index(name) for name in texts),
        _purchases(workspace, as_of),
    )


def of_customers(purchases: pd.DataFrame, customers: pd.Index) -> tuple[Float64Array, Float64Array, Float64Array]:
    """x, t_x and age of these customers."""
    known = purchases.reindex(customers)
    return tuple(known[name].to_numpy(dtype=float) for name in ("x", "t_x", "age"))  # type: ignore[return-value]


def _matrix(frame: pd.DataFrame, names: list[str], texts: dict[str, list[str]]) -> Float32Array:
    columns = [
        pd.Categorical(frame[name], texts[name]).codes if name in texts else frame[name].to_numpy(dtype=float)
        for name in names
    ]
    if not columns:
        return np.zeros((len(frame), 0), dtype=np.float32)
    matrix = np.column_stack(columns).astype(np.float32)
    for column in (names.index(name) for name in texts):
        matrix[matrix[:, column] < 0, column] = np.nan
    return matrix


def _purchases(workspace: Workspace, as_of: date) -> pd.DataFrame:
    with query_engine.on_tables(workspace) as connection:
        found = connection.execute(_PURCHASES, {"as_of": as_of}).df().set_index("customer_id")
    first, last = (pd.to_datetime(found[name]) for name in ("first", "last"))
    end = pd.Timestamp(as_of)
    values = {"x": found["x"], "t_x": (last - first).dt.days, "age": (end - first).dt.days}
    return pd.DataFrame(values).astype(float)


def _both(churned: Int64Array) -> bool:
    return len(churned) >= _LEAST_ROWS and 0 < churned.mean() < 1
