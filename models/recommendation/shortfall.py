"""Why a list is shorter than was asked."""

from __future__ import annotations

import numpy as np

from models.arrays import BoolArray
from models.recommendation.pipeline import RankingQuery
from models.recommendation.profiles import UserProfiles


def shortfall(profiles: UserProfiles, personal: BoolArray, query: RankingQuery, shown: int) -> str:
    """In words, of one customer's list of `shown` products, fewer than k; each product counts under one reason."""
    open_ = np.ones(len(profiles.index.catalogue), dtype=bool)
    said = []
    for words, mask in _reasons(profiles, personal, query).items():
        if count := int((open_ & mask).sum()):
            said.append(f"{count:,} {words}")
        open_ &= ~mask
    if query.rules and query.rules.quotas and int(open_.sum()) > shown:
        said.append("quotas allow no more of some")
    there_are = f"there are {len(open_):,} products that may be recommended"
    return there_are + (f"; not shown: {', '.join(said)}" if said else "")


def _reasons(profiles: UserProfiles, personal: BoolArray, query: RankingQuery) -> dict[str, BoolArray]:
    """What keeps products from this customer, in words, and which, shape (I,)."""
    size = len(profiles.index.catalogue)
    ruled, lately, bought = (np.zeros(size, dtype=bool) for _ in range(3))
    if query.rules:
        ruled = query.rules.barred
        for repeat in query.rules.repeats:
            lately |= repeat.barred(repeat.keys(profiles, personal), 0, np.arange(size))
    if query.mode == "new":
        bought[profiles.product] = True
    return {
        "excluded, in the basket or not to be had": query.barred,
        "kept out by rules": ruled,
        "bought too lately for a rule": lately,
        "bought before": bought,
    }
