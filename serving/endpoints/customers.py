"""POST /v1/customers: what the shop knows of its customers, for a CRM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.keys import Key
from feature_repo import updates
from feature_repo.segment_rules import GROUPS, STAGES
from feature_repo.standing_features import GROUP, RFM, STAGE
from models.value import KIND
from serving.answers import CustomersAnswer
from serving.bodies import CustomersBody
from serving.due_products import due_products
from serving.endpoint import Endpoint
from serving.prediction import refuse_too_many
from serving.runtime import Runtime
from serving.value import NOTHING, tell

VIEW: Final = "customer_features"


def customers(runtime: Runtime, body: CustomersBody, _key: Key) -> dict[str, Any]:
    """One result per id. Without the consent to profiling nothing but the choices themselves is told."""
    refuse_too_many(runtime, "customer_ids", body.customer_ids)
    choices = runtime.choices.now
    persons = runtime.persons.now.persons(body.customer_ids)
    refused = choices.refused(persons.values(), "profiling")
    allowed = [customer for customer in dict.fromkeys(persons.values()) if customer not in refused]
    found = runtime.features.read_view(VIEW, allowed)
    place, new = found.row, updates.without_snapshot(found.columns)
    values = tell(runtime.champions.get(KIND), found.columns, runtime.present)
    again = due_products(runtime, found.known)
    results = []
    for asked in body.customer_ids:
        customer = persons[asked]
        features = _row(found.columns, place[customer]) if customer in place else {}
        value = values[place[customer]] if customer in place else NOTHING
        about = {"customer_id": asked, **_profile(features), **value, "due_products": again.get(customer, [])}
        about["consents"] = choices.of(customer)
        missing = "unknown_customer" if not features else "new_customer" if new[place[customer]] else None
        results.append({**about, "fallback": "no_consent" if customer in refused else missing})
    return {"results": results}


def _row(columns: Mapping[str, list[Any]], place: int) -> dict[str, Any]:
    return {name: values[place] for name, values in columns.items()}


def _profile(features: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rfm": {name: features.get(feature) for name, feature in RFM.items()},
        "segment": GROUPS.get(features.get(GROUP, 0)),
        "lifecycle_stage": STAGES.get(features.get(STAGE, 0)),
    }


ENDPOINT = Endpoint(
    "POST",
    "/v1/customers",
    "customers",
    customers,
    CustomersAnswer,
    "Recency, frequency, money, segment, lifecycle stage, expected value, next purchase, products due and consents",
    CustomersBody,
    {"customer_ids": ["2375"]},
)
