"""Made-up baskets, and a catalogue for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from models.recommendation.catalogue import COLUMNS, Catalogue
from models.recommendation.order_baskets import OrderBaskets

START = np.datetime64("2024-01-01T09:00:00")


def catalogue_of(kinds: Sequence[str | None], price: float = 2.0) -> Catalogue:
    """Products "0", "1", ... of the kinds given."""
    columns = {name: [None] * len(kinds) for name in COLUMNS}
    columns |= {"product_id": [str(i) for i in range(len(kinds))], "name": list(kinds), "category": list(kinds)}
    return Catalogue.of(columns | {"price": [price] * len(kinds)})


def baskets_of(
    lists: Sequence[Sequence[int]], products: int, customer: Sequence[int] | None = None, hours: int = 5
) -> OrderBaskets:
    """Baskets of product codes, `hours` apart and mixed; each another customer's where nothing else is said."""
    rows = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    columns = np.array([code for each in lists for code in each], dtype=np.int64)
    table = sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=(len(lists), products))
    whose = np.arange(len(lists)) if customer is None else np.asarray(customer)
    at = START + np.random.default_rng(0).permutation(len(lists)) * np.timedelta64(hours, "h")
    return OrderBaskets(table, whose.astype(np.int64), at.astype("datetime64[s]"))


def drawn(rng: np.random.Generator, count: int, products: int, size: float = 3.0) -> list[list[int]]:
    """Baskets of unrelated products."""
    return [
        sorted(rng.choice(products, size=min(1 + rng.poisson(size), products), replace=False).tolist())
        for _ in range(count)
    ]
