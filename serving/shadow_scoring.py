"""Versions that answer nobody are scored behind the requests, on what the answer was made from.

One thread does it, from a short queue, and rests three times as long as it works: a slow shadow is scored on fewer
requests, and no answer waits. What finds the queue full is left out and counted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog

from core.prediction_log import SHADOW_SUFFIX, Prediction, PredictionLog, Result
from core.sortable_ids import new_id
from models.experiment import SHADOW
from serving.champions import Champion

QUEUED: Final = 200
PATIENCE: Final = 3
Scores = Callable[[], Sequence[Result]]
_log = structlog.get_logger(__name__)


class ShadowScoring:
    """Scores and logs; close it so that its thread ends."""

    def __init__(self, predictions: PredictionLog) -> None:
        self.left_out = 0
        self._predictions = predictions
        self._queue: deque[Callable[[], None]] = deque()
        self._busy = False
        self._starting = threading.Lock()
        self._stop = threading.Event()
        self._waiting = threading.Event()
        self._thread: threading.Thread | None = None

    def submit(self, who: Champion[Any], asked: str, request: dict[str, Any], scores: Scores) -> None:
        """Have `scores` made and logged, some time; returns at once and raises nothing."""
        if len(self._queue) >= QUEUED:
            self.left_out += 1
            return
        self._queue.append(lambda: self._score(who, asked, request, scores))
        if self._thread is None:
            self._start()
        self._waiting.set()

    def finish(self, seconds: float = 10.0) -> None:
        """Wait until nothing waits any more."""
        until = time.monotonic() + seconds
        while (self._queue or self._busy) and time.monotonic() < until:
            time.sleep(0.01)

    def close(self) -> None:
        """Forget what waits and end the thread."""
        self._stop.set()
        self._waiting.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="shadow-scoring", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while not self._stop.is_set():
            self._waiting.wait()
            self._waiting.clear()
            while self._queue and not self._stop.is_set():
                began = time.monotonic()
                self._busy = True
                self._queue.popleft()()
                self._busy = False
                self._stop.wait(PATIENCE * (time.monotonic() - began))

    def _score(self, who: Champion[Any], asked: str, request: dict[str, Any], scores: Scores) -> None:
        try:
            lines = scores()
        except Exception as error:
            # A shadow may be as broken as it likes: nobody is to notice but who reads the log.
            self.left_out += 1
            _log.error("shadow_not_scored", kind=who.kind.name, version=who.version, error=type(error).__name__)
            return
        name = who.kind.name
        made = Prediction(new_id(), asked + SHADOW_SUFFIX, name, who.version, SHADOW, lines, request)
        self._predictions.append(made)
