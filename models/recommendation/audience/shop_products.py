"""The products a shop describes, sold or not: who asks for an audience may name any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pandas as pd

from core import query_engine
from core.errors import nearest
from core.reads import Read
from core.workspace import Workspace, of_one_generation
from feature_repo.counted_products import counted_products
from models.recommendation.catalogue import COLUMNS, GROUPS, KEY, Catalogue

_DESCRIBED: Final = ("name", "category", "department", "brand", "list_price")
READS = (
    Read("products", ("product_id", "name", "category", "department", "brand", "list_price"),
        "products that are not sold yet: whom to show them to, what is like them, what goes with them"),
)  # fmt: skip
_MOST_COMPARED: Final = 20_000
"""So many names are compared letter by letter at most."""


@dataclass(frozen=True)
class ShopProducts:
    """`rows` is indexed by product_id: what is said of each product, and whether it `counts` (`products.exclude`)."""

    rows: pd.DataFrame

    @classmethod
    def load(cls, workspace: Workspace) -> ShopProducts:
        """All of the table; none where the shop brings none."""
        return cls(_described(workspace).set_index("product_id"))

    def describes(self, product_id: str) -> bool:
        """Whether the product is in the table and counts."""
        return product_id in self.rows.index and bool(self.rows.at[product_id, "counts"])

    def excluded(self, product_id: str) -> bool:
        """Whether it is in the table, and `products.exclude` matches it."""
        return product_id in self.rows.index and not bool(self.rows.at[product_id, "counts"])

    def of(self, product_id: str) -> pd.Series[Any]:
        """What is said of a product of the table, named by its id."""
        return pd.Series(self.rows.loc[product_id])

    def as_catalogue(self, product_id: str) -> Catalogue:
        """A product of the table as the only one of a catalogue: never sold, at its list price."""
        row = self.rows.loc[product_id]
        said = {name: row[name] if isinstance(row[name], str) else None for name in GROUPS}
        columns = dict.fromkeys(COLUMNS) | said | {KEY: product_id, "price": row["list_price"]}
        return Catalogue.of({name: [value] for name, value in columns.items()})

    def nearest(self, asked: str, others: Sequence[str] = ()) -> str | None:
        """The id that was meant, if any is near: by a product's name as it stands, else by the letters of the id."""
        named = self._by_name.get(asked.strip().casefold())
        if named is not None:
            return named
        every, bare = (*self.rows.index, *others), asked.lstrip("0")
        without_zeros = [each for each in every if each.lstrip("0") == bare]
        ids = without_zeros or [each for each in every if each[:2].lower() == asked[:2].lower()]
        near = nearest(asked, ids[:_MOST_COMPARED])
        if near is not None:
            return near
        name = nearest(asked.strip(), list(self._by_name)[:_MOST_COMPARED])
        return self._by_name[name] if name is not None else None

    @cached_property
    def _by_name(self) -> dict[str, str]:
        counted = self.rows[self.rows["counts"].astype(bool)]["name"].dropna() if len(self.rows) else self.rows["name"]
        return {str(name).strip().casefold(): str(product) for product, name in reversed(list(counted.items()))}


@of_one_generation
def _described(workspace: Workspace) -> pd.DataFrame:
    if not workspace.tables.files("products"):
        return pd.DataFrame(columns=["product_id", *_DESCRIBED, "counts"])
    query = (
        f"SELECT product_id, {', '.join(_DESCRIBED)}, {counted_products(workspace.settings)} AS counts"
        " FROM products ORDER BY product_id"
    )
    with query_engine.on_tables(workspace) as connection:
        found: pd.DataFrame = connection.execute(query).df()
    return found
