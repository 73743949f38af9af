"""What the service predicted, and what came of it.

Predictions are logged behind the request: `append` only queues them, one thread writes them in batches, so a
slow disk never slows an answer; a process that is killed loses the last fraction of a second. Feedback is the
other way round: `feedback` returns after the commit, so what was acknowledged is there after a power cut; outcomes
that come at once share a commit.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from core import feature_values, feedback_writes, utc
from core.feedback_writes import Acknowledged, FeedbackRow
from core.group_commit import GroupCommit
from core.logged_lines import LineRead, lines_of, without_lines
from core.prediction_rows import Prediction, Result
from core.prediction_writer import PredictionWriter
from core.repeats import RequestToken
from core.sortable_ids import new_id
from core.spool import Spool
from core.state.schema import FEATURE_LISTS, FEATURE_ROWS, FEEDBACK, PREDICTIONS
from core.workspace import Workspace

__all__ = ["FAILED_SUFFIX", "SHADOW_SUFFIX", "Prediction", "PredictionLog", "Result"]

CHUNK: Final = 200
SPOOL: Final = "spool/predictions"

SHADOW_SUFFIX: Final = "_shadow"
"""What shadows say is of kinds of their own in the log: nobody was told it."""
FAILED_SUFFIX: Final = "_failed"
"""So is what an arm could not answer: the champion did, under the plain name."""

_PART: Final = 500
"""Lines whose features are read at once."""


class PredictionLog:
    """The prediction log and the feedback of a workspace; close it so that nothing queued is lost."""

    def __init__(self, workspace: Workspace) -> None:
        self.engine = workspace.database
        settings = workspace.settings.log
        self._features = settings.features
        self.writer = PredictionWriter(self.engine, Spool(workspace.root / SPOOL, settings.spool_mb * 2**20))
        self._feedback = GroupCommit(self.engine, feedback_writes.write, "feedback")

    @property
    def dropped(self) -> int:
        """Predictions of this process that are lost."""
        return self.writer.dropped

    def append(self, prediction: Prediction) -> None:
        """Queue a prediction for the log; returns at once. With a full queue it is dropped and counted."""
        if not self._features and prediction.features is not None:
            prediction = replace(prediction, features=None)
        self.writer.append(prediction)

    def feedback(self, prediction_id: str, outcome: Mapping[str, Any], key_name: str | None = None) -> str:
        """Keep what came of a prediction; returns the feedback's id once it is on disk."""
        return self.take(prediction_id, outcome, key_name).feedback_id

    def take(
        self,
        prediction_id: str,
        outcome: Mapping[str, Any],
        key_name: str | None = None,
        repeat: RequestToken | None = None,
    ) -> Acknowledged:
        """The same, which may be sent again, and whether the prediction is known.

        Raises:
            TokenReused: the repeat's key came with another outcome before.
            StoreError, SQLAlchemyError: the database does not take it; nothing is kept.
        """
        row = {
            "feedback_id": new_id(),
            "prediction_id": prediction_id,
            "received_at": utc.naive(utc.now()),
            "key_name": key_name,
            "outcome": json.dumps(outcome),
        }
        return self._feedback.wait_for(FeedbackRow(row, self.writer.holds(prediction_id), repeat))

    def known(self, prediction_id: str) -> bool:
        """Whether the log holds the prediction, or it is on its way there from this process."""
        if self.writer.holds(prediction_id):
            return True
        query = sa.select(PREDICTIONS.c.prediction_id).where(PREDICTIONS.c.prediction_id == prediction_id)
        with self.engine.connect() as connection:
            return connection.execute(query).first() is not None

    def predictions(self, kind: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """Every line logged in `[since, until)` (UTC), with the columns of its prediction, in time order; `version` and
        `variant` are the line's own where the answer is of several, `has_features` says whether `features` has it.
        """
        return (each.told for each in self._lines(since, until, PREDICTIONS.c.kind == kind))

    def features(
        self, kind: str, since: datetime, until: datetime, only: Container[tuple[str, int]] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The same of the lines that were made of features, each with `features`, name -> value, as the model saw them.

        `only` are the lines to read, by prediction and position (None: all).
        """
        lines = self._lines(since, until, PREDICTIONS.c.kind == kind)
        return self._valued(each for each in lines if each.row and (only is None or each.place in only))

    def answers(self, model: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """Every line that a model answered, whatever was asked; `features` is None where none were kept."""
        return self._valued(self._lines(since, until, PREDICTIONS.c.model == model))

    def feature_names(self, model: str, since: datetime, until: datetime) -> list[str]:
        """Of all features that `answers` has values of, in the order of the newest answer."""
        p = PREDICTIONS.c
        used = sa.select(p.feature_list, sa.func.max(p.made_at).label("newest")).group_by(p.feature_list)
        used = used.where(p.model == model, p.made_at >= utc.naive(since), p.made_at < utc.naive(until))
        lists = used.subquery()
        query = sa.select(FEATURE_LISTS.c.names).join(lists, lists.c.feature_list == FEATURE_LISTS.c.feature_list)
        with self.engine.connect() as connection:
            found = connection.execute(query.order_by(lists.c.newest.desc())).scalars().all()
        return list(dict.fromkeys(name for told in found for name in feature_values.names(told)))

    def lines(self, prediction_ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The same of some predictions; one without any line has one with `position` null."""
        wanted = sorted(set(prediction_ids))
        with self.engine.connect() as connection:
            for start in range(0, len(wanted), CHUNK):
                some = PREDICTIONS.c.prediction_id.in_(wanted[start : start + CHUNK])
                query = PREDICTIONS.select().where(some).order_by(PREDICTIONS.c.prediction_id)
                for answer in connection.execute(query).mappings():
                    yield from (each.told for each in lines_of(answer) or [without_lines(answer)])

    def _lines(self, since: datetime, until: datetime, wanted: sa.ColumnElement[bool]) -> Iterator[LineRead]:
        """In time order."""
        made = PREDICTIONS.c.made_at
        query = PREDICTIONS.select().where(made >= utc.naive(since), made < utc.naive(until), wanted)
        with self.engine.connect() as connection:
            streamed = connection.execution_options(stream_results=True)
            for answer in streamed.execute(query.order_by(made, PREDICTIONS.c.prediction_id)).mappings():
                yield from lines_of(answer)

    def _valued(self, lines: Iterator[LineRead]) -> Iterator[dict[str, Any]]:
        """With their features, some hundred lines at a time."""
        names = self._feature_lists()
        while some := list(itertools.islice(lines, _PART)):
            rows = self._feature_rows(sorted({each.row for each in some if each.row}))
            for each in some:
                told, values = names(each.feature_list), rows.get(each.row or "")
                yield {**each.told, "features": feature_values.unpack(told, values) if told and values else None}

    def _feature_rows(self, row_ids: Sequence[str]) -> dict[str, bytes]:
        row = FEATURE_ROWS.c
        found: dict[str, bytes] = {}
        with self.engine.connect() as connection:
            for start in range(0, len(row_ids), CHUNK):
                some = row.row_id.in_(row_ids[start : start + CHUNK])
                found |= dict(connection.execute(FEATURE_ROWS.select().where(some)).tuples().all())
        return found

    def _feature_lists(self) -> Callable[[str | None], str | None]:
        """What a list is made of; each is read once."""
        listed = FEATURE_LISTS.c

        @cache
        def names(feature_list: str | None) -> str | None:
            query = sa.select(listed.names).where(listed.feature_list == feature_list)
            with self.engine.connect() as connection:
                return connection.execute(query).scalar()

        return names

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
        self.writer.close()
        self._feedback.close()
