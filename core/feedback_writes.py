"""What came of predictions on its way to the disk: outcomes that come at once share a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.repeats import Earlier, RequestToken, TokenReused
from core.state.schema import FEEDBACK, PREDICTIONS


@dataclass(frozen=True)
class FeedbackRow:
    """A row of the table; `matched`: the prediction is known already, else it is looked for."""

    row: Mapping[str, Any]
    matched: bool
    repeat: RequestToken | None = None


@dataclass(frozen=True)
class Acknowledged:
    """Feedback that is on disk; `matched` where the log has the prediction."""

    feedback_id: str
    matched: bool


def write(connection: sa.Connection, asked: Sequence[FeedbackRow]) -> list[Acknowledged | Exception]:
    """Keep the outcomes of some requests; one that was sent before is told what it was told then."""
    earlier = Earlier(connection, (each.repeat for each in asked))
    firsts = earlier.firsts([each.repeat for each in asked])
    known = _known(connection, {str(asked[place].row["prediction_id"]) for place in firsts})
    told: dict[int, Acknowledged] = {}
    for place in firsts:
        row = asked[place].row
        matched = asked[place].matched or row["prediction_id"] in known
        told[place] = Acknowledged(str(row["feedback_id"]), matched)
        earlier.note(asked[place].repeat, {"feedback_id": row["feedback_id"], "matched": matched})
    if firsts:
        connection.execute(FEEDBACK.insert(), [asked[place].row for place in firsts])
    earlier.keep()
    return [told.get(place) or _again(earlier, each.repeat) for place, each in enumerate(asked)]


def _again(earlier: Earlier, repeat: RequestToken | None) -> Acknowledged | Exception:
    try:
        return Acknowledged(**earlier.told(repeat))
    except TokenReused as error:
        return error


def _known(connection: sa.Connection, prediction_ids: set[str]) -> set[str]:
    column = PREDICTIONS.c.prediction_id
    return set(connection.execute(sa.select(column).where(column.in_(prediction_ids))).scalars())
