"""`pinned`: at one place of the list, whatever the scores say."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from models.recommendation.merchandising.rule import MerchandisingRule


class Pinned(MerchandisingRule):
    """Several products take the places from `place` on, in their order."""

    kind = "pinned"
    says = (
        "stands at `place` (several at that and the following ones) of every list that is long enough and in which it "
        "may be shown"
    )
    example = "{kind: pinned, products: ['1082185'], place: 1, from: 2017-12-01, until: 2017-12-24}"

    place: Annotated[int, Field(ge=1, le=1000)]

    @model_validator(mode="after")
    def _single_products(self) -> Self:
        if self.categories or self.departments or self.brands:
            raise ValueError("a place is one product's: name products, or set a quota for a whole group")
        if len(set(self.products)) < len(self.products):
            raise ValueError("a product stands twice in products")
        return self

    @property
    def places(self) -> dict[int, str]:
        """Which product stands at which place."""
        return {self.place + step: product for step, product in enumerate(self.products)}
