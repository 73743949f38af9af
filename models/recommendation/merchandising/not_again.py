"""`not_again`: not within some days of the purchase."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from models.recommendation.merchandising.rule import MerchandisingRule


class NotAgain(MerchandisingRule):
    """Looks at what the customer bought, so it does nothing for guests and for who allows nothing personal."""

    kind = "not_again"
    says = (
        "not shown within `days` days of the customer's purchase of it, or (`same: category`, `name` or `brand`) of "
        "anything of its category, name or brand"
    )
    example = "{kind: not_again, days: 365, same: category, categories: [REFRIGERATORS]}"
    about_all = True

    days: Annotated[int, Field(ge=1, le=3650)]
    same: Literal["product", "category", "name", "brand"] = "product"
