"""A workspace: one directory with the settings, the mapping and all state."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from core import settings as settings_module
from core.errors import NotReady, UsageError
from core.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from core.database import Waits
    from core.table_store import TableStore
    from core.tables import Tables

SETTINGS_FILE = "regulars.toml"
_STATE_FILE = "state.db"
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
VARIABLE = "REGULARS_WORKSPACE"


class Workspace:
    """Where everything of one shop lives; passed to every part."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root.resolve()
        self.settings = settings

    @classmethod
    def open(cls, root: Path | None = None) -> Workspace:
        """Open `root`, else `REGULARS_WORKSPACE`, else the nearest `regulars.toml` upwards.

        Raises:
            NotReady: no workspace there.
            SettingsError: its settings are wrong.
            StoreError: a newer release made it.
        """
        root = find(root)
        workspace = cls(root, settings_module.load(root / SETTINGS_FILE))
        workspace._refuse_newer()
        return workspace

    def _refuse_newer(self) -> None:
        """A database in the workspace is looked at on opening; a server's, which may be far or away, on first use."""
        path = self.root / _STATE_FILE
        if self.settings.stores.database or not path.is_file():
            return
        from core.database import connect
        from core.state.upgrade import refuse_newer

        engine = connect("", path)
        try:
            refuse_newer(engine)
        finally:
            engine.dispose()

    @property
    def mapping_file(self) -> Path:
        """What `mapping.yaml` is called here."""
        return self.root / "mapping.yaml"

    @property
    def rules_file(self) -> Path:
        """Where merchandisers write their rules."""
        return self.root / "rules.yaml"

    @property
    def tables_dir(self) -> Path:
        """Committed tables."""
        return self.root / "tables"

    @property
    def protected_dir(self) -> Path:
        """Protected attributes, apart from the tables: only monitoring reads them."""
        return self.root / "protected"

    @property
    def quarantine_dir(self) -> Path:
        """Refused rows."""
        return self.root / "quarantine"

    @property
    def lineage_dir(self) -> Path:
        """Where stored rows stand in the shop's files."""
        return self.root / "lineage"

    @property
    def identity_dir(self) -> Path:
        """Pairs of ids that may be one person, and what was decided of them."""
        return self.root / "identity"

    @property
    def features_dir(self) -> Path:
        """Feature snapshots."""
        return self.root / "features"

    @property
    def feast_dir(self) -> Path:
        """Feast's registry and online store, where they are files."""
        return self.root / "feast"

    @property
    def mlflow_dir(self) -> Path:
        """MLflow's database and artifacts, where they are files."""
        return self.root / "mlflow"

    @property
    def tuning_dir(self) -> Path:
        """Optuna's journal."""
        return self.root / "tuning"

    @property
    def models_dir(self) -> Path:
        """Verified local copies of model versions."""
        return self.root / "models"

    @property
    def reports_dir(self) -> Path:
        """The Evidently workspace."""
        return self.root / "reports"

    @property
    def secrets_dir(self) -> Path:
        """Files with mode 0600."""
        return self.root / "secrets"

    @cached_property
    def table_store(self) -> TableStore:
        """Where the generations of the shop's tables are made."""
        from core.table_store import TableStore

        return TableStore(self.tables_dir, self.protected_dir)

    @property
    def is_pinned(self) -> bool:
        """Whether it always sees the same tables (see `pinned`)."""
        return False

    @property
    def tables(self) -> Tables:
        """The shop's committed tables: as of each look, or in a pinned workspace always the same.

        Raises:
            StoreError: they can't be read.
        """
        return self.table_store.current()

    @contextmanager
    def pinned(self) -> Iterator[Workspace]:
        """This workspace with one generation of its tables, whatever is committed until the end of the block.

        Raises:
            StoreError: the tables can't be read.
        """
        with self.table_store.pinned() as tables:
            yield _PinnedWorkspace(self, tables)

    @cached_property
    def database(self) -> Engine:
        """Prediction log, feedback, events, keys, audit log, monitoring summaries, with this release's schema.

        Raises:
            StoreError: it does not answer, is damaged, or a newer release made it.
        """
        from core.database import JOBS
        from core.state.upgrade import upgrade

        engine = self._connect(JOBS)
        upgrade(engine)
        return engine

    def connected(self, waits: Waits) -> Engine:
        """Another engine on that database, for those who wait for it only as long as `waits` says.

        Raises:
            StoreError: as `database`.
        """
        _ = self.database  # with the schema, for which one waits as long as it takes
        return self._connect(waits)

    def unchecked(self, waits: Waits) -> Engine:
        """The same, whatever its schema and whether or not it answers."""
        return self._connect(waits)

    @property
    def waits(self) -> Waits:
        """How long those who use this workspace wait for a database."""
        from core.database import JOBS

        return JOBS

    def _connect(self, waits: Waits) -> Engine:
        from core.database import connect

        return connect(self.settings.stores.database, self.root / _STATE_FILE, waits)


class _PinnedWorkspace(Workspace):
    def __init__(self, origin: Workspace, tables: Tables) -> None:
        super().__init__(origin.root, origin.settings)
        self._origin = origin
        self._tables = tables

    @property
    def is_pinned(self) -> bool:
        return True

    @property
    def tables(self) -> Tables:
        return self._tables

    @cached_property
    def database(self) -> Engine:
        return self._origin.database

    @contextmanager
    def pinned(self) -> Iterator[Workspace]:
        yield self


def of_one_generation(
    job: Callable[Concatenate[Workspace, Arguments], Result],
) -> Callable[Concatenate[Workspace, Arguments], Result]:
    """Let a job on a workspace read one generation of the tables from its beginning to its end (see `pinned`)."""

    @wraps(job)
    def run(workspace: Workspace, /, *args: Arguments.args, **options: Arguments.kwargs) -> Result:
        with workspace.pinned() as pinned:
            return job(pinned, *args, **options)

    return run


def find(root: Path | None = None) -> Path:
    """The directory of the workspace meant.

    Raises:
        UsageError: a named directory is no workspace.
        NotReady: none was named and none is found upwards.
    """
    named = root or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is not None:
        if not (named / SETTINGS_FILE).is_file():
            raise UsageError(
                f"no workspace at {named}",
                why=f"there is no {SETTINGS_FILE}",
                todo=f"make one with: regulars init {named}",
            )
        return named
    for folder in [Path.cwd(), *Path.cwd().parents]:
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise NotReady(
        "no workspace here",
        why=f"no {SETTINGS_FILE} in this folder or above it",
        todo="make one with: regulars init DIR, or name one with --workspace DIR",
    )
