"""`boosted`: higher, or lower, than the score alone would have it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.recommendation.merchandising.rule import MerchandisingRule


class Boosted(MerchandisingRule):
    """`by` is in standard deviations of a customer's scores, so that it means the same for every model and customer."""

    kind = "boosted"
    says = (
        "the score is raised (`by` below 0: lowered) by so many standard deviations of the customer's scores; the best "
        "sellers of what is raised are looked at for everybody"
    )
    example = "{kind: boosted, brands: [OWN BRAND], by: 0.5}"

    by: Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
