"""POST /v1/feedback: what came of a prediction, acknowledged once it is on disk."""

from __future__ import annotations

from typing import Any

from core.keys import Key
from core.repeats import RequestToken
from serving.answers import FeedbackAnswer
from serving.bodies import FeedbackBody
from serving.endpoint import Endpoint, writing
from serving.runtime import Runtime


def feedback(runtime: Runtime, body: FeedbackBody, key: Key, repeat: RequestToken | None) -> dict[str, Any]:
    """Keep the outcome, also of a prediction the log does not know: it may have been lost with a process."""
    kept = runtime.predictions.take(body.prediction_id, body.outcome, key.name, repeat)
    return {"feedback_id": kept.feedback_id, "prediction_id": body.prediction_id, "matched": kept.matched}


ENDPOINT = Endpoint(
    "POST",
    "/v1/feedback",
    "feedback",
    None,
    FeedbackAnswer,
    "Tell what came of a prediction",
    FeedbackBody,
    {"prediction_id": "019a2b3c4d5e6f708192a3b4c5d6e7f8", "outcome": {"bought": True, "revenue": 12.5}},
    lane=writing,
    taker=feedback,
)
