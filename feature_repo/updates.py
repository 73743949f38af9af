"""What a purchase or a look that has just happened changes in a customer's features, at once.

The online store shows every customer as of one snapshot. A purchase after it is folded in as one of the last day
before the snapshot (`age` 1): all features of a row keep speaking of the same moment. So for the features that
`after_purchase` of a family returns, the updated row equals a snapshot of a shop that has that purchase (a law that
the tests hold them to, but for those named in a family's `APPROXIMATE`); all others wait for the next snapshot. So do
`after_interactions` for views, carts, wishes and searches, which keep their own time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from feature_repo.catalog import View
from feature_repo.families import rfm
from feature_repo.interactions_received import Interaction
from feature_repo.purchases import Purchase, Row


def nobody(view: View, has: Callable[[str], bool]) -> dict[str, Any]:
    """The row of a customer the view knows nothing of; `has` tells which tables the shop has brought."""
    return {
        feature.name: feature.default if all(map(has, getattr(family, "NEEDS", ()))) else None
        for family in view.families
        for feature in family.FEATURES
    }


def without_snapshot(columns: Mapping[str, Sequence[Any]]) -> list[bool]:
    """Per row of `customer_features`, whether no snapshot has the customer: received purchases made all of it.

    Every customer of a snapshot is scored by recency, and no purchase folded in gives that score.
    """
    return [score is None for score in columns.get(rfm.RECENCY_SCORE.name, ())]


def apply_purchases(view: View, row: Row, purchases: Iterable[Purchase]) -> dict[str, Any]:
    """The row after the purchases, in their order: pure, the given row is left as it was."""
    current = dict(row)
    for purchase in purchases:
        changes: dict[str, Any] = {}
        for family in view.families:
            if hasattr(family, "after_purchase"):
                changes |= family.after_purchase(current, purchase)
        current |= changes
    return current


def apply_interactions(view: View, row: Row, interactions: Sequence[Interaction]) -> dict[str, Any]:
    """The row after what the customer did besides buying: pure, likewise."""
    current = dict(row)
    for family in view.families:
        if interactions and hasattr(family, "after_interactions"):
            current |= family.after_interactions(current, interactions)
    return current


def shows_purchases(view: View) -> bool:
    """Whether any family of the view can fold a purchase in."""
    return any(hasattr(family, "after_purchase") for family in view.families)


def shows_interactions(view: View) -> bool:
    """Whether any family of the view can fold other events in."""
    return any(hasattr(family, "after_interactions") for family in view.families)
