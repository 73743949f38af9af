"""What the service predicted, and what came of it.

Predictions are logged behind the request: `append` only queues them, one thread writes them in batches, so a
slow disk never slows an answer; a process that is killed loses the last fraction of a second. Feedback is the
other way round: `feedback` returns after the commit, so what was acknowledged is there after a power cut; outcomes
that come at once share a commit.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from core import feature_values, feedback_writes, utc
from core.feedback_writes import Acknowledged, FeedbackRow
from core.group_commit import GroupCommit
from core.prediction_rows import Prediction, Result
from core.prediction_writer import PredictionWriter
from core.repeats import RequestToken
from core.sortable_ids import new_id
from core.spool import Spool
from core.state.schema import FEATURE_LISTS, FEATURE_ROWS, FEEDBACK, PREDICTION_RESULTS, PREDICTIONS
from core.workspace import Workspace

__all__ = ["FAILED_SUFFIX", "SHADOW_SUFFIX", "Prediction", "PredictionLog", "Result"]

CHUNK: Final = 200
SPOOL: Final = "spool/predictions"

SHADOW_SUFFIX: Final = "_shadow"
"""What shadows say is of kinds of their own in the log: nobody was told it."""
FAILED_SUFFIX: Final = "_failed"
"""So is what an arm could not answer: the champion did, under the plain name."""

_ORDER: Final = (PREDICTIONS.c.prediction_id, PREDICTION_RESULTS.c.position)
_HAS_FEATURES: Final = sa.or_(PREDICTION_RESULTS.c.feature_row.is_not(None), PREDICTION_RESULTS.c.features.is_not(None))
_OWN: Final = [PREDICTION_RESULTS.c[name].label(f"own_{name}") for name in ("version", "variant")]


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
        made = PREDICTIONS.c.made_at
        query = _lines().where(PREDICTIONS.c.kind == kind, made >= utc.naive(since), made < utc.naive(until))
        query = query.where(PREDICTION_RESULTS.c.position.is_not(None))
        with self.engine.connect() as connection:
            found = connection.execution_options(stream_results=True).execute(query.order_by(made, *_ORDER))
            yield from map(_line, found.mappings())

    def features(
        self, kind: str, since: datetime, until: datetime, only: Container[tuple[str, int]] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The same of the lines that were made of features, each with `features`, name -> value, as the model saw them.

        `only` are the lines to read, by prediction and position (None: all).
        """
        query = _valued_lines(since, until).where(PREDICTIONS.c.kind == kind, _HAS_FEATURES)
        yield from self._valued(query, only)

    def answers(self, model: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """Every line that a model answered, whatever was asked; `features` is None where none were kept."""
        yield from self._valued(_valued_lines(since, until).where(PREDICTIONS.c.model == model))

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

    def _valued(
        self, query: sa.Select[Any], only: Container[tuple[str, int]] | None = None
    ) -> Iterator[dict[str, Any]]:
        with self.engine.connect() as connection:
            found = connection.execution_options(stream_results=True).execute(query)
            for row in found.mappings():
                if only is None or (row["prediction_id"], row["position"]) in only:
                    plain = {name: value for name, value in row.items() if name != "names"}
                    yield {**_line(plain), "features": _features(row["names"], row["features"])}

    def lines(self, prediction_ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The same of some predictions; one without any line has one with `position` null."""
        wanted = sorted(set(prediction_ids))
        with self.engine.connect() as connection:
            for start in range(0, len(wanted), CHUNK):
                some = PREDICTIONS.c.prediction_id.in_(wanted[start : start + CHUNK])
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
        self.writer.close()
        self._feedback.close()


def _lines() -> sa.Select[Any]:
    p, r = PREDICTIONS.c, PREDICTION_RESULTS.c
    return (
        sa.select(p.prediction_id, p.made_at, p.kind, p.model, p.version, p.variant, p.request, p.seconds)
        .add_columns(r.position, r.subject, r.item, r.value, r.fallback, r.propensity, *_OWN)
        .add_columns(_HAS_FEATURES.label("has_features"))
        .join_from(PREDICTIONS, PREDICTION_RESULTS, p.prediction_id == r.prediction_id, isouter=True)
    )


def _valued_lines(since: datetime, until: datetime) -> sa.Select[Any]:
    made, results = PREDICTIONS.c.made_at, PREDICTION_RESULTS.c
    features = sa.func.coalesce(FEATURE_ROWS.c.features, results.features)
    return (
        _lines()
        .add_columns(features.label("features"), FEATURE_LISTS.c.names)
        .outerjoin(FEATURE_ROWS, FEATURE_ROWS.c.row_id == results.feature_row)
        .outerjoin(FEATURE_LISTS, FEATURE_LISTS.c.feature_list == PREDICTIONS.c.feature_list)
        .where(made >= utc.naive(since), made < utc.naive(until), results.position.is_not(None))
        .order_by(made, *_ORDER)
    )


def _features(told: str | None, values: bytes | None) -> dict[str, Any] | None:
    return None if told is None or values is None else feature_values.unpack(told, values)


def _line(row: Mapping[Any, Any]) -> dict[str, Any]:
    """With the version and variant of the line itself, where the answer is of several."""
    own = {name: row[f"own_{name}"] or row[name] for name in ("version", "variant")}
    plain = {name: value for name, value in row.items() if not name.startswith("own_")}
    return {**plain, "made_at": utc.aware(row["made_at"]), "request": json.loads(row["request"]), **own}
