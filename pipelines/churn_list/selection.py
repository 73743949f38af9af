"""Whom to contact with a budget: those where it saves most for what it costs, and some held out to see if it does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from models.arrays import BoolArray, Float64Array
from models.contacts.contact_caps import contacted_lately, contacted_too_often

LEFT_OUT: Final = (
    "not_in_tier",
    "no_marketing_consent",
    "suppressed",
    "contacted_lately",
    "contacted_too_often",
    "no_action",
    "costs_more_than_it_saves",
    "beyond_budget",
)
"""Why customers are not on the list: the first reason of each counts."""


@dataclass(frozen=True)
class Terms:
    """By what a list is drawn.

    `budget` is money where contacts cost something (`counts_money`), else a number of customers. `tier` is the only
    one asked for; None: 1, 2 and 3. `hold_out` is the share of those who would be contacted that is left alone.
    """

    budget: float
    counts_money: bool
    tier: int | None
    hold_out: float
    rest_days: int
    most_per_year: int
    campaign: str
    seed: int


@dataclass(frozen=True)
class Selection:
    """The rows that were chosen, the best first, with `treated`; and how many were left out, by reason."""

    rows: pd.DataFrame
    left_out: Mapping[str, int]


def select(candidates: pd.DataFrame, terms: Terms) -> Selection:
    """Choose from candidates: customer_id, risk_tier, refused, suppressed, rest (days since a contact, or NaN), times
    (contacts in a year), offer, cost, saves (what a contact is expected to save).

    Who is worth more than the contact costs is taken in the order of what it brings per unit of the budget, until no
    more fits in. Of these the held out cost nothing.
    """
    why = _reasons(candidates, terms)
    kept = candidates[why == ""]
    net, unit = _columns(kept, terms)
    order = np.lexsort((kept["customer_id"].to_numpy(dtype=str), -net, -_per_unit(net, unit)))
    ranked = kept.iloc[order].assign(treated=[not held_out(who, terms) for who in kept["customer_id"].iloc[order]])
    fits = _fitting(ranked["treated"].to_numpy(dtype=bool), unit[order], terms.budget)
    left = {reason: int((why == reason).sum()) for reason in LEFT_OUT}
    return Selection(ranked[fits].reset_index(drop=True), left | {"beyond_budget": int((~fits).sum())})


def held_out(customer: str, terms: Terms) -> bool:
    """Whether a customer is left alone by this campaign: drawn by a hash, so that a list drawn again is the same."""
    digest = hashlib.sha256(f"{terms.seed}\x1f{terms.campaign}\x1f{customer}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < terms.hold_out * 2**64


def _reasons(candidates: pd.DataFrame, terms: Terms) -> pd.Series[str]:
    tier = candidates["risk_tier"]
    reasons = {
        "not_in_tier": (tier < 1) if terms.tier is None else (tier != terms.tier),
        "no_marketing_consent": candidates["refused"],
        "suppressed": candidates["suppressed"],
        "contacted_lately": contacted_lately(candidates["rest"], terms.rest_days),
        "contacted_too_often": contacted_too_often(candidates["times"], terms.most_per_year),
        "no_action": candidates["offer"] == "none",
        "costs_more_than_it_saves": candidates["saves"] <= candidates["cost"],
    }
    why = pd.Series("", index=candidates.index, dtype="object")
    for reason, holds in reversed(reasons.items()):
        why[holds.fillna(False).astype(bool)] = reason
    return why


def _columns(kept: pd.DataFrame, terms: Terms) -> tuple[Float64Array, Float64Array]:
    cost = kept["cost"].to_numpy(dtype=float)
    return kept["saves"].to_numpy(dtype=float) - cost, cost if terms.counts_money else np.ones(len(kept))


def _per_unit(net: Float64Array, unit: Float64Array) -> Float64Array:
    return np.asarray(np.divide(net, unit, out=np.full(len(net), np.inf), where=unit > 0))


def _fitting(treated: BoolArray, unit: Float64Array, budget: float) -> BoolArray:
    """Those within the budget; who is held out counts as far as contacts were still paid for when it was their turn."""
    spent, fits = 0.0, np.zeros(len(unit), dtype=bool)
    for row, (contacted, price) in enumerate(zip(treated, unit, strict=True)):
        if budget > 0 and spent + price <= budget * (1 + 1e-12):
            fits[row] = True
            spent += price if contacted else 0.0
    return fits
