"""Queries that are kept in the workspace once written: Ibis takes several times as long to write them as they to run.

A file for each, `features/.queries/NAME.json`, with the key it was written for: the code of this package and of its
literals, the versions of what writes and runs queries, the settings they follow from, and the tables with their
columns. Under any other key there is none, and the next one that is written takes its place. Nothing in it is of a
customer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core import expressions
from core.files import write_atomically
from feature_repo import families

_LIBRARIES = ("ibis-framework", "sqlglot", "duckdb")


def _code() -> str:
    """A hash of every module that queries come from."""
    folders = [Path(__file__).parent, *map(Path, families.__path__)]
    files = [Path(expressions.__file__), *(file for folder in folders for file in sorted(folder.glob("*.py")))]
    content = [file.read_bytes() for file in files]
    return hashlib.sha256(b"\0".join(content)).hexdigest()


_LOADED = _code()
"""What this process runs, though a file be changed meanwhile."""


class WrittenQueries:
    """The queries of a workspace that hold for a shape: the settings, and the tables with their columns."""

    def __init__(self, folder: Path, shape: Sequence[str]) -> None:
        self._folder = folder
        self._shape = (_LOADED, *(version(library) for library in _LIBRARIES), *shape)

    def read(self, name: str, *of: str) -> Mapping[str, Any] | None:
        """What was kept under the name, for what it is `of`; None where nothing is, or of something else."""
        try:
            kept: Mapping[str, Any] = json.loads(self._file(name).read_text())
            return kept["content"] if kept["key"] == self._key(of) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, name: str, content: Mapping[str, Any], *of: str) -> None:
        """Keep it; unless the files of this package are no longer those that wrote it."""
        if _code() != _LOADED:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._file(name), json.dumps({"key": self._key(of), "content": content}))

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _key(self, of: Sequence[str]) -> str:
        return hashlib.sha256("\0".join((*self._shape, *of)).encode()).hexdigest()
