"""Persons in an ingest: found once all tables are read, then every table is brought to them, in one commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import uuid4

import duckdb

from core.expressions import literal, quote
from core.files import replacing
from core.manifest import TableChange
from core.workspace import Workspace
from feature_repo.contract import TABLES
from pipelines.identity import rekeying, resolution
from pipelines.identity.resolution import KEPT, STORED, Resolution
from pipelines.ingest.engine import scalar, write_parquet
from pipelines.ingest.merge import Rekeyed, rewrite, stored, table_folder
from pipelines.ingest.typed import Typed, stored_spec
from pipelines.sources.source import Source, TableSource

TABLE = "identities"


class Identification:
    """The steps of one ingest that make ids persons.

    Three cases: the mapping says how persons are found; it says it no longer, and every id is again what its source
    wrote; or the rows come from the service (`remembers` is false) and go by the persons there are.
    """

    def __init__(
        self, workspace: Workspace, connection: duckdb.DuckDBPyConnection, source: Source, *, remembers: bool
    ) -> None:
        self.workspace, self.connection, self.source = workspace, connection, source
        self.kept = stored(workspace, TABLES[TABLE])
        self.finds = remembers and source.identity is not None
        self.by_source = self.finds or not remembers

    def reading(self, table: TableSource) -> str:
        """A digest of how a table tells who its rows are about; "" where it does not."""
        form = self.source.identity
        return resolution.reading(table, form) if form and (table.keys or table.table == TABLE) else ""

    def in_force(self) -> list[str]:
        """The tables in force whose rows are about customers, and what is known of these."""
        return [name for name in self.workspace.tables.manifest.tables if rekeying.is_keyed(name) or name == TABLE]

    def resolve(self, fresh: Sequence[Typed], *, anew: bool, write: bool) -> Resolution:
        """Find the persons; call it before anything else below."""
        if self.finds:
            return resolution.resolve(
                self.workspace, self.connection, self.source, fresh, self.kept, anew=anew, write=write
            )
        if self.by_source:
            resolution.recall_persons(self.workspace, self.connection, self.source, fresh, self.kept)
        else:
            resolution.forget_persons(self.connection, self.kept)
        return Resolution()

    def identify(self, typed: Typed) -> int:
        """Give rows that came in the ids of persons; returns how many were put together with another."""
        return rekeying.identify(self.connection, typed) if self.by_source else 0

    def rekeyed(self, table: str) -> Rekeyed | None:
        """What a table's rows in force are to be, where that is not what they are."""
        spec = stored_spec(table, self.by_source)
        return rekeying.rekeyed(self.connection, spec, stored(self.workspace, spec))

    def others(self, fresh: Sequence[str], *, write: bool) -> Iterator[tuple[str, int, TableChange | None]]:
        """The tables in force that were not read and whose rows are of other persons now: name, rows, change."""
        for name in self.in_force():
            found = None if name in fresh or name == TABLE else self.rekeyed(name)
            if found is not None:
                spec = stored_spec(name, self.by_source)
                folder = table_folder(self.workspace, spec)
                yield name, found.count, rewrite(self.connection, spec, folder, found) if write else None

    def change(self) -> TableChange | None:
        """The table `identities` as it is to be; None where it is so already. Only where persons are found anew."""
        if not self.finds:
            return TableChange([], 0, None) if self.kept.rows and not self.by_source else None
        if self._as_before():
            return None
        folder = table_folder(self.workspace, TABLES[TABLE])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{TABLE}-{uuid4().hex[:12]}.parquet"
        with replacing(path, 0o600) as staged:
            write_parquet(self.connection, f"FROM {KEPT} ORDER BY ALL", staged)
        return TableChange([path], scalar(self.connection, f"SELECT count(*) FROM {KEPT}"), None)

    def _as_before(self) -> bool:
        if not self.kept.files:
            return not scalar(self.connection, f"SELECT count(*) FROM {KEPT}")
        files = ", ".join(literal(str(path)) for path in self.kept.files)
        columns = ", ".join(map(quote, STORED))
        old, new = f"SELECT {columns} FROM read_parquet([{files}])", f"SELECT {columns} FROM {KEPT}"
        differ = f"SELECT count(*) FROM (({old} EXCEPT {new}) UNION ALL ({new} EXCEPT {old}))"
        return not scalar(self.connection, differ)
