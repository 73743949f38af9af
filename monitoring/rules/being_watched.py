"""A version that answers and can't be watched: that is no silence, and an alert like any other."""

from __future__ import annotations

from core.messages import Message
from monitoring.results import ModelReport, RuleState

WATCHED, NOT_POSSIBLE = "watched", "watch.not_possible"


def watched(model: ModelReport) -> RuleState:
    """Alert where a model has a version and the run could not look at it."""
    if model.version is None or model.note is None or model.note.code != NOT_POSSIBLE:
        return RuleState(WATCHED, model.kind, model.kind, "ok", Message("rule.watched", {"version": model.version}))
    effect = Message("rule.watched.effect")
    return RuleState(WATCHED, model.kind, model.kind, "alert", model.note, effect, level=2)
