"""Feedback joined with the predictions it is about, as one table for monitoring and for a data scientist."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd

from core.consents import Consents, Purpose
from core.prediction_log import PredictionLog
from core.workspace import Workspace
from monitoring.served.outcome_keys import LISTS, Line, Told, read

MOMENT: Final = "datetime64[us, UTC]"
COLUMNS: Final[Mapping[str, str]] = {
    "feedback_id": "object",
    "received_at": MOMENT,
    "key_name": "object",
    "prediction_id": "object",
    "made_at": MOMENT,
    "kind": "object",
    "model": "object",
    "version": "object",
    "variant": "object",
    "as_of": "object",
    "subject": "object",
    "item": "object",
    "value": "Float64",
    "fallback": "object",
    "bought": "boolean",
    "units": "Float64",
    "outcome": "object",
}
"""Names and pandas types. `as_of` (ISO text) is the shop's day on which the prediction was made; `outcome` is JSON."""
PURPOSES: Final[Mapping[str, Purpose]] = {
    "churn": "profiling",
    "recommendations": "personalisation",
    "audience": "personalisation",
}
"""Which consent a line about a customer needs, by the kind of prediction."""


@dataclass(frozen=True)
class FeedbackTable:
    """`rows` has the columns above, one row per outcome and line of the answer that it tells of.

    An outcome whose prediction the log does not hold has one row without the prediction's columns. `left_out` rows
    are not in it: their customers do not allow what they were predicted for.
    """

    rows: pd.DataFrame
    left_out: int


def read_feedback(
    workspace: Workspace, log: PredictionLog, since: datetime | None = None, until: datetime | None = None
) -> FeedbackTable:
    """The feedback received in `[since, until)` (UTC; None: without that end), the oldest first."""
    outcomes = log.outcomes(since, until)
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    for line in log.lines([outcome["prediction_id"] for outcome in outcomes]):
        lines[line["prediction_id"]].append(line)
    keys = workspace.settings.demand.series
    rows = [row for outcome in outcomes for row in _rows(outcome, lines[outcome["prediction_id"]], keys)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict(COLUMNS))
    refused = _refused(workspace, frame)
    return FeedbackTable(frame[~refused].reset_index(drop=True), int(refused.sum()))


def _rows(outcome: Mapping[str, Any], lines: Sequence[Line], keys: Sequence[str]) -> list[dict[str, Any]]:
    """The outcome with each line it tells of."""
    found = [line for line in lines if line["position"] is not None]  # a prediction may have no line at all
    told = read(lines[0]["kind"], outcome["outcome"], found, keys) if lines else [Told()]
    text = json.dumps(outcome["outcome"], ensure_ascii=False, sort_keys=True)
    subject = _of_whom(lines[0]["kind"], found) if lines else None
    return [{**outcome, **_prediction(lines), **_line(each, subject), "outcome": text} for each in told]


def _prediction(lines: Sequence[Line]) -> dict[str, Any]:
    if not lines:
        return {}
    names = ("made_at", "kind", "model", "version", "variant")
    return {name: lines[0][name] for name in names} | {"as_of": lines[0]["request"].get("as_of")}


def _of_whom(kind: str, lines: Sequence[Line]) -> str | None:
    """A list has one subject, whichever of its items is meant, and one that was not in it. An answer about customers or
    series has one for each line: what tells of none of them tells of somebody who was not asked about.
    """
    subjects = {line["subject"] for line in lines} if kind in LISTS else set()
    return subjects.pop() if len(subjects) == 1 else None


def _line(told: Told, whole: str | None) -> dict[str, Any]:
    """What is told, beside the line, or beside the subject of the whole answer."""
    subject = told.line["subject"] if told.line else whole
    own = ("item", "value", "fallback", "version", "variant")  # an answer may be of several versions
    of_line = {name: told.line[name] for name in own} if told.line else {"item": told.item}
    return {"subject": subject, **of_line, "bought": told.bought, "units": told.units}


def _refused(workspace: Workspace, frame: pd.DataFrame) -> pd.Series[bool]:
    """Which rows are about a customer who does not allow it now."""
    consents = Consents.load(workspace)
    refused = pd.Series(False, index=frame.index)
    for kind, purpose in PURPOSES.items():
        named = (frame["kind"] == kind) & frame["subject"].notna() & (frame["subject"] != "")
        refused |= named & frame["subject"].isin(consents.refused(frame["subject"][named].unique(), purpose))
    return refused
