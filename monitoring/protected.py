"""Protected attributes (age band, gender, ...): this module alone reads them, to measure fairness or to mend it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from core import query_engine
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from models.fairness_result import UNKNOWN

READS = (
    Read(
        "protected",
        ("customer_id", "attribute", "value"),
        "fairness reports, and weights of rows for train --mitigate; no feature is ever built on it",
    ),
)


@of_one_generation
def attributes(workspace: Workspace) -> list[str]:
    """The protected attributes the shop keeps, in order; none where it keeps none."""
    return [] if not workspace.tables.protected_files() else _names(workspace)


@of_one_generation
def groups(workspace: Workspace, customer_ids: Sequence[str]) -> pd.DataFrame:
    """The group of each customer: one row per id in the order given, one column per attribute.

    A customer without a value, and one with a contradicting second value, is in the group `unknown`.
    """
    index = pd.Index(list(customer_ids), name="customer_id")
    names = attributes(workspace)
    if not names:
        return pd.DataFrame(index=index)
    rows = _rows(workspace)
    wide = rows.pivot(index="customer_id", columns="attribute", values="value")
    return wide.reindex(index=index, columns=names).fillna(UNKNOWN).astype(str)


def _names(workspace: Workspace) -> list[str]:
    with query_engine.connect(workspace) as connection:
        found = connection.execute(
            "SELECT DISTINCT attribute FROM read_parquet($files) WHERE value IS NOT NULL ORDER BY 1",
            {"files": _files(workspace)},
        ).fetchall()
    return [name for (name,) in found]


def _rows(workspace: Workspace) -> pd.DataFrame:
    with query_engine.connect(workspace) as connection:
        found: pd.DataFrame = connection.execute(
            "SELECT customer_id, attribute, min(value) AS value FROM read_parquet($files) "
            "WHERE trim(value) <> '' GROUP BY ALL HAVING count(DISTINCT value) = 1",
            {"files": _files(workspace)},
        ).df()
    return found


def _files(workspace: Workspace) -> list[str]:
    return [str(path) for path in workspace.tables.protected_files()]
