"""The shop's tables of one generation: whoever holds a `Tables` sees the same, whatever is committed meanwhile."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import NotReady, did_you_mean
from core.manifest import PROTECTED, Manifest, TableFiles

if TYPE_CHECKING:
    import duckdb


class Tables:
    """The tables of a generation. `protected` is not among those that `names` and `register` offer."""

    def __init__(self, directory: Path, protected_directory: Path, manifest: Manifest) -> None:
        self.directory = directory
        self.protected_directory = protected_directory
        self.manifest = manifest

    @property
    def generation(self) -> int:
        """Counts commits; 0 before the first."""
        return self.manifest.generation

    @property
    def base_currency(self) -> str:
        """The currency that revenues are in, as the mapping named it; else nothing."""
        return self.manifest.base_currency

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

    def arrivals(self, name: str) -> list[str]:
        """When each change of the table was committed (UTC, ISO text), the oldest first."""
        return [commit.at for commit in self.manifest.commits if commit.table == name]

    def files(self, name: str) -> list[Path]:
        """The Parquet files of a table; none where it is not there."""
        return [self.directory / name / file for file in self.entry(name).files] if self.has(name) else []

    def protected_files(self) -> list[Path]:
        """The files of the protected attributes. Only `monitoring` (and ingest, which writes them) may call this."""
        entry = self.manifest.tables.get(PROTECTED)
        return [self.protected_directory / file for file in entry.files] if entry else []

    def all_files(self) -> list[Path]:
        """Every file of the generation, those of the protected attributes too: to keep, not to read."""
        return [path for name in self.names() for path in self.files(name)] + self.protected_files()

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
        """Make a view of every table whose rows are here in a DuckDB connection."""
        for name in filter(self.files, self.names()):
            files = ", ".join(f"'{str(path).replace(chr(39), chr(39) * 2)}'" for path in self.files(name))
            connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS SELECT * FROM read_parquet([{files}])')

    def digest(self, before: date | None = None) -> str:
        """A hash of the data (that a training as of `before` may see): changes with every commit that touches them."""
        seen = [(commit.table, commit.generation) for commit in self.manifest.seen_before(before)]
        files = {name: entry.files for name, entry in self.manifest.tables.items() if name != PROTECTED}
        limit = before.isoformat() if before else None
        content = json.dumps([seen, files if limit is None else sorted(files), limit])
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def _day(text: str | None) -> date:
    if text is None:
        raise NotReady("the orders table has no rows", todo="run: regulars ingest")
    return date.fromisoformat(text)
