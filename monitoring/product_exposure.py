"""How fair lists are to products: places by how new they are and by brand, beside the rest. Shown, never judged.

`exposure` is the mean number of places that a product has in 1,000 lists; `exposure per purchase` the places over what
was bought of the products in the window, so that a group that sells much may be shown much. Products sold before the
date are counted, shown or not. A shop's tables name no seller; brands stand for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd

from core.workspace import Workspace
from feature_repo import facts
from models.arrays import Float64Array
from models.fairness_result import UNKNOWN, GroupFigure
from models.recommendation.dataset import Dataset
from models.recommendation.product_newness import newness
from models.recommendation.rankers import Mode
from monitoring.fairness import judge
from monitoring.fairness.judge import Limits
from monitoring.fairness.ratio_intervals import Side
from monitoring.list_fairness import EXPLORE

NEWNESS, BRAND = "product newness", "product brand"
LARGEST_BRANDS = 10
OTHER_BRANDS = "other brands"


def by_product(workspace: Workspace, dataset: Dataset, lists: Mapping[Mode, pd.DataFrame]) -> list[GroupFigure]:
    """The figures of lists as of the dataset's date: customer_id, product_id of each mode."""
    limits = Limits.of(workspace.settings.rules)
    sold = facts.products_sold(workspace, dataset.as_of)
    new = newness(workspace, dataset.as_of, sold)
    sold = sold.set_index("product_id")
    until = dataset.as_of + timedelta(days=workspace.settings.recommendation.horizon_days)
    bought = facts.purchases(workspace, dataset.as_of, until)["product_id"].value_counts()
    demand = _of_products(bought, sold)
    groups = {NEWNESS: new, BRAND: _brands(sold)}
    found: list[GroupFigure] = []
    for mode, own in lists.items():
        ending = EXPLORE if mode == "new" else ""
        places = _of_products(own["product_id"].value_counts(), sold)
        per_list = 1000 * places / max(own["customer_id"].nunique(), 1)
        for attribute, names in groups.items():
            if names.nunique() < 2:
                continue
            inside = {str(name): (names == name).to_numpy() for name in sorted(set(names))}
            shown = judge.means(attribute, f"exposure{ending}", {n: per_list[i] for n, i in inside.items()}, limits)
            paid: dict[str, Side] = {n: (places[i], demand[i]) for n, i in inside.items()}
            found += judge.watched([*shown, *judge.ratios(attribute, f"exposure per purchase{ending}", paid, limits)])
    return found


def _of_products(counts: pd.Series[int], sold: pd.DataFrame) -> Float64Array:
    """Counts by product_id of the products sold, 0 where there is none."""
    return np.asarray(counts.reindex(sold.index).fillna(0.0), dtype=np.float64)


def _brands(sold: pd.DataFrame) -> pd.Series[str]:
    """The brand of each product: those that sell most by name, the others together; `unknown` where none is given."""
    brand = sold["brand"].where(sold["brand"].notna() & (sold["brand"] != ""))
    largest = sold["orders"].groupby(brand).sum().nlargest(LARGEST_BRANDS).index
    names = np.select([brand.isna(), brand.isin(largest)], [UNKNOWN, brand.astype(str)], OTHER_BRANDS)
    return pd.Series(names, index=sold.index, dtype=object)
