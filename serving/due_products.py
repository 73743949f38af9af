"""The products that customers buy again and again and that are due, from the online store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from models.value.replenishment import Bought, due
from serving.online_features import Found
from serving.runtime import Runtime

HISTORY: Final = "customer_history"
PRODUCTS: Final = "product_features"
USUAL: Final = "repurchase_days"


def due_products(runtime: Runtime, customers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """At most five per customer, with the day each is due; nothing where the store or the present is not known."""
    present = runtime.present
    if present is None:
        return {}
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
    names = ("product_ids", "purchases", "last_days", "first_days", "weight_60d")
    return {
        customer: Bought(*(_listed(found.columns[name][place]) for name in names))
        for place, customer in enumerate(found.known)
    }


def _listed(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _usual(runtime: Runtime, products: Sequence[str]) -> Mapping[str, float | None]:
    """From what the service keeps of products; what is not there is read."""
    kept = runtime.products.columns
    known = dict(zip(kept["product_id"], kept[USUAL], strict=True)) if kept else {}
    missing = [name for name in products if name not in known]
    found = runtime.features.read_view(PRODUCTS, missing)
    return {**known, **dict(zip(found.known, found.columns.get(USUAL, []), strict=True))}
