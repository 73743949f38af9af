"""Series that ended: none of their products can be had any more, and nothing has sold for weeks.

That a product can't be had is a fact of the moment, and may be a fortnight's want of stock: a forecast of nothing would
see to it that it is never ordered again. So it counts where nothing sold for four weeks, and not for want of stock.
Without it a forecast fades with the level: of the Complete Journey's products that had stopped selling against all
odds, one in ten sold again within four weeks, so that nothing at all would be too little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core import query_engine
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from feature_repo.counted_products import counted_products
from models.arrays import BoolArray
from models.demand.levels.series_groups import OF_PRODUCTS
from models.demand.outlook import Outlook
from models.demand.series import join_keys, split_id

READS = (Read("products", ("available",), "demand of products that ended"),)


@of_one_generation
def without_ended(workspace: Workspace, outlook: Outlook) -> Outlook:
    """The outlook with nothing expected of series that ended; itself where none did."""
    ended = outlook.quiet & _unavailable(workspace, outlook.keys, outlook.forecast.ids)
    if not ended.any():
        return outlook
    said = outlook.forecast
    mean = np.where(ended[:, None], 0.0, said.mean)
    quantiles = np.where(ended[:, None, None], 0.0, said.quantiles)
    return replace(outlook, forecast=replace(said, mean=mean, quantiles=quantiles), ended=ended)


def _unavailable(workspace: Workspace, keys: Sequence[str], ids: Sequence[str]) -> BoolArray:
    """The series none of whose products can be had, (S,)."""
    told = [key for key in keys if key in OF_PRODUCTS]
    if not told or not workspace.tables.has("products"):
        return np.zeros(len(ids), dtype=bool)
    columns = ", ".join(told)
    query = (
        f"SELECT {columns} FROM products WHERE {counted_products(workspace.settings)}"
        f" GROUP BY {columns} HAVING bool_and(available IS FALSE)"
    )
    with query_engine.on_tables(workspace) as connection:
        gone = {join_keys([str(value) for value in row]) for row in connection.execute(query).fetchall()}
    places = [place for place, key in enumerate(keys) if key in told]
    names = (split_id(each, keys) for each in ids)
    return np.array([join_keys([values[place] for place in places]) in gone for values in names], dtype=bool)
