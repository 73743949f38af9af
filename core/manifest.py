"""What the shop's tables are at one moment: which files, rows and days, and which commits led there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from core import utc
from core.errors import StoreError
from core.files import write_atomically

PROTECTED = "protected"


@dataclass(frozen=True)
class TableFiles:
    """One table of the current generation; `files` are names inside its folder."""

    files: list[str]
    rows: int
    first_day: str | None = None
    last_day: str | None = None


@dataclass(frozen=True)
class Commit:
    """One change: which table, and the earliest day whose rows it touched (None: any day)."""

    generation: int
    table: str
    since: str | None
    at: str


@dataclass(frozen=True)
class TableChange:
    """What `Tables.commit` puts in the place of a table."""

    files: list[Path]
    rows: int
    since: date | None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Manifest:
    """One generation of all tables."""

    generation: int = 0
    timezone: str = "UTC"
    base_currency: str = ""
    tables: dict[str, TableFiles] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)

    def changed(self, changes: Mapping[str, TableChange], timezone: str | None, base_currency: str | None) -> Manifest:
        """The next generation, with these tables in the place of the old ones."""
        generation, at = self.generation + 1, utc.text()
        commits = [Commit(generation, name, _text(change.since), at) for name, change in changes.items()]
        return Manifest(
            generation,
            timezone or self.timezone,
            base_currency or self.base_currency,
            self.tables | {name: _entry(change) for name, change in changes.items()},
            [*self.commits, *commits],
        )

    def seen_before(self, day: date | None) -> list[Commit]:
        """The commits that touched rows before a day (of all: any), but for those of protected attributes."""
        limit = day.isoformat() if day else None
        return [
            commit
            for commit in self.commits
            if commit.table != PROTECTED and (limit is None or commit.since is None or commit.since < limit)
        ]


def read(path: Path) -> Manifest:
    """The manifest in a file; an empty one where there is none.

    Raises:
        StoreError: it can't be read.
    """
    try:
        seen = path.stat()
    except FileNotFoundError:
        return Manifest()
    return _as_written(path, seen.st_ino, seen.st_mtime_ns, seen.st_size)


@lru_cache(32)
def _as_written(path: Path, *_of_file: int) -> Manifest:
    """A service looks every few seconds, at many places: a file is never changed, another one takes its place."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text())
        tables = {name: TableFiles(**entry) for name, entry in raw.pop("tables").items()}
        return Manifest(**{**raw, "tables": tables, "commits": [Commit(**c) for c in raw["commits"]]})
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(
            "the table manifest is damaged",
            where=str(path),
            why=str(error),
            todo="restore it from a backup, or remove tables/ and ingest again",
        ) from None


def write(path: Path, manifest: Manifest) -> None:
    """Put a manifest in the place of the one before."""
    write_atomically(path, json.dumps(asdict(manifest), indent=1))


def _entry(change: TableChange) -> TableFiles:
    names = [path.name for path in change.files]
    return TableFiles(names, change.rows, _text(change.first_day), _text(change.last_day))


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
