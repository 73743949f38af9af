"""How dear products are beside others of their kind."""

from __future__ import annotations

from datetime import date
from typing import cast

import pandas as pd

from core.workspace import Workspace
from feature_repo import facts


def levels(workspace: Workspace, before: date) -> pd.Series[float]:
    """Each product's mean unit price before a date, over the median of its category: 1 is the category's middle.

    Indexed by product_id. Relative to the category, so that it tells dearer variants, not other needs.
    """
    counted = facts.counted(workspace, date.min, before)
    sold = counted.group_by(["product_id", "category"]).aggregate(
        price=counted.revenue.sum() / counted.quantity.sum().nullif(0)
    )
    frame = sold.to_pandas().dropna(subset=["price"])
    middle = frame.groupby(frame["category"].fillna(""))["price"].transform("median")
    level = (frame["price"] / middle.where(middle > 0)).fillna(1.0)
    return cast("pd.Series[float]", level.set_axis(frame["product_id"]).groupby(level=0).first())
