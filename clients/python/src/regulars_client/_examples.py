"""An answer of each operation, and every problem document.

Generated from the OpenAPI document of the service; `REGULARS_WRITE_DOCS=1 pytest tests/docs` writes it anew.
"""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = """{
 "answers": {
  "churn": {
   "prediction_id": "019a2b3c4d5e6f708192a3b4c5d6e7f8",
   "model": "churn",
   "version": "3",
   "variant": "champion",
   "data_until": "2017-12-31",
   "results": [
    {
     "customer_id": "2375",
     "churn_probability": 0.0761,
     "risk_score": 21,
     "risk_tier": 0,
     "main_cause": null,
     "base": null,
     "causes": [],
     "reasons": [],
     "action": "none",
     "action_by_cause": null,
     "action_reason": null,
     "expected_value_saved": 0.41,
     "fallback": null,
     "version": "3",
     "variant": "champion"
    }
   ]
  },
  "recommendations": {
   "prediction_id": "019a2b3c4d5e6f708192a3b4c5d6e7f8",
   "model": "recommendation",
   "version": "3",
   "variant": "champion",
   "data_until": "2017-12-31",
   "results": [
    {
     "product_id": "1082185",
     "score": 0.83,
     "source": "repurchase",
     "reason": "bought again and again, and due",
     "rules": [],
     "explored": false,
     "propensity": 1.0,
     "fallback": null
    }
   ],
   "rules": {
    "version": null,
    "left_out": [],
    "unmet": []
   },
   "shortfall": null
  },
  "similar": {
   "prediction_id": "019a2b3c4d5e6f708192a3b4c5d6e7f8",
   "model": "recommendation",
   "version": "3",
   "variant": "champion",
   "data_until": "2017-12-31",
   "results": [
    {
     "product_id": "995242",
     "score": 0.41,
     "fallback": null
    }
   ],
   "shortfall": null,
   "did_you_mean": null
  },
  "bundles": {
   "prediction_id": "019a2b3c4d5e6f708192a3b4c5d6e7f8",
   "model": "recommendation",
   "version": "3",
   "variant": "champion",
   "data_until": "2017-12-31",
   "results": [
    {
     "product_ids": [
      "1082185",
      "995242"
     ],
     "scene": "fruit and milk",
     "baskets": 812,
     "support": 0.0058,
     "lift": 1.7,
     "lift_low": 1.5,
     "lift_high": 1.9,
     "lift_by_chance": 1.1,
     "margin": null,
     "told_by": null,
     "fallback": null
    }
   ],
   "shortfall": null,
   "did_you_mean": null
  },
  "audience": {
   "prediction_id": "019a2b3c4d5e6f708192a3b4c5d6e7f8",
   "model": "recommendation",
   "version": "3",
   "variant": "champion",
   "data_until": "2017-12-31",
   "results": [
    {
     "customer_id": "2375",
     "score": 0.62,
     "fallback": null
    }
   ],
   "told_by": "product",
   "alike": [],
   "considered": 2433,
   "left_out": {
    "no_marketing_consent": 118
   }
  },
  "demand": {
   "prediction_id": "019a2b3c4d5e6f708192a3b4c5d6e7f8",
   "model": "demand",
   "version": "3",
   "variant": "champion",
   "data_until": "2017-12-31",
   "results": [
    {
     "series": {
      "category": "SOFT DRINKS"
     },
     "forecast": [
      {
       "date": "2017-12-01",
       "mean": 118.2,
       "q05": 92.0,
       "q50": 117.4,
       "q95": 149.1
      }
     ],
     "reorder_point": 731.0,
     "order_up_to": 1604.0,
     "stockout_risk": null,
     "surge": false,
     "surge_chance": 0.4,
     "needs_review": false,
     "fallback": null,
     "version": "3",
     "variant": "champion"
    }
   ]
  },
  "customers": {
   "results": [
    {
     "customer_id": "2375",
     "rfm": {
      "recency_days": 2,
      "frequency": 91,
      "monetary": 3120.5,
      "recency_score": 5,
      "frequency_score": 4,
      "monetary_score": 4
     },
     "segment": "champions",
     "lifecycle_stage": "loyal",
     "rfm_x": {
      "loyalty": 5,
      "satisfaction": null,
      "referral": null
     },
     "health": {
      "index": 88,
      "parts": [
       {
        "part": "rhythm",
        "points": 25,
        "most": 25,
        "text": "2 days ago"
       }
      ]
     },
     "value_forecast": 241.3,
     "value_source": "model",
     "value": [
      {
       "days": 28,
       "spend": {
        "expected": 241.3,
        "low": 120.1,
        "high": 402.7
       },
       "visits": {
        "expected": 7.1,
        "low": 4,
        "high": 11
       }
      }
     ],
     "next_purchase": {
      "expected_on": "2017-12-03",
      "earliest_on": "2017-12-01",
      "latest_on": "2017-12-09",
      "overdue": false
     },
     "value_tier": 5,
     "due_products": [
      {
       "product_id": "1082185",
       "due_on": "2017-12-02",
       "every_days": 9.5
      }
     ],
     "consents": {
      "marketing": true,
      "profiling": true,
      "personalisation": true
     },
     "profile": [
      {
       "name": "revenue_28d",
       "value": 37.5,
       "text": "37.5",
       "description": "spend in the last 28 days",
       "unit": "base currency",
       "family": "money"
      }
     ],
     "fallback": null
    }
   ]
  },
  "events": {
   "accepted": 1,
   "known": 0,
   "applied": true,
   "deferred": 0
  },
  "feedback": {
   "feedback_id": "019a2b3c4d5e6f708192a3b4c5d6e7f9",
   "prediction_id": "019a2b3c4d5e6f708192a3b4c5d6e7f8",
   "matched": true
  },
  "models": {
   "models": [
    {
     "name": "churn",
     "version": "3",
     "aliases": [
      "champion"
     ],
     "serving": true,
     "variant": "champion",
     "trained_as_of": "2017-11-01",
     "metrics": {
      "auc": {
       "value": 0.81,
       "low": 0.79,
       "high": 0.83
      }
     },
     "gates": [
      {
       "name": "quality",
       "passed": true,
       "reviewable": false,
       "text": "better than the best baseline",
       "code": "gate.better",
       "values": {}
      }
     ]
    }
   ],
   "complete": true
  },
  "new_job": {
   "job_id": "019a2b3c4d5e6f708192a3b4c5d6e7fa",
   "model": "churn",
   "format": "parquet",
   "state": "running",
   "step": "predicting churn as of 2017-12-01 with version 3",
   "share": null,
   "problem": null,
   "asked_at": "2027-01-05T08:00:00+00:00",
   "begun_at": "2027-01-05T08:00:01+00:00",
   "ended_at": null,
   "expires_at": null,
   "version": null,
   "as_of": null,
   "rows": null,
   "bytes": null,
   "file": null
  },
  "jobs": {
   "jobs": [
    {
     "job_id": "019a2b3c4d5e6f708192a3b4c5d6e7fa",
     "model": "churn",
     "format": "parquet",
     "state": "running",
     "step": "predicting churn as of 2017-12-01 with version 3",
     "share": null,
     "problem": null,
     "asked_at": "2027-01-05T08:00:00+00:00",
     "begun_at": "2027-01-05T08:00:01+00:00",
     "ended_at": null,
     "expires_at": null,
     "version": null,
     "as_of": null,
     "rows": null,
     "bytes": null,
     "file": null
    }
   ]
  },
  "job": {
   "job_id": "019a2b3c4d5e6f708192a3b4c5d6e7fa",
   "model": "churn",
   "format": "parquet",
   "state": "running",
   "step": "predicting churn as of 2017-12-01 with version 3",
   "share": null,
   "problem": null,
   "asked_at": "2027-01-05T08:00:00+00:00",
   "begun_at": "2027-01-05T08:00:01+00:00",
   "ended_at": null,
   "expires_at": null,
   "version": null,
   "as_of": null,
   "rows": null,
   "bytes": null,
   "file": null
  },
  "cancel_job": {
   "job_id": "019a2b3c4d5e6f708192a3b4c5d6e7fa",
   "model": "churn",
   "format": "parquet",
   "state": "running",
   "step": "predicting churn as of 2017-12-01 with version 3",
   "share": null,
   "problem": null,
   "asked_at": "2027-01-05T08:00:00+00:00",
   "begun_at": "2027-01-05T08:00:01+00:00",
   "ended_at": null,
   "expires_at": null,
   "version": null,
   "as_of": null,
   "rows": null,
   "bytes": null,
   "file": null
  },
  "health": {
   "status": "alive"
  },
  "ready": {
   "status": "ready",
   "models": {
    "churn": "3",
    "demand": "2"
   },
   "online_store": "ok",
   "database": "ok"
  }
 },
 "problems": {
  "invalid-body": {
   "type": "urn:regulars:problem:invalid-body",
   "title": "The body is not as it must be",
   "status": 400,
   "detail": "mode: \\"nwe\\" is not possible; allowed: 'all', or 'new'",
   "errors": [
    {
     "field": "mode",
     "problem": "\\"nwe\\" is not possible",
     "allowed": "'all', or 'new'",
     "did_you_mean": "new"
    }
   ]
  },
  "invalid-header": {
   "type": "urn:regulars:problem:invalid-header",
   "title": "A header is not as it must be",
   "status": 400,
   "detail": "Idempotency-Key: allowed is one of 1 to 255 printable ASCII characters"
  },
  "bad-request": {
   "type": "urn:regulars:problem:bad-request",
   "title": "This is no request",
   "status": 400,
   "detail": "a request has exactly one Host"
  },
  "unauthorized": {
   "type": "urn:regulars:problem:unauthorized",
   "title": "A valid key is needed",
   "status": 401,
   "detail": "send a valid key as Authorization: Bearer KEY"
  },
  "forbidden": {
   "type": "urn:regulars:problem:forbidden",
   "title": "The key has not the right",
   "status": 403,
   "detail": "this needs a key with the right 'predict'; yours has: events, feedback"
  },
  "not-found": {
   "type": "urn:regulars:problem:not-found",
   "title": "There is nothing at this address",
   "status": 404,
   "detail": "the addresses are in /docs.json"
  },
  "no-such-job": {
   "type": "urn:regulars:problem:no-such-job",
   "title": "There is no such job",
   "status": 404,
   "detail": "there is no job of this key by this id; GET /v1/jobs lists them"
  },
  "not-done": {
   "type": "urn:regulars:problem:not-done",
   "title": "The job has no file",
   "status": 409,
   "detail": "the job is running"
  },
  "method-not-allowed": {
   "type": "urn:regulars:problem:method-not-allowed",
   "title": "The address takes another method",
   "status": 405,
   "detail": "/v1/churn takes POST"
  },
  "too-late": {
   "type": "urn:regulars:problem:too-late",
   "title": "The request was not whole in time",
   "status": 408,
   "detail": "the body was not here within 20 seconds"
  },
  "too-large": {
   "type": "urn:regulars:problem:too-large",
   "title": "The body is too large",
   "status": 413,
   "detail": "a body has at most 8,388,608 bytes"
  },
  "idempotency-key-reused": {
   "type": "urn:regulars:problem:idempotency-key-reused",
   "title": "The Idempotency-Key belongs to another request",
   "status": 422,
   "detail": "this Idempotency-Key came with another body before"
  },
  "too-busy": {
   "type": "urn:regulars:problem:too-busy",
   "title": "Too many requests are under way",
   "status": 429,
   "detail": "256 requests are under way; try again"
  },
  "over-limit": {
   "type": "urn:regulars:problem:over-limit",
   "title": "This key has asked more than it may",
   "status": 429,
   "detail": "the key 'shop front' may ask 20 times a second"
  },
  "locked-out": {
   "type": "urn:regulars:problem:locked-out",
   "title": "Too many wrong keys came from this address",
   "status": 429,
   "detail": "too many wrong keys came from this address; a valid one is answered still"
  },
  "head-too-large": {
   "type": "urn:regulars:problem:head-too-large",
   "title": "The headers are too large",
   "status": 431,
   "detail": "a request has at most 100 headers"
  },
  "internal": {
   "type": "urn:regulars:problem:internal",
   "title": "Something went wrong here",
   "status": 500,
   "detail": "the service's log has the rest"
  },
  "not-ready": {
   "type": "urn:regulars:problem:not-ready",
   "title": "The service can't answer yet",
   "status": 503,
   "detail": "the models are being loaded"
  },
  "no-model": {
   "type": "urn:regulars:problem:no-model",
   "title": "There is no model to answer from yet",
   "status": 503,
   "detail": "there is no model to answer from; train one and promote it"
  },
  "store-down": {
   "type": "urn:regulars:problem:store-down",
   "title": "A store does not answer",
   "status": 503,
   "detail": "the database does not answer; nothing was kept, send it again"
  },
  "too-many-connections": {
   "type": "urn:regulars:problem:too-many-connections",
   "title": "Too many connections are open",
   "status": 503,
   "detail": "2,000 connections are open; try again"
  },
  "too-slow": {
   "type": "urn:regulars:problem:too-slow",
   "title": "The answer took too long",
   "status": 504,
   "detail": "no answer within 60 seconds; ask for less at once"
  },
  "no-room": {
   "type": "urn:regulars:problem:no-room",
   "title": "There is no room to keep it",
   "status": 507,
   "detail": "the disk is full; nothing was kept, send it again later"
  }
 }
}"""
