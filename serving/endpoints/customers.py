"""POST /v1/customers: what the shop knows of its customers, for a CRM."""

from __future__ import annotations

from typing import Any, Final

from core.keys import Key
from feature_repo import updates
from models.value import KIND
from serving.answers import CustomersAnswer
from serving.bodies import CustomersBody
from serving.customer_profile import profile, refuse_many_described
from serving.due_products import due_products
from serving.endpoint import Endpoint, LaneName, calculating
from serving.prediction import refuse_too_many
from serving.runtime import Runtime
from serving.standing import UNKNOWN, stand
from serving.value import NOTHING, tell

VIEW: Final = "customer_features"
SHORT: Final = 5
"""So many are told of within a few milliseconds."""


def customers(runtime: Runtime, body: CustomersBody, _key: Key) -> dict[str, Any]:
    """One result per id. Without the consent to profiling nothing but the choices themselves is told."""
    refuse_too_many(runtime, "customer_ids", body.customer_ids)
    if body.profile:
        refuse_many_described(runtime, body.customer_ids)
    choices = runtime.choices.now
    persons = runtime.persons.now.persons(body.customer_ids)
    refused = choices.refused(persons.values(), "profiling")
    allowed = [customer for customer in dict.fromkeys(persons.values()) if customer not in refused]
    found = runtime.features.read_view(VIEW, allowed)
    place, new = found.row, updates.without_snapshot(found.columns)
    values = tell(runtime.champions.get(KIND), found.columns, runtime.present)
    stands = stand(found.columns, runtime.workspace.settings)
    again = due_products(runtime, found.known)
    results = []
    for asked in body.customer_ids:
        customer = persons[asked]
        row = place.get(customer)
        value, stands_at = (NOTHING, UNKNOWN) if row is None else (values[row], stands[row])
        about = {"customer_id": asked, **stands_at, **value, "due_products": again.get(customer, [])}
        about["consents"] = choices.of(customer)
        about["profile"] = None if row is None or not body.profile else profile(VIEW, found.columns, row)
        unknown = "unknown_customer" if found.is_read else "no_features"
        missing = unknown if row is None else "new_customer" if new[row] else None
        results.append({**about, "fallback": "no_consent" if customer in refused else missing})
    return {"results": results}


def _lane(runtime: Runtime, size: int, body: CustomersBody | None) -> LaneName:
    return calculating(runtime, size, body is not None and len(body.customer_ids) <= SHORT)


ENDPOINT = Endpoint(
    "POST",
    "/v1/customers",
    "customers",
    customers,
    CustomersAnswer,
    "RFM, segment, stage, health, expected value, next purchase, products due, consents; on request the whole profile",
    CustomersBody,
    {"customer_ids": ["2375"], "profile": True},
    lane=_lane,
)
