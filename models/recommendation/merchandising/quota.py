"""`quota`: at least, or at most, so many places of a list for some products."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from models.recommendation.merchandising.rule import MerchandisingRule

Count = Annotated[int, Field(ge=0, le=1000)]


class Quota(MerchandisingRule):
    """Of the first `places` places, `at_least` and `at_most` so many for its products.

    Those that are needed come as late as the quota allows: a campaign costs no more of the list's worth than it must.
    """

    kind = "quota"
    says = (
        "of the first `places` places (10 by default) `at_least` and `at_most` so many are of its products; in a "
        "shorter list `at_least` in proportion, rounded down"
    )
    example = "{kind: quota, categories: [CANDY], at_least: 1, at_most: 3, places: 10, until: 2017-10-31}"

    at_least: Count = 0
    at_most: Count | None = None
    places: Annotated[int, Field(ge=1, le=1000)] = 10

    @model_validator(mode="after")
    def _holds(self) -> Self:
        if not self.at_least and self.at_most is None:
            raise ValueError("at_least or at_most is missing: how many places")
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"at_most {self.at_most} is less than at_least {self.at_least}")
        if self.at_least > self.places:
            raise ValueError(f"at_least {self.at_least} is more than the {self.places} places")
        return self
