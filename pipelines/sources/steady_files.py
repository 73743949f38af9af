"""Files that stay as they are while they are read: half of an old and half of a new export is no export."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from core.errors import DataError

FileState = tuple[int, int, int] | None
"""Which file it is, its size, and when it was written last; None where it is gone."""


class SteadyFiles:
    """Remembers how files were when reading began."""

    def __init__(self) -> None:
        self._states: dict[Path, FileState] = {}

    def watch(self, paths: Iterable[Path]) -> None:
        """Remember these files as they are now."""
        for path in paths:
            self._states.setdefault(path, file_state(path))

    def check(self) -> None:
        """Make sure that none has changed since.

        Raises:
            DataError: one has; names it.
        """
        for path, state in self._states.items():
            if file_state(path) != state:
                raise DataError(
                    "the file changed while it was read",
                    where=str(path),
                    why="nothing was changed",
                    todo="wait until the program that writes it is done, then run the command again",
                )


def file_state(path: Path) -> FileState:
    """How a file is now: it has changed where this has."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
