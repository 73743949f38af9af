"""`adults_only`: for who is known to be of age."""

from __future__ import annotations

from models.recommendation.merchandising.rule import Audience, BarringRule


class AdultsOnly(BarringRule):
    """A shop front that has checked it says so with `"context": {"adult": true}`; no file has the products."""

    kind = "adults_only"
    says = 'shown only where the request says `"context": {"adult": true}`, so in no file'
    example = "{kind: adults_only, categories: [BEERS/ALES], departments: [SPIRITS]}"

    def counts_for(self, audience: Audience) -> bool:
        """It counts for all who are not known to be of age."""
        return not audience.adult and super().counts_for(audience)
