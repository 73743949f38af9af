"""`minimum_margin`: no product that earns too little."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from models.arrays import BoolArray
from models.recommendation.merchandising.rule import BarringRule, RuledProducts
from models.recommendation.unit_margins import margins


class MinimumMargin(BarringRule):
    """The margin is the price that customers pay less `products.unit_cost`; where either is unknown nothing is barred.

    `share` is of the price, `amount` in the base currency; a product has to reach each that is given.
    """

    kind = "minimum_margin"
    says = (
        "shown only where the price paid lately less `products.unit_cost` is at least `share` of the price, or "
        "`amount` in the base currency; a product whose cost or price is not known is shown"
    )
    example = "{kind: minimum_margin, share: 0.15}"
    about_all = True

    share: Annotated[float, Field(gt=-1, lt=1)] | None = None
    amount: float | None = Field(None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.share is None and self.amount is None:
            raise ValueError("share or amount is missing: how much a product has to earn")
        return self

    def barred(self, products: RuledProducts) -> BoolArray:
        """Which of its products earn less."""
        price = products.catalogue.numbers["price"]
        margin = margins(price, products.unit_cost)
        least = np.full(len(price), -np.inf, dtype=np.float32)
        if self.share is not None:
            least = np.maximum(least, np.float32(self.share) * price)
        if self.amount is not None:
            least = np.maximum(least, np.float32(self.amount))
        with np.errstate(invalid="ignore"):
            return super().barred(products) & (margin < least)
