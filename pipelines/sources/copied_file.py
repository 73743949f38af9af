"""A file that staging copies: no query reads it afterwards, and it may not change while it is read."""

from __future__ import annotations

from pathlib import Path


class CopiedFile:
    """What origins that are one file have in common."""

    path: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """None: staging copies it."""
        return ()

    @property
    def made_of(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)
