"""POST /v1/customers: what the shop knows of its customers, for a CRM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.keys import Key
from feature_repo.families.rfm import SEGMENTS, STAGES
from serving.answers import CustomersAnswer
from serving.bodies import CustomersBody
from serving.endpoint import Endpoint
from serving.prediction import refuse_too_many
from serving.runtime import Runtime
from serving.value import value_forecast

VIEW: Final = "customer_features"
RFM: Final = {
    "recency_days": "days_since_last_visit",
    "frequency": "baskets_364d",
    "monetary": "revenue_364d",
    "recency_score": "recency_score",
    "frequency_score": "frequency_score",
    "monetary_score": "monetary_score",
}


def customers(runtime: Runtime, body: CustomersBody, _key: Key) -> dict[str, Any]:
    """One result per id. Without the consent to profiling nothing but the choices themselves is told."""
    refuse_too_many(runtime, "customer_ids", body.customer_ids)
    choices = runtime.choices.now
    refused = choices.refused(body.customer_ids, "profiling")
    allowed = [customer for customer in body.customer_ids if customer not in refused]
    found = runtime.features.read_view(VIEW, allowed)
    place = found.row
    results = []
    for customer in body.customer_ids:
        features = _row(found.columns, place[customer]) if customer in place else {}
        missing = "no_consent" if customer in refused else None if features else "unknown_customer"
        about = {"customer_id": customer, **_profile(features), "consents": choices.of(customer)}
        results.append({**about, "fallback": missing})
    return {"results": results}


def _row(columns: Mapping[str, list[Any]], place: int) -> dict[str, Any]:
    return {name: values[place] for name, values in columns.items()}


def _profile(features: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rfm": {name: features.get(feature) for name, feature in RFM.items()},
        "segment": SEGMENTS.get(features.get("rfm_segment", 0)),
        "lifecycle_stage": STAGES.get(features.get("lifecycle_stage", 0)),
        "value_forecast": value_forecast(features),
    }


ENDPOINT = Endpoint(
    "POST",
    "/v1/customers",
    "customers",
    customers,
    CustomersAnswer,
    "Recency, frequency, money, segment, lifecycle stage, expected revenue and consents",
    CustomersBody,
    {"customer_ids": ["2375"]},
)
