"""The kinds of rules, in the order in which they work: first what may be shown, then the order, then the places."""

from __future__ import annotations

from typing import Final

from models.recommendation.merchandising.adults_only import AdultsOnly
from models.recommendation.merchandising.boosted import Boosted
from models.recommendation.merchandising.excluded import Excluded
from models.recommendation.merchandising.minimum_margin import MinimumMargin
from models.recommendation.merchandising.not_again import NotAgain
from models.recommendation.merchandising.only_in import OnlyIn
from models.recommendation.merchandising.pinned import Pinned
from models.recommendation.merchandising.quota import Quota
from models.recommendation.merchandising.rule import MerchandisingRule

RULE_KINDS: Final[tuple[type[MerchandisingRule], ...]] = (
    OnlyIn,
    Excluded,
    AdultsOnly,
    MinimumMargin,
    NotAgain,
    Boosted,
    Pinned,
    Quota,
)
BY_KIND: Final = {each.kind: each for each in RULE_KINDS}
