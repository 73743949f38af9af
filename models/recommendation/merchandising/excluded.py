"""`excluded`: never shown, or not in some regions."""

from __future__ import annotations

from models.recommendation.merchandising.rule import BarringRule


class Excluded(BarringRule):
    """With `regions` it is a taboo of those markets; who is in an unknown region is spared it as well."""

    kind = "excluded"
    says = "never shown; with `regions`, not shown there (a taboo of a market), nor where the region is not known"
    example = "{kind: excluded, categories: [PORK], regions: [riyadh]}"
