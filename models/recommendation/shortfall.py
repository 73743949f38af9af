"""Why a list is shorter than was asked."""

from __future__ import annotations

import numpy as np

from models.recommendation.pipeline import RankingQuery
from models.recommendation.profiles import UserProfiles


def shortfall(profiles: UserProfiles, query: RankingQuery) -> str:
    """In words, of one customer's list that has fewer than k products."""
    size = len(profiles.index.catalogue)
    rules = query.rules
    parts = {
        "are left out, in the basket or not to be had": int(query.barred.sum()),
        "are kept out by rules": int((rules.barred & ~query.barred).sum()) if rules else 0,
        "were bought before": len(np.unique(profiles.product)) if query.mode == "new" else 0,
    }
    said = [f"{count:,} {words}" for words, count in parts.items() if count]
    if rules and rules.repeats:
        said.append("some were bought too lately for a rule")
    if rules and rules.quotas:
        said.append("quotas allow no more of some")
    return f"there are {size:,} products that may be recommended" + (f", of which {', '.join(said)}" if said else "")
