"""What is looked after while requests are answered: threads that go round their tasks every few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

import structlog

BREATH: Final = 4.0
"""Of the time that a task took, so much is left to requests after it."""
LONGEST_BREATH: Final = 0.05
ASIDE: Final = 1
"""The place of the group that no other waits for."""
_log = structlog.get_logger(__name__)


class Background:
    """Runs the tasks of each group in turn, then waits; every group in a thread of its own.

    A group begins once the one before it has gone its first round, and does not wait for it again: so what is quick is
    not held up by what is slow. The group `aside` waits for the first one, and no group waits for it. A task that fails
    is logged and tried again in the next round. After the first round each task is followed by some time in which
    requests have Python's lock to themselves: those that it held up are answered before the next one comes.
    """

    def __init__(
        self,
        seconds: float,
        first: Mapping[str, Callable[[], None]],
        *others: Mapping[str, Callable[[], None]],
        aside: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        self._seconds = seconds
        self._groups = (first, aside or {}, *others)
        self._failing: dict[str, str] = {}
        self._stop = threading.Event()
        self._begun = [threading.Event() for _ in self._groups]
        self._threads = [
            threading.Thread(target=self._go, args=(number,), name=f"background {number}", daemon=True)
            for number, group in enumerate(self._groups)
            if group
        ]

    def start(self) -> None:
        """Begin with the first round at once."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop after the tasks under way."""
        self._stop.set()
        for begun in self._begun:
            begun.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=5)

    def round(self) -> None:
        """Run every task of every group once."""
        for group in self._groups:
            self._round(group)

    def tasks(self) -> dict[str, bool]:
        """Per task whether it failed when it ran last."""
        return {name: name in self._failing for group in self._groups for name in group}

    def _round(self, group: Mapping[str, Callable[[], None]], breath: float = 0.0) -> None:
        for name, task in group.items():
            if self._stop.is_set():
                return
            began = time.monotonic()
            self._run(name, task)
            self._stop.wait(min(LONGEST_BREATH, breath * (time.monotonic() - began)))

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

    def _go(self, number: int) -> None:
        if number:
            self._begun[0 if number <= ASIDE + 1 else number - 1].wait()
        self._round(self._groups[number])
        self._begun[number].set()
        while not self._stop.wait(self._seconds):
            self._round(self._groups[number], BREATH)
