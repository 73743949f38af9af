"""The sources of candidates, one class in one file each; a new one is a file here and a line in `FRESH`."""

from typing import Final

from models.recommendation.candidate_sources.category import Category
from models.recommendation.candidate_sources.discovered import Discovered
from models.recommendation.candidate_sources.fresh_source import FreshSource
from models.recommendation.candidate_sources.history import History
from models.recommendation.candidate_sources.interest import InterestSource
from models.recommendation.candidate_sources.popular import Popular
from models.recommendation.candidate_sources.together import Together
from models.recommendation.candidate_sources.trending import Trending

OWN: Final = History()
"""What the customer bought before."""
INTEREST: Final = InterestSource()
"""What the customer has looked at and the like, known or not."""
FRESH: Final[tuple[FreshSource, ...]] = (Together(), Trending(), Discovered(), Category(), Popular())
"""What the customer never bought; a product that several give is said to come from the first."""

__all__ = [
    "FRESH", "INTEREST", "OWN", "Category", "Discovered", "FreshSource", "History", "InterestSource", "Popular",
    "Together", "Trending",
]  # fmt: skip
