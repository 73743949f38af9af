"""What is looked after while requests are answered: one thread that goes round its tasks every few seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import structlog

_log = structlog.get_logger(__name__)


class Background:
    """Runs every task in turn, then waits. A task that fails is logged and tried again in the next round."""

    def __init__(self, seconds: float, tasks: Mapping[str, Callable[[], None]]) -> None:
        self._seconds = seconds
        self._tasks = tasks
        self._failing: dict[str, str] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go, name="background", daemon=True)

    def start(self) -> None:
        """Begin with the first round at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the task under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def round(self) -> None:
        """Run every task once."""
        for name, task in self._tasks.items():
            if self._stop.is_set():
                return
            self._run(name, task)

    def _run(self, name: str, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            if self._failing.get(name) != reason:  # said once, not in every round
                _log.error("background_task_failed", task=name, error=reason)
            self._failing[name] = reason
        else:
            if self._failing.pop(name, None):
                _log.warning("background_task_works_again", task=name)

    def _go(self) -> None:
        self.round()
        while not self._stop.wait(self._seconds):
            self.round()
