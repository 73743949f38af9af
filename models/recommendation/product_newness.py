"""How new products are, for who looks at whether new ones get a fair start."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.workspace import Workspace

FEW_SALES = 5
FEW, RECENT, OLDER = f"fewer than {FEW_SALES} sales", "first sold within the horizon", "older"
NEW = (FEW, RECENT)
"""What counts as new."""


def newness(workspace: Workspace, as_of: date, sold: pd.DataFrame) -> pd.Series[str]:
    """FEW, RECENT (in the `recommendation.horizon_days` before) or OLDER of each product sold before a date.

    Indexed by product_id. A sale is an order with the product, of a guest as well; `sold` is `facts.products_sold`.
    """
    since = as_of - timedelta(days=workspace.settings.recommendation.horizon_days)
    recent = pd.to_datetime(sold["first"]) >= pd.Timestamp(since)
    names = np.select([sold["orders"] < FEW_SALES, recent], [FEW, RECENT], OLDER)
    return pd.Series(names, index=pd.Index(sold["product_id"], name="product_id"), dtype=object)


def of_products(found: pd.Series[str], product_ids: pd.Series[str] | pd.Index[str]) -> pd.Series[str]:
    """The newness of products by their ids, in the order given; one that was never sold has few sales."""
    index = pd.Index(product_ids)
    return found.reindex(index).fillna(FEW)
