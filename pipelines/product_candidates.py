"""The candidates of a product selection: a file that a buyer wrote, read as the contract's table of products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from core.errors import DataError, UsageError, did_you_mean
from models.arrays import BoolArray
from models.demand.launches.product_selection import DESCRIBED
from pipelines.output import SUFFIXES

COLUMNS: Final = ("product_id", *DESCRIBED, "list_price", "unit_cost")
MONEY = ("list_price", "unit_cost")


@dataclass(frozen=True)
class Offers:
    """Products to choose from, indexed by product_id, and how many rows were left out, by reason."""

    rows: pd.DataFrame
    left_out: dict[str, int]
    unread: tuple[str, ...] = ()


def read_candidates(file: Path, products: pd.DataFrame, sold: Sequence[str]) -> Offers:
    """The candidates of a file; what it does not say of a product that `products` knows comes from there.

    Raises:
        UsageError: the file can't be read, or has no column product_id.
        DataError: it has no row that counts, or tells one product in two ways.
    """
    found = _table(file).rename(columns=lambda name: str(name).strip())
    if "product_id" not in found:
        raise UsageError(f"{file} has no column product_id", todo=did_you_mean("product_id", found.columns))
    unread = tuple(name for name in found.columns if name not in COLUMNS)
    texts = found.reindex(columns=list(COLUMNS)).apply(_texts)
    nameless = texts["product_id"].isna()
    numbers = {name: pd.to_numeric(texts[name], errors="coerce") for name in MONEY}
    values = pd.DataFrame(numbers)
    odd = _odd(texts, values)
    already = texts["product_id"].isin(set(sold))
    left_out = {
        "without a product_id": int(nameless.sum()),
        "with a price or cost that is no number of 0 or more": int((odd & ~nameless).sum()),
        "sold already": int((already & ~nameless & ~odd).sum()),
    }
    kept = texts.assign(**numbers)[~nameless & ~odd & ~already]
    once = kept.drop_duplicates()
    left_out["told twice in the same way"] = len(kept) - len(once)
    _refuse_contradictions(file, once)
    if once.empty:
        raise DataError(f"{file} has no candidate", why=_why(left_out) or "it has no row")
    rows = once.set_index("product_id")
    return Offers(rows.combine_first(_known(products, rows)).loc[rows.index, rows.columns], left_out, unread)


def _table(file: Path) -> pd.DataFrame:
    if file.suffix not in SUFFIXES:
        raise UsageError(f"{file} can't be read", todo=f"name a file that ends in {' or '.join(SUFFIXES)}")
    try:
        if file.suffix == ".parquet":
            return pd.read_parquet(file)
        return pd.read_csv(file, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} can't be read", why=str(error).splitlines()[0]) from error


def _texts(column: pd.Series[Any]) -> pd.Series[str]:
    """Without blanks around them, empty ones missing, and whole numbers as ids are written."""
    if pd.api.types.is_float_dtype(column):
        whole = column.dropna() % 1 == 0
        column = column.astype("Int64") if column.notna().any() and whole.all() else column
    texts = column.astype("string").str.strip()
    values = np.array(texts, dtype=object)
    values[(texts.isna() | (texts == "")).to_numpy(dtype=bool, na_value=True)] = None
    return pd.Series(values, column.index, dtype=object)


def _odd(texts: pd.DataFrame, values: pd.DataFrame) -> BoolArray:
    told = texts[list(MONEY)].notna().to_numpy()
    numbers = values.to_numpy(dtype=float)
    return np.asarray((told & ~(np.isfinite(numbers) & (numbers >= 0))).any(axis=1))


def _refuse_contradictions(file: Path, rows: pd.DataFrame) -> None:
    twice = rows["product_id"][rows["product_id"].duplicated()]
    if len(twice):
        raise DataError(
            f"{file} tells {twice.nunique():,} products in two ways",
            why=f"the first is {twice.iloc[0]!r}",
            todo="leave one row of each",
        )


def _known(products: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    known = products.reindex(rows.index.intersection(products.index))[list(rows.columns)]
    return known.astype(dict.fromkeys(MONEY, float))


def _why(left_out: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in left_out.items() if count)
