"""Files beside those of a table that hold none: a readme, a licence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.sources.csv_dialect import SEPARATORS
from pipelines.sources.file_start import FileStart

_SUFFIXES = {".txt", ".md", ".rst", ".log"}
_MOST = 0.5


def without_prose(files: Sequence[tuple[str, Path]]) -> tuple[list[tuple[str, Path]], list[str]]:
    """The files (how messages call each, and where it lies) with a table in them, and the names of the others.

    All of them are kept where none has one: what is wrong with them is said elsewhere.
    """
    tables = [(name, path) for name, path in files if not _is_prose(path)]
    kept = tables or list(files)
    return kept, [file[0] for file in files if file not in kept]


def _is_prose(path: Path) -> bool:
    """Whether no separator cuts most lines of a text into as many columns, more than one."""
    if path.suffix.lower() not in _SUFFIXES:
        return False
    lines = [line for line in FileStart(path).text.splitlines()[:-1] or [""] if line.strip()]
    return not any(_cuts(lines, separator) for separator in SEPARATORS)


def _cuts(lines: Sequence[str], separator: str) -> bool:
    counts = [line.count(separator) for line in lines]
    usual = max(counts, key=counts.count, default=0)
    return usual > 0 and counts.count(usual) >= _MOST * len(counts)
