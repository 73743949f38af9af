"""What the service was asked last, from the prediction log: enough of each request to ask it again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from core import answer_lines
from core.state.schema import PREDICTIONS

LOOKED_AT: Final = 2_000
"""The newest predictions: ids sort by time, so that a log of any length costs the same."""
LINES: Final = 50
"""Of a request for thousands the first so many are like the rest."""


@dataclass(frozen=True)
class RecentRequest:
    """One that was answered: its kind, what was asked beside ids, and (subject, item, fallback) of its first lines."""

    kind: str
    request: Mapping[str, Any]
    lines: Sequence[tuple[str, str | None, str | None]]


def recent_requests(engine: sa.Engine, each: int) -> list[RecentRequest]:
    """Of each kind the newest, `each` at most: first those that ask differently.

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    p = PREDICTIONS.c
    newest = sa.select(p.prediction_id, p.kind, p.request).order_by(p.prediction_id.desc()).limit(LOOKED_AT)
    with engine.connect() as connection:
        found: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
        for prediction_id, kind, request in connection.execute(newest):
            found[kind].append((prediction_id, json.loads(request)))
        chosen = [(kind, *asked) for kind, all_asked in found.items() for asked in _different(all_asked)[:each]]
        lines = _lines(connection, [prediction_id for _, prediction_id, _ in chosen])
    return [
        RecentRequest(kind, request, lines[prediction_id])
        for kind, prediction_id, request in chosen
        if lines.get(prediction_id)
    ]


def _different(asked: Sequence[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, Mapping[str, Any]]]:
    """The newest of each way to ask, then the others; the day on which it was asked makes no difference."""
    first: dict[str, str] = {}
    for prediction_id, request in asked:
        first.setdefault(json.dumps({**request, "as_of": None}, sort_keys=True), prediction_id)
    others = set(first.values())
    return sorted(asked, key=lambda one: one[0] not in others)


def _lines(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[tuple[str, str | None, str | None]]]:
    p = PREDICTIONS.c
    query = sa.select(p.prediction_id, p.lines).where(p.prediction_id.in_(ids))
    return {
        prediction_id: [(line.subject, line.item, line.fallback) for line in answer_lines.decode(lines)[:LINES]]
        for prediction_id, lines in connection.execute(query)
    }
