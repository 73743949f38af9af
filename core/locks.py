"""Locks between processes: each is a file, and is let go when its holder ends, however it ends.

Built on `filelock`, imported on first use: most commands take no lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOOK_SECONDS = 0.02


@contextmanager
def waiting(path: Path) -> Iterator[None]:
    """Hold the lock `path`; wait for it as long as another holds it."""
    with _lock(path):
        yield


@contextmanager
def trying(path: Path, patience: float = 0) -> Iterator[bool]:
    """Hold the lock `path`, and yield True; False where another still holds it after `patience` seconds."""
    from filelock import Timeout

    lock = _lock(path)
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _lock(path: Path) -> BaseFileLock:
    """A file system without locks is refused: the library's substitute outlives a holder that is killed."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, poll_interval=LOOK_SECONDS, fallback_to_soft=False)
