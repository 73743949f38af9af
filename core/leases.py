"""Names that belong to a running process: what it keeps under one is freed when it ends, however it ends.

A name is held by a lock, which the system lets go with the process. Whoever sweeps the folder removes what is
kept under names that nobody holds any more.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from core import locks

LOCK = ".lock"


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """A path in `folder`, not there yet, that is the caller's; what lies there or beside it is gone at the end."""
    path = folder / uuid4().hex
    with locks.waiting(_lock(path)):
        try:
            yield path
        finally:
            _remove(path)


def sweep(folder: Path) -> list[Path]:
    """Remove what the dead have left; returns the paths that are held."""
    living = []
    for lock in sorted(folder.glob(f"*{LOCK}")):
        path = lock.with_suffix("")
        with locks.trying(lock) as is_abandoned:
            if is_abandoned:
                _remove(path)
            else:
                living.append(path)
    return living


def _lock(path: Path) -> Path:
    return path.with_suffix(LOCK)


def _remove(path: Path) -> None:
    """The lock goes last: until then others see that there is something to sweep."""
    shutil.rmtree(path, ignore_errors=True)
    for file in sorted(path.parent.glob(f"*{path.name}*"), key=lambda file: file.suffix == LOCK):
        file.unlink(missing_ok=True)
