"""Predictions on their way to the log, behind the requests.

`append` only queues; one thread writes what is queued, many at once. Where the database does not take them they wait
in the spool on this machine's disk, and come into the log once it does, once each; where the disk is full too they
wait in memory, as far as there is room, and what is beyond that is dropped and counted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from core.database import is_away, is_full
from core.logged_rows import LoggedRows
from core.prediction_rows import Prediction, Rows, from_text, insert, rows, to_text
from core.spool import Spool

LONGEST_WAIT: Final = 0.05
"""Seconds between two rounds: the fewer rows one has, the less a request waits for Python's lock."""
BATCH: Final = 200
QUEUED: Final = 20_000
QUEUED_LINES: Final = 200_000
"""One prediction may have ten thousand lines, so these are counted, too."""
AT_ONCE: Final = 10
"""Predictions that are made rows of without a breath: some 0.1 ms."""
BREATH_SECONDS: Final = 0.00005
REST_SECONDS: Final = 2.0
"""A database that failed is left alone for so long: its waits would only make the queue grow."""
_log = structlog.get_logger(__name__)


class PredictionWriter:
    """Writes predictions into the log; close it so that nothing queued is lost."""

    def __init__(self, engine: Engine, spool: Spool) -> None:
        self.dropped = 0
        """Predictions that are lost, since the start."""
        self._engine = engine
        self._spool = spool
        self._known = LoggedRows()
        self._queue: deque[Prediction] = deque()
        self._lines = 0
        self._writing: Sequence[Prediction] = ()
        self._spooled: set[str] = set()
        self._replays = True  # what a process that ended has left
        self._resting_until = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def append(self, prediction: Prediction) -> None:
        """Queue a prediction; returns at once. With a full queue it is dropped and counted."""
        if self._thread is None:
            self._start()
        if len(self._queue) >= QUEUED or self._lines >= QUEUED_LINES:
            self.dropped += 1
            return
        self._lines += len(prediction.results)
        # A deque takes this without a lock, and nobody is woken: a request never waits for the writer's turn.
        self._queue.append(prediction)

    def holds(self, prediction_id: str) -> bool:
        """Whether it is on its way to the log from this process."""
        waiting = (*tuple(self._queue), *self._writing)
        return prediction_id in self._spooled or any(each.prediction_id == prediction_id for each in waiting)

    @property
    def waiting(self) -> int:
        """How many predictions wait in this process's memory."""
        return len(self._queue) + len(self._writing)

    @property
    def spooled_bytes(self) -> int:
        """Bytes of predictions that wait on this machine's disk."""
        return self._spool.size

    def close(self) -> None:
        """Write what is queued, and stop."""
        with self._starting:
            if self._thread is not None:
                self._stop.set()
                self._thread.join()
                self._stop.clear()
                self._thread = None
                self._spool.release()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._go, name="prediction-log", daemon=True)
                self._thread.start()

    def _go(self) -> None:
        last = False
        while not last:
            last = self._stop.wait(LONGEST_WAIT)
            try:
                self._round()
            except Exception as error:  # a writer that ends would let the queue fill up
                _log.error("predictions_not_written", error=type(error).__name__)
        if self._queue:
            self._drop(len(self._queue), "the service ends, and neither the database nor the disk takes them")

    def _round(self) -> None:
        while batch := self._collect():
            if not self._keep(batch):
                return
            self._writing = ()
        if self._replays and not self._resting:
            self._replay()

    def _collect(self) -> list[Prediction]:
        batch: list[Prediction] = []
        lines = 0
        while self._queue and len(batch) < BATCH and lines < QUEUED_LINES // 10:
            self._writing = batch  # before it leaves the queue, so that it is always seen in one of the two
            batch.append(self._queue[0])
            lines += len(self._queue[0].results)
            self._queue.popleft()
        self._lines -= lines
        return batch

    def _keep(self, batch: Sequence[Prediction]) -> bool:
        """Into the log, else the spool; False: neither takes them, so they wait on."""
        made = list(self._made(batch))
        if not self._resting and self._logged(made):
            return True
        try:
            self._spool.append([to_text(each) for each in made])
        except OSError as error:
            _log.error("predictions_not_spooled", count=len(batch), error=type(error).__name__)
            self._queue.extendleft(reversed(batch))
            self._lines += sum(len(prediction.results) for prediction in batch)
            self._writing = ()
            return False
        self._spooled.update(prediction.prediction_id for prediction in batch)
        self._replays = True
        return True

    def _made(self, batch: Sequence[Prediction]) -> Iterator[Rows]:
        """Their rows. Between them whoever answers a request gets Python's lock, unless so many wait that they would
        pile up.
        """
        for place, prediction in enumerate(batch, start=1):
            yield rows(prediction, self._known)
            if place % AT_ONCE == 0 and len(self._queue) < BATCH:
                time.sleep(BREATH_SECONDS)

    @property
    def _resting(self) -> bool:
        return time.monotonic() < self._resting_until

    def _logged(self, made: Sequence[Rows]) -> bool:
        """False: the database is away. What it refuses for what it is, is lost, and the others are not."""
        try:
            with self._engine.begin() as connection:
                insert(connection, made)
        except SQLAlchemyError as error:
            if is_away(error) or is_full(error):
                self._resting_until = time.monotonic() + REST_SECONDS
                _log.warning("prediction_log_away", error=type(error).__name__)
                return False
            if len(made) == 1:
                self._drop(1, type(error).__name__)
                return True
            return all(self._logged([each]) for each in made)
        self._known.wrote(row for each in made for row in each.features)
        return True

    def _replay(self) -> None:
        """One file of the spool, so that what is new need not wait for all of them."""

        def take(records: list[bytes]) -> None:
            if not self._logged([from_text(record) for record in records]):
                raise _StillAway

        try:
            self._replays = self._spool.replay(take, BATCH)
        except _StillAway:
            return
        except OSError as error:
            _log.error("spool_not_read", error=type(error).__name__)
            self._replays = False
        if not self._replays:
            self._spooled.clear()

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        _log.error("predictions_not_logged", count=count, error=why)


class _StillAway(Exception):  # noqa: N818 - no error, a state
    """The database went away while the spool was replayed."""
