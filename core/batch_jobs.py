"""Predictions for a whole population that somebody asked the service for: a queue in the database, and the files.

Whatever service is asked, all see the same jobs. One that waits is taken by one machine; it says every few seconds
that it is still at it, and one that falls silent is said to have failed. Files lie in the database in parts, since
machines share nothing else, and go with their job when its time is over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import sqlalchemy as sa

from core import utc
from core.database import begin_alone
from core.errors import NotReady
from core.repeats import Earlier, RequestToken
from core.sortable_ids import new_id
from core.state.schema import BATCH_JOB_PARTS, BATCH_JOBS
from core.workspace import Workspace

State = Literal["waiting", "running", "done", "failed", "cancelled"]
PART: Final = 2**20
"""Bytes of a part of a file."""
SILENT: Final = timedelta(seconds=60)
"""A job whose process has said nothing for so long has none."""
LOST: Final = "its process or its machine ended; ask again"
_TURN: Final = 0x6A6F6273
_C: Final = BATCH_JOBS.c
_OPEN: Final = ("waiting", "running")


class QueueFull(NotReady):
    """As many jobs wait as may."""


@dataclass(frozen=True)
class BatchJob:
    """One job; times are UTC. `share` is how much is done, from 0 to 1, None where nothing tells."""

    job_id: str
    model: str
    options: Mapping[str, Any]
    key_id: str
    key_name: str
    state: State
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    step: str | None
    share: float | None
    problem: str | None
    version: str | None
    as_of: str | None
    rows: int | None
    bytes: int | None
    sha256: str | None

    @property
    def suffix(self) -> str:
        """Of its file: `parquet` or `csv`."""
        return str(self.options["format"])


@dataclass(frozen=True)
class QueueStanding:
    """How many jobs are kept by (model, state), and how long the oldest of those that wait has waited, in seconds."""

    counts: Mapping[tuple[str, str], int]
    waited_seconds: float


class BatchJobs:
    """The jobs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._engine = workspace.database

    def ask(
        self,
        model: str,
        options: Mapping[str, Any],
        by: tuple[str, str],
        most: int,
        repeat: RequestToken | None = None,
    ) -> tuple[BatchJob, bool]:
        """Put a job into the queue for a key (its id and name); whether it is new: the same request is not, twice.

        Raises:
            QueueFull: `most` jobs wait.
            TokenReused: the repeat's key came with another job before.
        """
        job_id = new_id()
        with self._engine.connect() as connection:
            begin_alone(connection, _TURN)
            earlier = Earlier(connection, [repeat])
            if not earlier.firsts([repeat]):
                return self._known(connection, earlier.told(repeat)["job_id"]), False
            waiting = sa.select(sa.func.count()).select_from(BATCH_JOBS).where(_C.state == "waiting")
            if connection.execute(waiting).scalar_one() >= most:
                raise QueueFull(f"{most} jobs wait already", todo="ask again when one has begun, or cancel one")
            row: dict[str, Any] = {
                "job_id": job_id,
                "model": model,
                "options": json.dumps(dict(options)),
                "state": "waiting",
            }
            row |= {"key_id": by[0], "key_name": by[1], "asked_at": _now()}
            connection.execute(BATCH_JOBS.insert(), row)
            earlier.note(repeat, {"job_id": job_id})
            earlier.keep()
            made = self._known(connection, job_id)
            connection.commit()
        return made, True

    def find(self, job_id: str) -> BatchJob | None:
        """The job, or None."""
        with self._engine.connect() as connection:
            return self._one(connection, job_id)

    def all(self, key_id: str | None = None) -> list[BatchJob]:
        """Those of a key, or everybody's, the newest first."""
        query = BATCH_JOBS.select().order_by(_C.job_id.desc())
        if key_id is not None:
            query = query.where(_C.key_id == key_id)
        with self._engine.connect() as connection:
            return [_job(row) for row in connection.execute(query).mappings()]

    def standing(self) -> QueueStanding:
        """How the queue stands, by one query that reads no job whole.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        oldest = sa.func.min(_C.asked_at).filter(_C.state == "waiting")
        query = sa.select(_C.model, _C.state, sa.func.count(), oldest).group_by(_C.model, _C.state)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        since = [asked_at for *_, asked_at in rows if asked_at is not None]
        waited = (_now() - min(since)).total_seconds() if since else 0.0
        return QueueStanding({(model, state): count for model, state, count, _ in rows}, max(0.0, waited))

    def claim(self) -> BatchJob | None:
        """Take the job that waits longest; None: none does."""
        with self._engine.connect() as connection:
            begin_alone(connection, _TURN)
            query = sa.select(_C.job_id).where(_C.state == "waiting").order_by(_C.job_id).limit(1)
            job_id = connection.execute(query).scalar()
            if job_id is None:
                return None
            values = {"state": "running", "begun_at": _now(), "seen_at": _now()}
            connection.execute(BATCH_JOBS.update().where(_C.job_id == job_id).values(values))
            job = self._known(connection, job_id)
            connection.commit()
        return job

    def see(self, job_id: str, **told: Any) -> bool:
        """Say that its process is at it (`step`, `share`); False: it is not wanted any more."""
        return self._change(job_id, ("running",), seen_at=_now(), **told)

    def cancel(self, job_id: str) -> bool:
        """End a job that has not ended; False: it had."""
        return self._change(job_id, _OPEN, state="cancelled", ended_at=_now())

    def fail(self, job_id: str, problem: str) -> bool:
        """It came to nothing, and why."""
        return self._change(job_id, _OPEN, state="failed", ended_at=_now(), problem=problem)

    def finish(self, job_id: str, file: Path, **told: Any) -> bool:
        """Keep its file and say that it is done (`version`, `as_of`, `rows`); False: it was cancelled meanwhile."""
        digest, size = hashlib.sha256(), 0
        with file.open("rb") as opened:
            for part, content in enumerate(iter(lambda: opened.read(PART), b"")):
                with self._engine.begin() as connection:
                    connection.execute(BATCH_JOB_PARTS.insert(), {"job_id": job_id, "part": part, "content": content})
                digest.update(content)
                size += len(content)
                if not self.see(job_id, step="keeping the file"):
                    break
        kept = {"bytes": size, "sha256": digest.hexdigest(), "share": 1.0, "step": None}
        is_done = self._change(job_id, ("running",), state="done", ended_at=_now(), **kept, **told)
        if not is_done:
            self._drop_parts([job_id])
        return is_done

    def part(self, job_id: str, part: int) -> bytes:
        """A part of its file; empty where the file went meanwhile."""
        query = sa.select(BATCH_JOB_PARTS.c.content).where(
            BATCH_JOB_PARTS.c.job_id == job_id, BATCH_JOB_PARTS.c.part == part
        )
        with self._engine.connect() as connection:
            return bytes(connection.execute(query).scalar() or b"")

    def sweep(self, keep: timedelta) -> None:
        """Say of those whose process is silent that they have failed; forget those that ended `keep` ago."""
        silent = (_C.state == "running") & (_C.seen_at < utc.naive(utc.now() - SILENT))
        with self._engine.begin() as connection:
            ended = {"state": "failed", "ended_at": _now(), "problem": LOST}
            connection.execute(BATCH_JOBS.update().where(silent).values(ended))
            old = sa.select(_C.job_id).where(_C.ended_at < utc.naive(utc.now() - keep))
            gone = list(connection.execute(old).scalars())
        if gone:
            self._drop_parts(gone)
            with self._engine.begin() as connection:
                connection.execute(BATCH_JOBS.delete().where(_C.job_id.in_(gone)))

    def _change(self, job_id: str, states: tuple[str, ...], **values: Any) -> bool:
        change = BATCH_JOBS.update().where(_C.job_id == job_id, _C.state.in_(states)).values(values)
        with self._engine.begin() as connection:
            return bool(connection.execute(change).rowcount)

    def _drop_parts(self, job_ids: list[str]) -> None:
        with self._engine.begin() as connection:
            connection.execute(BATCH_JOB_PARTS.delete().where(BATCH_JOB_PARTS.c.job_id.in_(job_ids)))

    def _one(self, connection: sa.Connection, job_id: str) -> BatchJob | None:
        row = connection.execute(BATCH_JOBS.select().where(_C.job_id == job_id)).mappings().first()
        return _job(row) if row is not None else None

    def _known(self, connection: sa.Connection, job_id: str) -> BatchJob:
        found = self._one(connection, job_id)
        if found is None:  # its time was over before that of the Idempotency-Key
            raise NotReady(f"the job {job_id} is no more", todo="ask again with another Idempotency-Key")
        return found


def pieces(size: int, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """The parts that bytes `start` to `stop` (excluded) of a file lie in: number, and from where to where of each."""
    for part in range(start // PART, -(-min(stop, size) // PART)):
        first = part * PART
        yield part, max(0, start - first), min(PART, stop - first)


def _now() -> datetime:
    return utc.naive(utc.now())


def _job(row: Mapping[Any, Any]) -> BatchJob:
    told = {name: row[name] for name in BatchJob.__dataclass_fields__}
    times = {n: utc.aware(told[n]) if told[n] else None for n in ("asked_at", "begun_at", "ended_at")}
    return BatchJob(**{**told, **times, "options": json.loads(told["options"])})
