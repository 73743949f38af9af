"""How recommendation lists spread over the catalogue and within: the figures behind the filter-bubble alerts."""

from __future__ import annotations

from datetime import date

import pandas as pd

from core.workspace import Workspace
from feature_repo import facts
from models.recommendation.dataset import catalogue
from models.recommendation.variety import own_mix

MOST_SHOWN = 10


def of(workspace: Workspace, lists: pd.DataFrame, as_of: date) -> dict[str, float]:
    """The figures of the lists as of a date, given what had been bought before it."""
    products, bought = catalogue(workspace, as_of), facts.purchases(workspace, date.min, as_of)
    name = own_mix.grouping(products)
    groups = None if name is None else pd.Series(products.groups[name], index=products.ids)
    return figures(lists, len(products), bought) | ({} if groups is None else variety(lists, bought, groups))


def figures(lists: pd.DataFrame, products: int, bought: pd.DataFrame) -> dict[str, float]:
    """Coverage, concentration and repetition of lists (customer_id, product_id).

    coverage: share of the `products` that could be recommended that are; concentration: share of all
    places that go to the 10 products shown most; repetition: share of places that hold something the customer
    bought before (`bought`: customer_id, product_id).
    """
    if lists.empty:
        return {}
    places = lists["product_id"].value_counts()
    known = lists.merge(bought.drop_duplicates(), on=["customer_id", "product_id"])
    return {
        "coverage": len(places) / max(products, 1),
        "concentration": float(places.head(MOST_SHOWN).sum() / places.sum()),
        "repetition": len(known) / len(lists),
    }


def variety(lists: pd.DataFrame, bought: pd.DataFrame, groups: pd.Series[int]) -> dict[str, float]:
    """How varied the customers' own lists are, in the mean.

    sameness: share of the pairs of a list's products that are of one category; off_mix: share of a list's places that
    would have to change for the customer's own mix of categories (total variation), of customers who bought something.
    `groups` has the category of each product that could be recommended.
    """
    shown = _counts(lists, groups)
    if shown.empty:
        return {}
    length = shown.groupby("customer_id")["n"].sum()
    pairs = (length * (length - 1)).replace(0, pd.NA)
    same = (shown["n"] * (shown["n"] - 1)).groupby(shown["customer_id"]).sum() / pairs
    own = _counts(bought.drop_duplicates(), groups)
    own = own[own["customer_id"].isin(length.index)]
    known = own.groupby("customer_id")["n"].sum()
    both = shown.merge(own, on=["customer_id", "group"], how="outer", suffixes=("_shown", "_own"))
    both = both[both["customer_id"].isin(known.index)].fillna({"n_shown": 0, "n_own": 0})
    apart = both["n_shown"] / both["customer_id"].map(length) - both["n_own"] / both["customer_id"].map(known)
    off = apart.abs().groupby(both["customer_id"]).sum() / 2
    return {"sameness": float(same.fillna(0).mean())} | ({"off_mix": float(off.mean())} if len(off) else {})


def _counts(pairs: pd.DataFrame, groups: pd.Series[int]) -> pd.DataFrame:
    """Products of each customer and group: customer_id, group, n."""
    named = pairs.assign(group=pairs["product_id"].map(groups)).dropna(subset="group")
    return named.groupby(["customer_id", "group"]).size().rename("n").reset_index()
