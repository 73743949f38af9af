"""The selection of products not yet sold, and the stop-loss of those just launched, as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from core.errors import DataError
from core.progress import current
from core.workspace import Workspace, of_one_generation
from models.demand.launches.assortment import assortment
from models.demand.launches.product_selection import (
    LaunchStudy,
    candidates_of,
    product_selection,
    stop_loss,
    study,
)
from pipelines.output import require_writable, write
from pipelines.product_candidates import Offers, read_candidates


@dataclass(frozen=True)
class Launching:
    """What was written, from which candidates (None: of the stop-loss), and what the shop's launches told."""

    rows: pd.DataFrame
    candidates: Offers | None
    study: LaunchStudy


@of_one_generation
def write_selection(workspace: Workspace, as_of: date, output: Path, candidates: Path | None) -> Launching:
    """Score the candidates of a file, or the products that have not sold so far.

    Raises:
        UsageError: an impossible output, or a file that can't be read.
        DataError: nothing was sold before the date, or there is no candidate.
    """
    require_writable(output)
    found = _study(workspace, as_of)
    chosen = _candidates(found, candidates)
    current().step(f"scoring {len(chosen.rows):,} products")
    rows = product_selection(found, chosen.rows, workspace.settings.launches)
    _write(rows, output)
    return Launching(rows, chosen, found)


@of_one_generation
def write_stop_loss(workspace: Workspace, as_of: date, output: Path) -> Launching:
    """Write the launches that are not over, and which of them to stop.

    Raises:
        UsageError: an impossible output.
        DataError: nothing was sold before the date.
    """
    require_writable(output)
    found = _study(workspace, as_of)
    rows = stop_loss(found, workspace.settings.launches)
    _write(rows, output)
    return Launching(rows, None, found)


def _study(workspace: Workspace, as_of: date) -> LaunchStudy:
    current().step(f"learning from the launches before {as_of}")
    return study(assortment(workspace, as_of), workspace.settings.launches, workspace.settings.seed)


def _candidates(found: LaunchStudy, file: Path | None) -> Offers:
    there = found.assortment
    if file is not None:
        sold = there.products.index[np.flatnonzero(there.first_sold < there.days)]
        return read_candidates(file, there.products, list(sold))
    rows = candidates_of(there)
    if rows.empty:
        raise DataError(
            "there is no candidate",
            why="every product of the table 'products' has sold already, or can't be bought",
            todo="name a file with --candidates FILE.csv",
        )
    return Offers(rows, {})


def _write(rows: pd.DataFrame, output: Path) -> None:
    kinds = {"as_of": pa.date32(), "launched_on": pa.date32(), "stop": pa.bool_(), "rank": pa.int64(),
             "alike": pa.int64(), "days_on_sale": pa.int64()}  # fmt: skip
    texts = ("product_id", "name", "category", "department", "brand", "alike_by", "missing")
    kinds |= dict.fromkeys(texts, pa.string())
    schema = pa.schema([(str(name), kinds.get(str(name), pa.float64())) for name in rows.columns])
    write(pa.Table.from_pandas(rows, schema=schema, preserve_index=False), output)
