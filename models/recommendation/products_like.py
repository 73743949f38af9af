"""Products of the catalogue that are like one it does not have, by what the shop says of it: attributes and name."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from models.alike import ATTRIBUTES, Level, products_alike
from models.arrays import Float64Array, Int64Array
from models.recommendation.catalogue import Catalogue

_LOOKED_AT: Final = 200
"""So many that are like it in category, brand and price are compared by their names."""
_SAME_NAME: Final = 4.0
"""How much more a product counts whose name has the same words; in between by the share of words in common."""
_WORDS: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class LikeProducts:
    """Their codes, the most alike first, what each counts (sum 1), and on which level they were found."""

    codes: Int64Array
    weights: Float64Array
    level: Level


def products_like(described: pd.Series[Any], catalogue: Catalogue, most: int) -> LikeProducts:
    """At most `most` products of the catalogue; the product itself never.

    Args:
        described: named by its product_id: name, category, department, brand, list_price; each may be missing.
        catalogue: the products that may be named.
        most: how many.
    """
    known = pd.DataFrame({name: catalogue.texts[name] for name in ("category", "department", "brand")}, catalogue.ids)
    known["price"] = catalogue.numbers["price"].astype(float)
    known = known.iloc[catalogue.popular]  # of those equally alike the ones that sell most come first
    wanted = pd.DataFrame([described.rename({"list_price": "price"})]).reindex(columns=list(ATTRIBUTES))
    (found,) = products_alike(wanted, known, most=max(_LOOKED_AT, most))
    codes = catalogue.popular[found.rows]
    weights = found.weights * (1 + _SAME_NAME * _in_common(described.get("name"), catalogue, codes))
    best = np.argsort(-weights, kind="stable")[:most]
    total = float(weights[best].sum())
    return LikeProducts(codes[best], weights[best] / total if total > 0 else weights[best], found.level)


def _in_common(name: object, catalogue: Catalogue, codes: Int64Array) -> Float64Array:
    """The share of words that two names have in common (Jaccard), 0..1."""
    own = _words(name)
    others = [_words(each) for each in catalogue.texts["name"][codes]]
    return np.array([len(own & other) / max(len(own | other), 1) for other in others], dtype=float)


def _words(name: object) -> Set[str]:
    return set(_WORDS.findall(name.casefold())) if isinstance(name, str) else set()
