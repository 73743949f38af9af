"""The shop's committed tables: immutable Parquet files, named by one manifest that is replaced atomically."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import locks
from core.errors import NotReady, StoreError, did_you_mean
from core.files import write_atomically

if TYPE_CHECKING:
    import duckdb

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
    """The current generation of all tables."""

    generation: int = 0
    timezone: str = "UTC"
    base_currency: str = ""
    tables: dict[str, TableFiles] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)


class Tables:
    """Reads and replaces the shop's tables. `protected` is not among those that `names` and `register` offer."""

    def __init__(self, directory: Path, protected_directory: Path) -> None:
        self.directory = directory
        self.protected_directory = protected_directory

    @property
    def manifest(self) -> Manifest:
        """The manifest as it is now.

        Raises:
            StoreError: where it can't be read.
        """
        path = self.directory / "manifest.json"
        if not path.exists():
            return Manifest()
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

    @property
    def generation(self) -> int:
        """Counts commits; 0 before the first."""
        return self.manifest.generation

    @property
    def timezone(self) -> str:
        """The zone in which the shop's days are cut."""
        return self.manifest.timezone

    def names(self) -> list[str]:
        """The tables there are, without `protected`."""
        return sorted(name for name in self.manifest.tables if name != PROTECTED)

    def has(self, name: str) -> bool:
        """Whether the table is there and has rows."""
        entry = self.manifest.tables.get(name)
        return name != PROTECTED and entry is not None and entry.rows > 0

    def entry(self, name: str) -> TableFiles:
        """Files, rows and days of one table.

        Raises:
            NotReady: the table is not there.
        """
        if not self.has(name):
            raise NotReady(
                f"there is no table {name!r}",
                why=did_you_mean(name, self.names()),
                todo="run: regulars ingest",
            )
        return self.manifest.tables[name]

    def rows(self, name: str) -> int:
        """How many rows the table has; 0 where it is not there."""
        return self.entry(name).rows if self.has(name) else 0

    def files(self, name: str) -> list[Path]:
        """The Parquet files of a table; none where it is not there."""
        return [self.directory / name / file for file in self.entry(name).files] if self.has(name) else []

    def protected_files(self) -> list[Path]:
        """The files of the protected attributes. Only `monitoring` (and ingest, which writes them) may call this."""
        entry = self.manifest.tables.get(PROTECTED)
        return [self.protected_directory / file for file in entry.files] if entry else []

    def last_day(self) -> date:
        """The last day with an order line.

        Raises:
            NotReady: no orders yet.
        """
        return _day(self.entry("orders").last_day)

    def first_day(self) -> date:
        """The first day with an order line.

        Raises:
            NotReady: no orders yet.
        """
        return _day(self.entry("orders").first_day)

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make a view of every table in a DuckDB connection."""
        for name in self.names():
            files = ", ".join(f"'{str(path).replace(chr(39), chr(39) * 2)}'" for path in self.files(name))
            connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS SELECT * FROM read_parquet([{files}])')

    def changed_since(self, generation: int, day: date, tables: list[str] | None = None) -> bool:
        """Whether a commit after `generation` touched rows that a snapshot of `day` may see."""
        return any(
            commit.generation > generation
            and commit.table != PROTECTED
            and (tables is None or commit.table in tables)
            and (commit.since is None or commit.since < day.isoformat())
            for commit in self.manifest.commits
        )

    def digest(self, before: date | None = None) -> str:
        """A hash of the data (that a training as of `before` may see): changes with every commit that touches them."""
        limit = before.isoformat() if before else None
        seen = [
            (c.table, c.generation)
            for c in self.manifest.commits
            if c.table != PROTECTED and (limit is None or c.since is None or c.since < limit)
        ]
        files = {name: entry.files for name, entry in self.manifest.tables.items() if name != PROTECTED}
        content = json.dumps([seen, files if limit is None else sorted(files), limit])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One writer at a time.

        Raises:
            StoreError: another ingest is running.
        """
        with locks.trying(self.directory / ".lock") as is_alone:
            if not is_alone:
                raise StoreError(
                    "another ingest is running on this workspace",
                    where=str(self.directory),
                    todo="wait until it has ended",
                )
            yield

    def commit(
        self,
        changes: Mapping[str, TableChange],
        *,
        timezone: str | None = None,
        base_currency: str | None = None,
    ) -> int:
        """Put new files in the place of old ones, all tables at once; hold `lock` meanwhile.

        Returns the new generation. A crash before the last line leaves the old generation in force.
        """
        old = self.manifest
        generation = old.generation + 1
        now = datetime.now(UTC).isoformat(timespec="seconds")
        tables = dict(old.tables)
        for name, change in changes.items():
            tables[name] = TableFiles(
                [p.name for p in change.files], change.rows, _text(change.first_day), _text(change.last_day)
            )
        commits = [Commit(generation, name, _text(change.since), now) for name, change in changes.items()]
        manifest = Manifest(
            generation,
            timezone or old.timezone,
            base_currency or old.base_currency,
            tables,
            [*old.commits, *commits],
        )
        write_atomically(self.directory / "manifest.json", json.dumps(asdict(manifest), indent=1))
        return generation

    def collect_garbage(self) -> int:
        """Remove files that no generation in force names; returns how many. Hold `lock` meanwhile."""
        named = {p for name in self.names() for p in self.files(name)} | set(self.protected_files())
        present = [*self.directory.glob("*/*.parquet"), *self.protected_directory.glob("*.parquet")]
        stray = [path for path in present if path not in named]
        for path in stray:
            path.unlink(missing_ok=True)
        return len(stray)


def _day(text: str | None) -> date:
    if text is None:
        raise NotReady("the orders table has no rows", todo="run: regulars ingest")
    return date.fromisoformat(text)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
