"""Ingest again whenever the sources have changed: `regulars ingest --watch`.

A round begins when a file has changed and all have been quiet for a while, so that no half-written file is read, and
from time to time where rows come from places that can't be looked at. A round that fails changes nothing; the next one
comes when a file has changed again, or after a while where it was not the sources' fault.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from core import progress, utc
from core.errors import DataError, RegularsError, StoreError, UsageError
from core.workspace import Workspace
from pipelines.ingest.job import run
from pipelines.ingest.report import IngestReport, TableReport
from pipelines.sources.watched_places import WatchedPlaces, look, unended

_NEVER = float("inf")
_PATIENCE = 30
"""After so many times `quiet_s` it is said which file does not come to rest."""
_WITHOUT_END = 4
"""So many times `quiet_s` a file is given to end its last line: many never do."""


class Waiting(Protocol):
    """The clock that rounds go by."""

    def now(self) -> float:
        """Seconds since some moment."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait."""
        ...


class WallClock:
    """Real time."""

    def now(self) -> float:
        """Seconds that no change of the clock touches."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


@dataclass(frozen=True)
class IngestRound:
    """One ingest of many: what it did, or why it did nothing."""

    number: int
    at: str
    report: IngestReport | None = None
    error: RegularsError | None = None

    def said(self) -> str:
        """In one line."""
        if self.report is None:
            return f"{self.at}  not taken in: {' '.join(str(self.error).split())}"
        news = [text for table in self.report.tables if (text := _news(table))]
        what = "; ".join(news) or "nothing new"
        return f"{self.at}  {what}; generation {self.report.generation} ({self.report.seconds:.1f} s)"

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        head = {"ok": self.error is None, "round": self.number, "at": self.at, "message": self.said()}
        if self.report is not None:
            return {**head, **self.report.as_dict()}
        return {**head, **(self.error.as_dict() if self.error else {})}


def rounds(workspace: Workspace, waiting: Waiting | None = None) -> Iterator[IngestRound]:
    """Ingest, again and again, each round once there is a reason for it; never ends by itself."""
    watch = _Watch(workspace, waiting or WallClock())
    while True:
        yield watch.next_round()


class _Watch:
    """What has been taken in, and when a round is due though no file has changed."""

    def __init__(self, workspace: Workspace, waiting: Waiting) -> None:
        self.workspace, self.waiting = workspace, waiting
        self.taken: WatchedPlaces | None = None
        self.due = _NEVER
        self.number = 0

    def next_round(self) -> IngestRound:
        """Wait for the next reason to ingest, and do it."""
        seen = self._reason()
        done = self._take_in()
        self.taken = seen
        again = seen.elsewhere or not isinstance(done.error, UsageError | DataError | None)
        self.due = self.waiting.now() + self.workspace.settings.ingest.every_s if again else _NEVER
        return done

    def _reason(self) -> WatchedPlaces:
        """Wait until a round is due or a file has changed, and until no file changes any more."""
        settings = self.workspace.settings.ingest
        began = since = self.waiting.now()
        before, restless, told = look(self.workspace), set[str](), False
        while True:
            seen, now = look(self.workspace), self.waiting.now()
            changed = seen.changed(self.taken)
            if not changed and now < self.due:
                began = now
            if seen != before:
                restless.update(path.name for path in seen.changed(before))
                before, since = seen, now
            elif (changed or now >= self.due) and now - since >= settings.quiet_s * _quiet(changed):
                return seen
            elif not told and now - began > _PATIENCE * settings.quiet_s:
                progress.current().note(f"waiting for files that go on changing: {', '.join(sorted(restless))}")
                told = True
            self.waiting.pause(settings.look_s)

    def _take_in(self) -> IngestRound:
        self.number += 1
        at = utc.text()
        try:
            self.workspace = Workspace.open(self.workspace.root)
            with progress.using(progress.Silent()):
                return IngestRound(self.number, at, run(self.workspace))
        except RegularsError as error:
            return IngestRound(self.number, at, error=error)
        except OSError as error:
            where = error.filename or str(self.workspace.root)
            lost = StoreError("a file can't be read or written", where=str(where), why=error.strerror or str(error))
            return IngestRound(self.number, at, error=lost)


def _quiet(changed: Iterable[Path]) -> int:
    """How many times `quiet_s` nothing has to change in these files."""
    return _WITHOUT_END if unended(changed) else 1


def _news(table: TableReport) -> str:
    """«orders: 120 added, 3 replaced, 2 bad» of a table that brought anything."""
    if table.skipped or not (table.changed or table.quarantined_rows):
        return ""
    counts = {"added": table.added, "replaced": table.replaced, "bad": table.quarantined_rows}
    return f"{table.table}: " + ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
