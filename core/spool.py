"""Records that wait on this machine's disk for a store that is away: append-only files, each record with a checksum.

A file belongs to the process that writes it, as long as this lives; then whoever comes takes its records over. What
a crash or a full disk left half-written fails its checksum, and is left out.
"""

from __future__ import annotations

import os
import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from core import locks

SEGMENT_BYTES: Final = 8 * 2**20
_SUFFIX: Final = ".spool"


class Full(OSError):  # noqa: N818 - a state, said as one
    """As much waits as may."""


class Spool:
    """The waiting records of a folder, at most `most_bytes` of them; of one thread at a time."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._segment: Path | None = None
        self._file: int | None = None
        self._held = ExitStack()
        self._size = 0

    def append(self, records: Sequence[bytes]) -> None:
        """Keep records (without line breaks); they are on disk when this returns.

        Raises:
            OSError: there is no room, or as much waits as may; none of them is kept.
        """
        content = b"".join(_line(record) for record in records)
        if self.size + len(content) > self._most_bytes:
            raise Full("the spool has as much as it may")
        file = self._opened()
        try:
            _write_all(file, content)
            os.fsync(file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, self._size)
            self.release()
            raise
        self._size += len(content)
        if self._size >= SEGMENT_BYTES:
            self.release()

    def replay(self, take: Callable[[list[bytes]], None], together: int) -> bool:
        """Give the records of one file, some at a time, to `take`, then remove it; returns whether there was one.

        Raises:
            Exception: what `take` raises; the file stays, so that all of its records come again.
        """
        self.release()
        for path in self._segments():
            with locks.trying(_lock(path)) as is_alone:
                if not is_alone or not path.exists():
                    continue
                waiting: list[bytes] = []
                for record in _records(path):
                    waiting.append(record)
                    if len(waiting) == together:
                        take(waiting)
                        waiting = []
                if waiting:
                    take(waiting)
                path.unlink()
                _lock(path).unlink(missing_ok=True)
                return True
        return False

    @property
    def size(self) -> int:
        """Bytes that wait, of all processes."""
        total = 0
        for path in self._segments():
            with suppress(OSError):
                total += path.stat().st_size
        return total

    def records(self) -> Iterator[bytes]:
        """What waits, the oldest file first."""
        for path in self._segments():
            with suppress(FileNotFoundError):
                yield from _records(path)

    def release(self) -> None:
        """Let go of the file that is being written: anybody may take its records now."""
        if self._file is not None:
            os.close(self._file)
        self._held.close()
        self._segment = self._file = None
        self._size = 0

    def _opened(self) -> int:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            segment = self._folder / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}{_SUFFIX}"
            self._held.enter_context(locks.waiting(_lock(segment)))
            try:
                self._file = os.open(segment, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
            except OSError:
                self._held.close()
                raise
            self._segment, self._size = segment, 0
        return self._file

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))


def _line(record: bytes) -> bytes:
    return b"%08x %b\n" % (zlib.crc32(record), record)


def _records(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            checksum, _, record = line.rstrip(b"\n").partition(b" ")
            if line.endswith(b"\n") and checksum == b"%08x" % zlib.crc32(record):
                yield record


def _write_all(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


def _lock(path: Path) -> Path:
    return path.with_suffix(".lock")
