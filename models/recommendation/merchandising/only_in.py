"""`only_in`: shown in some regions alone."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from models.recommendation.merchandising.rule import Audience, BarringRule


class OnlyIn(BarringRule):
    """What a licence or a law allows in some regions alone."""

    kind = "only_in"
    says = "shown in `regions` alone (a licence, a jurisdiction), so not where the region is not known"
    example = "{kind: only_in, products: ['1082185'], regions: [north, east]}"

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.regions:
            raise ValueError("regions is missing: name those in which the products may be shown")
        return self

    def counts_for(self, audience: Audience) -> bool:
        """It keeps products from all other regions."""
        return audience.region not in self.regions
