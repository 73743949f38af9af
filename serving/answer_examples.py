"""An example of every answer, for the OpenAPI document and what is made from it; tests hold them to their schemas."""

from __future__ import annotations

from typing import Any, Final

PREDICTION_ID: Final = "019a2b3c4d5e6f708192a3b4c5d6e7f8"


def _predicted(model: str, results: list[Any], **more: Any) -> dict[str, Any]:
    frame = {"prediction_id": PREDICTION_ID, "model": model, "version": "3", "variant": "champion"}
    return {**frame, "data_until": "2017-12-31", "results": results, **more}


_CHURN: Final = _predicted(
    "churn",
    [
        {
            "customer_id": "2375",
            "churn_probability": 0.0761,
            "risk_score": 21,
            "risk_tier": 0,
            "main_cause": None,
            "base": None,
            "causes": [],
            "reasons": [],
            "action": "none",
            "action_by_cause": None,
            "action_reason": None,
            "expected_value_saved": 0.41,
            "fallback": None,
            "version": "3",
            "variant": "champion",
        }
    ],
)
_RECOMMENDATIONS: Final = _predicted(
    "recommendation",
    [
        {
            "product_id": "1082185",
            "score": 0.83,
            "source": "repurchase",
            "reason": "bought again and again, and due",
            "rules": [],
            "explored": False,
            "propensity": 1.0,
            "fallback": None,
        }
    ],
    rules={"version": None, "left_out": [], "unmet": []},
    shortfall=None,
)
_SIMILAR: Final = _predicted(
    "recommendation",
    [{"product_id": "995242", "score": 0.41, "fallback": None}],
    shortfall=None,
    did_you_mean=None,
)
_BUNDLES: Final = _predicted(
    "recommendation",
    [
        {
            "product_ids": ["1082185", "995242"],
            "scene": "fruit and milk",
            "baskets": 812,
            "support": 0.0058,
            "lift": 1.7,
            "lift_low": 1.5,
            "lift_high": 1.9,
            "lift_by_chance": 1.1,
            "margin": None,
            "told_by": None,
            "fallback": None,
        }
    ],
    shortfall=None,
    did_you_mean=None,
)
_AUDIENCE: Final = _predicted(
    "recommendation",
    [{"customer_id": "2375", "score": 0.62, "fallback": None}],
    told_by="product",
    alike=[],
    considered=2433,
    left_out={"no_marketing_consent": 118},
)
_DEMAND: Final = _predicted(
    "demand",
    [
        {
            "series": {"category": "SOFT DRINKS"},
            "forecast": [{"date": "2017-12-01", "mean": 118.2, "q05": 92.0, "q50": 117.4, "q95": 149.1}],
            "reorder_point": 731.0,
            "order_up_to": 1604.0,
            "stockout_risk": None,
            "surge": False,
            "surge_chance": 0.4,
            "needs_review": False,
            "fallback": None,
            "version": "3",
            "variant": "champion",
        }
    ],
)
_CUSTOMERS: Final[dict[str, Any]] = {
    "results": [
        {
            "customer_id": "2375",
            "rfm": {
                "recency_days": 2,
                "frequency": 91,
                "monetary": 3120.5,
                "recency_score": 5,
                "frequency_score": 4,
                "monetary_score": 4,
            },
            "segment": "champions",
            "lifecycle_stage": "loyal",
            "rfm_x": {"loyalty": 5, "satisfaction": None, "referral": None},
            "health": {"index": 88, "parts": [{"part": "rhythm", "points": 25, "most": 25, "text": "2 days ago"}]},
            "value_forecast": 241.3,
            "value_source": "model",
            "value": [
                {
                    "days": 28,
                    "spend": {"expected": 241.3, "low": 120.1, "high": 402.7},
                    "visits": {"expected": 7.1, "low": 4, "high": 11},
                }
            ],
            "next_purchase": {
                "expected_on": "2017-12-03",
                "earliest_on": "2017-12-01",
                "latest_on": "2017-12-09",
                "overdue": False,
            },
            "value_tier": 5,
            "due_products": [{"product_id": "1082185", "due_on": "2017-12-02", "every_days": 9.5}],
            "consents": {"marketing": True, "profiling": True, "personalisation": True},
            "profile": [
                {
                    "name": "revenue_28d",
                    "value": 37.5,
                    "text": "37.5",
                    "description": "spend in the last 28 days",
                    "unit": "base currency",
                    "family": "money",
                }
            ],
            "fallback": None,
        }
    ]
}
_MODELS: Final[dict[str, Any]] = {
    "models": [
        {
            "name": "churn",
            "version": "3",
            "aliases": ["champion"],
            "serving": True,
            "variant": "champion",
            "trained_as_of": "2017-11-01",
            "metrics": {"auc": {"value": 0.81, "low": 0.79, "high": 0.83}},
            "gates": [
                {
                    "name": "quality",
                    "passed": True,
                    "reviewable": False,
                    "text": "better than the best baseline",
                    "code": "gate.better",
                    "values": {},
                }
            ],
        }
    ],
    "complete": True,
}
_JOB: Final = {
    "job_id": "019a2b3c4d5e6f708192a3b4c5d6e7fa",
    "model": "churn",
    "format": "parquet",
    "state": "running",
    "step": "predicting churn as of 2017-12-01 with version 3",
    "share": None,
    "problem": None,
    "asked_at": "2027-01-05T08:00:00+00:00",
    "begun_at": "2027-01-05T08:00:01+00:00",
    "ended_at": None,
    "expires_at": None,
    "version": None,
    "as_of": None,
    "rows": None,
    "bytes": None,
    "file": None,
}
ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "/v1/churn": _CHURN,
    "/v1/recommendations": _RECOMMENDATIONS,
    "/v1/similar": _SIMILAR,
    "/v1/bundles": _BUNDLES,
    "/v1/audience": _AUDIENCE,
    "/v1/demand": _DEMAND,
    "/v1/customers": _CUSTOMERS,
    "/v1/events": {"accepted": 1, "known": 0, "applied": True, "deferred": 0},
    "/v1/feedback": {
        "feedback_id": "019a2b3c4d5e6f708192a3b4c5d6e7f9",
        "prediction_id": PREDICTION_ID,
        "matched": True,
    },
    "/v1/models": _MODELS,
    "/v1/jobs": _JOB,
    "/v1/jobs/{job_id}": _JOB,
    "/healthz": {"status": "alive"},
    "/readyz": {"status": "ready", "models": {"churn": "3", "demand": "2"}, "online_store": "ok", "database": "ok"},
}
"""By address."""
