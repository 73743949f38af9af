"""The products that customers buy again and again and that are due, from the online store."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, cast

from feature_repo.packed.feature_rows import FeatureRows
from models.value.replenishment import Bought, due
from serving.online_features import Found
from serving.runtime import Runtime

HISTORY: Final = "customer_history"
PRODUCTS: Final = "product_features"
USUAL: Final = "repurchase_days"
NAMES: Final = ("product_ids", "purchases", "last_days", "first_days", "weight_60d")
PIECE: Final = 200


def due_products(runtime: Runtime, customers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """At most five per customer, with the day each is due; nothing where the store or the present is not known."""
    present = runtime.present
    if present is None:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for start in range(0, len(customers), PIECE):
        found |= _due(runtime, customers[start : start + PIECE], present)
    return found


def _due(runtime: Runtime, customers: Sequence[str], present: date) -> dict[str, list[dict[str, Any]]]:
    """Of a few, whose histories are forgotten before the next are read: all at once keep Python's collector busy."""
    bought = _bought(runtime.features.read_view(HISTORY, customers))
    repeated = sorted({name for each in bought.values() for name in each.repeated()})
    usual = _usual(runtime, repeated)
    return {
        customer: [
            {
                "product_id": each.product_id,
                "due_on": (present + timedelta(days=round(each.due_in))).isoformat(),
                "every_days": each.every_days,
            }
            for each in due(history, usual)
        ]
        for customer, history in bought.items()
    }


def _bought(found: Found) -> dict[str, Bought]:
    columns = [map(_listed, values) for values in _columns_of(found, NAMES)]
    return {customer: Bought(*each) for customer, *each in zip(found.known, *columns, strict=True)}


def _columns_of(found: Found, names: Sequence[str]) -> Sequence[Sequence[Any]]:
    if isinstance(found.columns, FeatureRows):
        return found.columns.some(names)
    return [found.columns.get(name, []) for name in names]


def _listed(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _usual(runtime: Runtime, products: Sequence[str]) -> Mapping[str, float | None]:
    """From what the service keeps of products; what is not there is read."""
    known = runtime.products.by_product(USUAL)
    missing = [name for name in products if name not in known]
    found = runtime.features.read_view(PRODUCTS, missing)
    return ChainMap(dict(zip(found.known, found.columns.get(USUAL, []), strict=True)), cast(dict[str, Any], known))
