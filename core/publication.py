"""The shop's tables as far as answers need them, published in the database for replicas that have no tables.

Published are the manifest (the zone, the days, which tables there are) and the files of the few tables that are read
while answering. A replica keeps what it has fetched in `published/`, so that it starts without the database too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from core import locks, shared_lock
from core.database import REQUESTS, Waits
from core.files import sha256, write_atomically
from core.manifest import PROTECTED, Manifest
from core.state.schema import PUBLISHED_FILES, PUBLISHED_MANIFEST
from core.state.upgrade import DatabaseAway, is_current
from core.table_store import TableStore
from core.workspace import Workspace

PUBLISHED: Final = ("calendar", "consents", "contacts", "products", "stock")
"""The tables whose rows are read while answering: plans, choices, contacts, and what is available and in stock."""
FOLDER: Final = "published"

_log = structlog.get_logger(__name__)
_NAMES = sa.select(PUBLISHED_FILES.c.table_name, PUBLISHED_FILES.c.file_name)


class Publication:
    """What was published last, and what of it this workspace has fetched."""

    def __init__(self, workspace: Workspace, database: Engine | None = None) -> None:
        self._workspace = workspace
        self._engine = database or workspace.database
        self._folder = workspace.root / FOLDER
        self.store = TableStore(self._folder, self._folder / PROTECTED)

    def publish(self) -> None:
        """Put the workspace's own tables, as they are now, in the place of what was published before.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        with self._workspace.pinned() as pinned, shared_lock.waiting(self._workspace, "publication"):
            files = {name: {_name(path): path for path in pinned.tables.files(name)} for name in PUBLISHED}
            manifest = _brief(pinned.tables.manifest, files)
            with self._engine.begin() as connection:
                _replace_files(connection, files)
                connection.execute(PUBLISHED_MANIFEST.delete())
                connection.execute(PUBLISHED_MANIFEST.insert(), {"id": 1, "content": json.dumps(asdict(manifest))})

    def fetch(self) -> None:
        """Bring `published/` up to what was published last.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        with self._engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
            content = connection.execute(sa.select(PUBLISHED_MANIFEST.c.content)).scalar()
            if content is None or content == self._fetched():
                return
            for row in connection.execute(_NAMES).all():
                self._fetch_file(connection, *row)
        write_atomically(self._folder / "manifest.json", content)
        with locks.trying(self._folder / ".lock") as is_alone:
            if is_alone:
                self.store.collect_garbage()

    def _fetched(self) -> str | None:
        path = self._folder / "manifest.json"
        return path.read_text() if path.exists() else None

    def _fetch_file(self, connection: sa.Connection, table: str, name: str) -> None:
        path = self._folder / table / name
        if not path.exists():
            same = (PUBLISHED_FILES.c.table_name == table) & (PUBLISHED_FILES.c.file_name == name)
            write_atomically(path, connection.execute(sa.select(PUBLISHED_FILES.c.content).where(same)).scalar_one())


class AnsweringWorkspace(Workspace):
    """A workspace whose tables are those that answers go by: its own, or those published where these are newer.

    Its database may be away: what answers starts without it, and asks `require_schema` once more.
    """

    def __init__(self, origin: Workspace) -> None:
        super().__init__(origin.root, origin.settings)
        self._origin = origin
        self._has_schema = False
        self.publication = Publication(origin, self.database)

    @property
    def table_store(self) -> TableStore:
        """That of the newer generation; of the published ones only the rows of `PUBLISHED` are there."""
        own, published = self._origin.table_store, self.publication.store
        return own if own.current().generation >= published.current().generation else published

    @cached_property
    def database(self) -> Engine:
        """The origin's, waited for only as long as a request can wait; with this release's schema, unless it is away.

        Raises:
            StoreError: a newer release made it.
        """
        engine = self._origin.unchecked(REQUESTS)
        try:
            self._require_schema(engine)
        except DatabaseAway as error:
            _log.warning("started_without_database", error=str(error))
        return engine

    @property
    def waits(self) -> Waits:
        """Those of requests."""
        return REQUESTS

    def require_schema(self) -> None:
        """Bring a database that was away at first to this release's schema; once it has that, nothing is done.

        Raises:
            StoreError: it is still away, or a newer release made it.
        """
        self._require_schema(self.database)

    def _require_schema(self, engine: Engine) -> None:
        if not self._has_schema:
            if not is_current(engine):
                _ = self._origin.database  # for a migration one waits as long as it takes
            self._has_schema = True


def _name(path: Path) -> str:
    """The same content has the same name, whatever the generation that wrote it."""
    return f"{sha256(path)[:32]}.parquet"


def _brief(manifest: Manifest, files: Mapping[str, Mapping[str, Path]]) -> Manifest:
    """Without commits and protected attributes; the tables that aren't published have days and rows, but no files."""
    tables = {
        name: replace(entry, files=sorted(files.get(name, {})))
        for name, entry in manifest.tables.items()
        if name != PROTECTED
    }
    return replace(manifest, tables=tables, commits=[])


def _replace_files(connection: sa.Connection, files: Mapping[str, Mapping[str, Path]]) -> None:
    wanted = {(table, name): path for table, found in files.items() for name, path in found.items()}
    there = {(row.table_name, row.file_name) for row in connection.execute(_NAMES)}
    for table, name in there - set(wanted):
        same = (PUBLISHED_FILES.c.table_name == table) & (PUBLISHED_FILES.c.file_name == name)
        connection.execute(PUBLISHED_FILES.delete().where(same))
    for table, name in sorted(set(wanted) - there):
        row = {"table_name": table, "file_name": name, "content": wanted[table, name].read_bytes()}
        connection.execute(PUBLISHED_FILES.insert(), row)
