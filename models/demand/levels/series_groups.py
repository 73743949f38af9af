"""Which series make up each group of a level, told by the series' own keys and by the products of their keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core import query_engine
from core.errors import DataError, UsageError, did_you_mean
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from feature_repo.counted_products import counted_products
from feature_repo.families.series_features import KEYS
from models.arrays import Int64Array
from models.demand.series import join_keys, split_id

READS = (Read("products", ("product_id", "category", "department", "brand"), "levels of demand: groups of series"),)

OF_PRODUCTS = ("product_id", "category", "department", "brand")
NONE = -1


@dataclass(frozen=True)
class SeriesGroups:
    """The groups of a level: `names` their ids (made of its keys' values), `of` the place of each series' group, (S,),
    `NONE` where a product's attribute is empty."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    of: Int64Array

    @property
    def sizes(self) -> Int64Array:
        """How many series each group has."""
        return np.bincount(self.of[self.of != NONE], minlength=len(self.names))


def check_level(series: Sequence[str], level: Sequence[str]) -> None:
    """Refuse what can't be a coarser grouping of the series, whatever the products are.

    Raises:
        UsageError: an unknown column, or one that series of these keys do not tell; says what to do.
    """
    for key in level:
        if key not in KEYS:
            raise UsageError(f"demand.levels names {key!r}", why="no such key", todo=did_you_mean(key, KEYS))
        if key not in series and (key not in OF_PRODUCTS or not set(series) & set(OF_PRODUCTS)):
            raise _not_told(series, level, key, f"one series is of many a {key}")
    if set(series) <= set(level):
        raise UsageError(
            f"the level {_said(level)} is no coarser than the series themselves",
            why=f"demand.series is {_said(series)}",
            todo="take it out of demand.levels, or name fewer or coarser columns",
        )


@of_one_generation
def series_groups(workspace: Workspace, level: Sequence[str], ids: Sequence[str]) -> SeriesGroups:
    """The groups of a level that some series are in.

    Raises:
        UsageError: as `check_level`.
        DataError: a series is in several groups; says what to put into `demand.series`.
    """
    series = workspace.settings.demand.series
    check_level(series, level)
    values = [dict(zip(series, split_id(each, series), strict=True)) for each in ids]
    known = [key for key in series if key in OF_PRODUCTS]
    for column in (key for key in level if key not in series):
        told = _told(workspace, series, level, known, column)
        for each in values:
            found = told.get(tuple(each[key] for key in known))
            if found is not None:
                each[column] = found
    names = [join_keys([each[key] for key in level]) if set(level) <= each.keys() else None for each in values]
    distinct = sorted({name for name in names if name is not None})
    place = {name: number for number, name in enumerate(distinct)}
    return SeriesGroups(
        tuple(level), tuple(distinct), np.array([place.get(name or "", NONE) for name in names], dtype=int)
    )


def _told(
    workspace: Workspace, series: Sequence[str], level: Sequence[str], known: Sequence[str], column: str
) -> Mapping[tuple[str, ...], str]:
    """The value of a column of products by what the series tell of them."""
    if not workspace.tables.has("products"):
        return {}
    keys = ", ".join(known)
    query = (
        f"SELECT {keys}, min({column}), max({column}) FROM products"
        f" WHERE {column} IS NOT NULL AND {counted_products(workspace.settings)} GROUP BY {keys} ORDER BY {keys}"
    )
    with query_engine.on_tables(workspace) as connection:
        rows = connection.execute(query).fetchall()
    several = [row for row in rows if row[-1] != row[-2]]
    if several:
        *named, one, other = several[0]
        example = f"{' / '.join(map(str, named))} is of {one} and of {other}"
        raise _not_told(series, level, column, f"{len(several):,} of {len(rows):,} are of several: {example}")
    return {tuple(map(str, row[:-2])): str(row[-1]) for row in rows}


def _not_told(series: Sequence[str], level: Sequence[str], key: str, why: str) -> DataError:
    finer = ", ".join(f'"{each}"' for each in [*series, key])
    return DataError(
        f"the level {_said(level)} of demand.levels is no grouping of the series",
        where="regulars.toml",
        why=f"series are named by {_said(series)}, which does not tell the {key}: {why}",
        todo=f"put {key} into the series, demand.series = [{finer}], and train anew, or take the level out",
    )


def _said(keys: Sequence[str]) -> str:
    return " x ".join(keys)
