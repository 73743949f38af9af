"""Predictions as the service logs them, for tests of what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.prediction_log import Prediction, PredictionLog, Result
from core.sortable_ids import new_id
from core.workspace import Workspace

MODELS = {"churn": "churn", "demand": "demand", "recommendations": "recommendation", "similar": "recommendation"}


def answered(
    workspace: Workspace,
    kind: str,
    results: Sequence[Result],
    request: Mapping[str, Any] | None = None,
    *,
    version: str = "3",
    made_at: datetime | None = None,
) -> str:
    """Log an answer; its prediction id."""
    log, prediction_id = PredictionLog(workspace), new_id()
    at = made_at or datetime.now(UTC)
    log.append(Prediction(prediction_id, kind, MODELS[kind], version, "champion", results, request or {}, at))
    log.close()
    return prediction_id


def told(workspace: Workspace, prediction_id: str, **outcome: Any) -> None:
    """Send feedback."""
    PredictionLog(workspace).feedback(prediction_id, outcome, "crm")
