"""POST /v1/churn: who is about to leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.keys import Key
from core.prediction_log import Result
from feature_repo import catalog
from models.kinds import kind
from serving.answers import ChurnAnswer
from serving.bodies import ChurnBody
from serving.champions import Champion
from serving.endpoint import Endpoint
from serving.features import Found
from serving.prediction import answer, champion, refuse_too_many
from serving.runtime import Runtime

REASONS: Final = 5
MIDDLE: Final = 50
RECENCY: Final = "days_since_last_visit"


def churn(runtime: Runtime, body: ChurnBody, _key: Key) -> dict[str, Any]:
    """One result per id: the model's score; the population's rate for the unknown; none without consent."""
    refuse_too_many(runtime, "customer_ids", body.customer_ids)
    serving = champion(runtime, "churn")
    refused = runtime.choices.now.refused(body.customer_ids, "profiling")
    allowed = [customer for customer in body.customer_ids if customer not in refused]
    found = runtime.features.read(kind("churn").service, "customer_id", allowed)
    scored = _scored(runtime, serving, found, body.explain)
    unknown = _unknown(runtime, serving)
    results = []
    for customer in body.customer_ids:
        line = _NOTHING if customer in refused else scored.get(customer, unknown)
        results.append({"customer_id": customer, **line})
    logged = [Result(r["customer_id"], r["churn_probability"], fallback=r["fallback"]) for r in results]
    return answer(runtime, serving, "churn", results, logged=logged, request={"explain": body.explain})


_NOTHING: Mapping[str, Any] = {
    "churn_probability": None,
    "risk_score": None,
    "risk_tier": None,
    "reasons": [],
    "action": None,
    "fallback": "no_consent",
}


def _scored(runtime: Runtime, serving: Champion, found: Found, explain: bool) -> dict[str, dict[str, Any]]:
    if not found.known:
        return {}
    scores = serving.model.score(found.columns)
    reasons = serving.model.explain(found.columns, REASONS) if explain else [[] for _ in found.known]
    inactive = _inactive(runtime, found)
    return {
        customer: _line(runtime, probability, score, why, serving.fallback or ("inactive" if away else None))
        for customer, probability, score, why, away in zip(
            found.known, scores.probability, scores.risk_score, reasons, inactive, strict=True
        )
    }


def _inactive(runtime: Runtime, found: Found) -> list[bool]:
    """Who has not bought for longer than the population the model was trained on."""
    most = runtime.workspace.settings.churn.active_days
    return [days is None or days > most for days in found.columns[RECENCY]]


def _unknown(runtime: Runtime, serving: Champion) -> dict[str, Any]:
    """The rate of the whole population says nothing about the order within it: the middle of the ranks."""
    return _line(runtime, serving.model.population_rate, MIDDLE, [], "population")


def _line(runtime: Runtime, probability: float, score: int, reasons: list[Any], fallback: str | None) -> dict[str, Any]:
    settings = runtime.workspace.settings.churn
    tier = sum(score >= lowest for lowest in settings.tiers)
    return {
        "churn_probability": probability,
        "risk_score": score,
        "risk_tier": tier,
        "reasons": [_reason(reason) for reason in reasons],
        "action": settings.actions[tier],
        "fallback": fallback,
    }


def _reason(reason: Any) -> dict[str, Any]:
    feature = DICTIONARY.get(reason.feature)
    return {
        "feature": reason.feature,
        "description": f"{feature.description} ({feature.unit})" if feature else reason.feature,
        "value": reason.value,
        "effect": reason.effect,
    }


DICTIONARY: Final = {feature.name: feature for feature in catalog.view("customer_features").features}
ENDPOINT = Endpoint(
    "POST",
    "/v1/churn",
    "predict",
    churn,
    ChurnAnswer,
    "How likely customers are to buy nothing within the horizon",
    ChurnBody,
    {"customer_ids": ["2375", "1364"], "explain": True},
)
