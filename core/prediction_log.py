"""What the service predicted, and what came of it.

Predictions are logged behind the request: `append` only queues them, one thread writes them in batches, so a
slow disk never slows an answer; a process that is killed loses the last fraction of a second. Feedback is the
other way round: `feedback` returns after the commit, so what was acknowledged is there after a power cut.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from core import utc
from core.lines_by_variant import of_line
from core.state.schema import FEEDBACK, PREDICTION_RESULTS, PREDICTIONS
from core.workspace import Workspace

LONGEST_WAIT: Final = 0.2
BATCH: Final = 200
QUEUED: Final = 20_000

_ORDER: Final = (PREDICTIONS.c.prediction_id, PREDICTION_RESULTS.c.position)
_log = structlog.get_logger(__name__)


def new_id() -> str:
    """A random id that sorts by time, so that the log's index grows at its end."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"


@dataclass(frozen=True)
class Result:
    """One line of a prediction: for whom or what, which item, with which value, and what was missing.

    `propensity` is the chance with which the item is there, None where nothing was left to chance.
    """

    subject: str
    value: float | None
    item: str | None = None
    fallback: str | None = None
    propensity: float | None = None


@dataclass(frozen=True)
class Prediction:
    """One answered request. `kind` says what was asked (churn, recommendations, ...); `request` holds no ids."""

    prediction_id: str
    kind: str
    model: str
    version: str
    variant: str
    results: Sequence[Result]
    request: Mapping[str, Any] = field(default_factory=dict)
    made_at: datetime = field(default_factory=utc.now)


class PredictionLog:
    """The prediction log and the feedback of a workspace; close it so that nothing queued is lost."""

    def __init__(self, workspace: Workspace) -> None:
        self.engine = workspace.database
        self.dropped = 0
        self._queue: deque[Prediction] = deque()
        self._writing: Sequence[Prediction] = ()
        self._stop = threading.Event()
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()

    def append(self, prediction: Prediction) -> None:
        """Queue a prediction for the log; returns at once. With a full queue it is dropped and counted."""
        if self._writer is None:
            self._start()
        if len(self._queue) >= QUEUED:
            self.dropped += 1
            return
        # A deque takes this without a lock, and nobody is woken: a request never waits for the writer's turn.
        self._queue.append(prediction)

    def feedback(self, prediction_id: str, outcome: Mapping[str, Any], key_name: str | None = None) -> str:
        """Keep what came of a prediction; returns the feedback's id once it is on disk."""
        feedback_id = new_id()
        row = {
            "feedback_id": feedback_id,
            "prediction_id": prediction_id,
            "received_at": utc.naive(utc.now()),
            "key_name": key_name,
            "outcome": json.dumps(outcome),
        }
        with self.engine.begin() as connection:
            connection.execute(FEEDBACK.insert().values(row))
        return feedback_id

    def known(self, prediction_id: str) -> bool:
        """Whether the log holds the prediction, or it is on its way there from this process."""
        if any(each.prediction_id == prediction_id for each in (*tuple(self._queue), *self._writing)):
            return True
        query = sa.select(PREDICTIONS.c.prediction_id).where(PREDICTIONS.c.prediction_id == prediction_id)
        with self.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def predictions(self, kind: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """Every line logged in `[since, until)` (UTC), with the columns of its prediction, in time order."""
        made = PREDICTIONS.c.made_at
        query = _lines().where(PREDICTIONS.c.kind == kind, made >= utc.naive(since), made < utc.naive(until))
        query = query.where(PREDICTION_RESULTS.c.position.is_not(None))
        with self.engine.connect() as connection:
            found = connection.execution_options(stream_results=True).execute(query.order_by(made, *_ORDER))
            yield from map(_line, found.mappings())

    def lines(self, prediction_ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The same of some predictions; one without any line has one with `position` null."""
        wanted = sorted(set(prediction_ids))
        with self.engine.connect() as connection:
            for start in range(0, len(wanted), BATCH):
                some = PREDICTIONS.c.prediction_id.in_(wanted[start : start + BATCH])
                yield from map(_line, connection.execute(_lines().where(some).order_by(*_ORDER)).mappings())

    def outcomes(self, since: datetime | None = None, until: datetime | None = None) -> list[dict[str, Any]]:
        """The feedback received in `[since, until)` (UTC; None: without that end), the oldest first."""
        query = FEEDBACK.select().order_by(FEEDBACK.c.received_at, FEEDBACK.c.feedback_id)
        if since is not None:
            query = query.where(FEEDBACK.c.received_at >= utc.naive(since))
        if until is not None:
            query = query.where(FEEDBACK.c.received_at < utc.naive(until))
        with self.engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [
            {**row, "received_at": utc.aware(row["received_at"]), "outcome": json.loads(row["outcome"])} for row in rows
        ]

    def close(self) -> None:
        """Write what is queued and stop."""
        with self._starting:
            if self._writer is not None:
                self._stop.set()
                self._writer.join()
                self._stop.clear()
                self._writer = None

    def _start(self) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_batches, name="prediction-log", daemon=True)
                self._writer.start()

    def _write_batches(self) -> None:
        last = False
        while not last:
            last = self._stop.wait(LONGEST_WAIT)
            while batch := self._collect():
                self._write(batch)
                self._writing = ()

    def _collect(self) -> list[Prediction]:
        batch: list[Prediction] = []
        while self._queue and len(batch) < BATCH:
            self._writing = batch  # before it leaves the queue, so that it is always seen in one of the two
            batch.append(self._queue[0])
            self._queue.popleft()
        return batch

    def _write(self, batch: Sequence[Prediction]) -> None:
        results = [row for prediction in batch for row in _result_rows(prediction)]
        try:
            with self.engine.begin() as connection:
                connection.execute(PREDICTIONS.insert(), [_prediction_row(p) for p in batch])
                if results:
                    connection.execute(PREDICTION_RESULTS.insert(), results)
        except SQLAlchemyError as error:
            self.dropped += len(batch)
            _log.error("predictions_not_logged", count=len(batch), error=type(error).__name__)


def _prediction_row(prediction: Prediction) -> dict[str, Any]:
    return {
        "prediction_id": prediction.prediction_id,
        "made_at": utc.naive(prediction.made_at),
        "kind": prediction.kind,
        "model": prediction.model,
        "version": prediction.version,
        "variant": prediction.variant,
        "request": json.dumps(prediction.request),
    }


def _result_rows(prediction: Prediction) -> list[dict[str, Any]]:
    return [
        {
            "prediction_id": prediction.prediction_id,
            "position": position,
            "subject": result.subject,
            "item": result.item,
            "value": result.value,
            "fallback": result.fallback,
            "propensity": result.propensity,
        }
        for position, result in enumerate(prediction.results)
    ]


def _lines() -> sa.Select[Any]:
    p, r = PREDICTIONS.c, PREDICTION_RESULTS.c
    return (
        sa.select(p.prediction_id, p.made_at, p.kind, p.model, p.version, p.variant, p.request)
        .add_columns(r.position, r.subject, r.item, r.value, r.fallback, r.propensity)
        .join_from(PREDICTIONS, PREDICTION_RESULTS, p.prediction_id == r.prediction_id, isouter=True)
    )


def _line(row: Mapping[Any, Any]) -> dict[str, Any]:
    request = json.loads(row["request"])
    variant, version = of_line(request, row["position"], row["variant"], row["version"])
    return {**row, "made_at": utc.aware(row["made_at"]), "request": request, "variant": variant, "version": version}
