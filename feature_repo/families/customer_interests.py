"""What a customer looked at, put into the cart or wished for lately, and what they searched for: packed, latest first.

Times are absolute (seconds since 1970), so that a value says the same whenever it is read: whoever reads it takes the
age against the moment that matters. Products are pairs of product and kind, each with its latest time; the lists are
bounded, so that a customer with ten thousand events has a row like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from feature_repo.families.windows import within
from feature_repo.feature_definition import Feature
from feature_repo.interactions_received import Interaction
from feature_repo.purchases import Row
from feature_repo.shop_tables import KnownTables, Snapshot

KINDS: Final = ("cart", "view", "wishlist")
SEARCH: Final = "search"
DAYS: Final = 14
"""What is older says nothing of today."""
PRODUCTS: Final = 20
"""The latest pairs of product and kind that are kept."""
SEARCHES: Final = 5
LONGEST_TEXT: Final = 100
"""Characters of a search that are kept."""
FEATURES = (
    Feature("interest_products", f"products of the last {DAYS} days' interest, the latest first", "ids", "texts"),
    Feature("interest_kinds", "what was done: view, cart or wishlist; one entry per interest", "kind", "texts"),
    Feature("interest_times", "when it was done last, since 1970 (UTC); one entry per interest", "seconds", "floats"),
    Feature("search_texts", f"what was searched for in the last {DAYS} days, the latest first", "text", "texts"),
    Feature("search_times", "when it was searched last, since 1970 (UTC); one entry per search", "seconds", "floats"),
)  # fmt: skip


def compute(shop: KnownTables, at: Snapshot) -> ir.Table:
    """The latest interests and searches of everybody who had any."""
    events = shop.events.filter(within(shop.events, DAYS))
    seconds = events.occurred_at.truncate("s").epoch_seconds().cast("float64")
    timed = events.mutate(at=seconds)
    interests = timed.filter(timed.kind.isin(KINDS) & timed.product_id.notnull())
    pairs = interests.group_by("customer_id", "product_id", "kind").agg(at=interests["at"].max())
    searched = timed.filter((timed.kind == SEARCH) & timed.text.notnull())
    cut = searched.mutate(text=searched.text.substr(0, LONGEST_TEXT))
    texts = cut.group_by("customer_id", "text").agg(at=cut["at"].max())
    looked = _latest(pairs, ("product_id", "kind"), PRODUCTS)
    sought = _latest(texts, ("text",), SEARCHES).rename(searcher="customer_id", entries_of_search="entries")
    both = looked.outer_join(sought, looked.customer_id == sought.searcher)
    return both.select(
        customer_id=ibis.coalesce(both.customer_id, both.searcher),
        interest_products=_property(both.entries, "product_id"),
        interest_kinds=_property(both.entries, "kind"),
        interest_times=_property(both.entries, "before").map(lambda before: -before),
        search_texts=_property(both.entries_of_search, "text"),
        search_times=_property(both.entries_of_search, "before").map(lambda before: -before),
    )


def _latest(rows: ir.Table, names: tuple[str, ...], most: int) -> ir.Table:
    """Per customer the latest rows, as structs sorted as a whole, so that the lists are aligned on every engine."""
    keys = [rows["at"].desc(), *(rows[name] for name in names)]
    ranked = rows.mutate(place=ibis.row_number().over(group_by=rows.customer_id, order_by=keys))
    kept = ranked.filter(ranked.place < most)
    entry = ibis.struct({"before": -kept["at"], **{name: kept[name] for name in names}})
    entries = kept.select("customer_id", entry=entry)
    return entries.group_by("customer_id").agg(entries=entries.entry.collect().sort())


def _property(entries: ir.ArrayValue, name: str) -> ir.ArrayValue:
    return entries.map(lambda entry: entry[name])


def after_interactions(row: Row, interactions: Iterable[Interaction]) -> dict[str, Any]:
    """The lists with what has just happened; a snapshot of a shop that has these events gives the same."""
    recent = [each for each in interactions if each.age <= DAYS]
    looked = [
        (-each.at, each.product_id, each.kind) for each in recent if each.kind in KINDS and each.product_id is not None
    ]
    sought = [(-each.at, each.text[:LONGEST_TEXT]) for each in recent if each.kind == SEARCH and each.text is not None]
    changes: dict[str, Any] = {}
    if looked:
        times, products, kinds = _merged(
            row, looked, ("interest_times", "interest_products", "interest_kinds"), PRODUCTS
        )
        changes |= {"interest_times": times, "interest_products": products, "interest_kinds": kinds}
    if sought:
        times, texts = _merged(row, sought, ("search_times", "search_texts"), SEARCHES)
        changes |= {"search_times": times, "search_texts": texts}
    return changes


def _merged(row: Row, new: Sequence[tuple[Any, ...]], names: Sequence[str], most: int) -> list[list[Any]]:
    """The columns of the latest entries, old and new: each what there is of it once, with its latest time.

    Of equal times what came last is the latest: a shop whose clock stands still gives all it receives one time.
    """
    old = zip(*([] if row[name] is None else list(row[name]) for name in names), strict=True)
    entries = [(-time, *what) for time, *what in old][::-1] + list(new)
    latest: dict[tuple[Any, ...], tuple[float, int]] = {}
    for arrival, (before, *rest) in enumerate(entries):
        what, place = tuple(rest), (before, -arrival)
        latest[what] = min(place, latest.get(what, place))
    kept = sorted(latest, key=lambda what: latest[what])[:most]
    return [[-latest[what][0] for what in kept], *(list(column) for column in zip(*kept, strict=True))]
