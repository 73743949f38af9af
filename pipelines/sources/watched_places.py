"""What to look at to see whether a shop's sources have changed: the files that the mapping names, by size and time.

Looking is cheap and needs no help of the operating system, so it works on network folders too, where changes made by
another machine are announced to nobody. Of a file its end is read at most, and
nothing is refused: what is wrong, an ingest says.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import RegularsError
from core.workspace import SETTINGS_FILE, Workspace
from pipelines.sources import mapping
from pipelines.sources.file_places import files_there
from pipelines.sources.locations import SQLITE_FILE, expand
from pipelines.sources.steady_files import FileState, file_state

_LINES = {".csv", ".tsv", ".txt"}


@dataclass(frozen=True)
class WatchedPlaces:
    """How the files are, and whether rows also come from places that can't be looked at, such as a database."""

    files: Mapping[Path, FileState]
    elsewhere: bool

    def changed(self, before: WatchedPlaces | None) -> list[Path]:
        """The files that are there now and were not, or not like this; and those that are gone."""
        old = before.files if before else {}
        return [path for path in {**self.files, **old} if self.files.get(path) != old.get(path)]


def unended(paths: Iterable[Path]) -> bool:
    """Whether one of them is a text file whose last line has no end yet: somebody may be about to write more."""
    return any(path.suffix.lower() in _LINES and _ends_open(path) for path in paths)


def _ends_open(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 2, 0))
        return size > 0 and not set(file.read()) & {ord("\n"), ord("\r")}
    return False


def look(workspace: Workspace) -> WatchedPlaces:
    """The places as they are now."""
    paths, elsewhere = [workspace.mapping_file, workspace.root / SETTINGS_FILE], False
    for text in _named(workspace.mapping_file, file_state(workspace.mapping_file)):
        found = _files(text, workspace.root)
        elsewhere = elsewhere or found is None
        paths += found or ()
    return WatchedPlaces({path: file_state(path) for path in paths}, elsewhere)


@lru_cache(maxsize=4)
def _named(path: Path, _state: FileState) -> tuple[str, ...]:
    """Every place that a mapping names, as far as it can be read; the same file is not read twice."""
    try:
        tables = mapping.load(path).tables
    except (RegularsError, OSError):
        return ()
    return tuple(text for name, table in tables.items() for text in _expanded(table.from_, name))


def _expanded(texts: Iterable[str], table: str) -> Iterator[str]:
    for text in texts:
        with suppress(RegularsError):
            yield expand(text, table)


def _files(text: str, folder: Path) -> list[Path] | None:
    """The files of a place; None where it has none. What a database has not yet written into its file counts."""
    place = text.rpartition("#")[0] if "#" in text else text
    if sqlite := SQLITE_FILE.fullmatch(place):
        return _with_log(folder / sqlite[1], "-wal")
    if "://" in place:
        return None
    if place.startswith("duckdb:"):
        return _with_log(folder / Path(place.removeprefix("duckdb:")).expanduser(), ".wal")
    return files_there(text, folder)


def _with_log(path: Path, suffix: str) -> list[Path]:
    return [path, path.with_name(path.name + suffix)]
