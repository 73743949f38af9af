"""Checks of the environment, the workspace and each store; each says how to mend what is wrong."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from urllib.parse import urlsplit

from core import telemetry
from core.database import REQUESTS, Waits, connect, expand, masked
from core.errors import DataError, NotReady, RegularsError, StoreError, UsageError
from core.workspace import Workspace
from models import registry_place, registry_tables
from pipelines import audit_walk
from pipelines.processes import is_free

NEEDED_DISK_GB = 2


@dataclass(frozen=True)
class HealthCheck:
    """One thing that was looked at: `ok`, what was found, and what to do where it is wrong."""

    name: str
    ok: bool
    found: str
    todo: str = ""


class _Examined(Workspace):
    """Whose servers are given up where they hang: whoever asks what is wrong waits for an answer."""

    @property
    def waits(self) -> Waits:
        return REQUESTS


def examine(root: Path | None) -> list[HealthCheck]:
    """Every check of the environment, and of the workspace where there is one."""
    checks = [*_environment()]
    try:
        workspace = _Examined.open(root)
    except RegularsError as error:
        return [*checks, HealthCheck("workspace", False, error.what, error.todo or "")]
    checks.append(HealthCheck("workspace", True, str(workspace.root)))
    return [*checks, *_workspace(workspace)]


def _environment() -> Iterator[HealthCheck]:
    supported = sys.version_info[:2] == (3, 11)
    yield HealthCheck("python", supported, sys.version.split()[0], "" if supported else "install Python 3.11")
    missing = _missing_packages()
    yield HealthCheck("packages", not missing, ", ".join(missing) or "all there", "run: make setup" if missing else "")
    on = [name for name, value in telemetry.SWITCHES.items() if os.environ.get(name, value) != value]
    yield HealthCheck("telemetry", not on, f"changed: {', '.join(on)}" if on else "off", f"unset {on[0]}" if on else "")


def _missing_packages() -> list[str]:
    """The project's own requirements (without extras) that are not installed."""
    missing = []
    for line in requires("regulars") or []:
        if ";" in line:
            continue
        name = line.split("[")[0].split("=")[0].split("<")[0].split(">")[0].strip()
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    return missing


def _workspace(workspace: Workspace) -> Iterator[HealthCheck]:
    yield _disk(workspace)
    yield _attempt("mapping", lambda: _mapping(workspace), "mend mapping.yaml, or put the file it names in its place")
    yield _attempt("tables", lambda: _tables(workspace), "run: regulars ingest --replace TABLE")
    database = _attempt("database", lambda: _database(workspace), "check stores.database in regulars.toml")
    yield database
    yield _on(database, "feature store", lambda: _feature_store(workspace), "check stores.online in regulars.toml")
    yield _attempt("feature registry", lambda: _feature_registry(workspace), "check stores.feast_registry")
    yield _attempt("model registry", lambda: _registry(workspace), "check stores.mlflow in regulars.toml")
    yield _attempt("model files", lambda: _model_files(workspace), "check stores.mlflow_artifacts in regulars.toml")
    yield _attempt("tuning storage", lambda: _tuning(workspace), "check stores.optuna in regulars.toml")
    yield _on(database, "audit trail", lambda: _audit(workspace), "see: regulars audit verify")
    yield _secrets(workspace)
    yield _port("service", workspace.settings.serving.host, workspace.settings.serving.port, "serving.port")
    yield _port("review desk", workspace.settings.review.host, workspace.settings.review.port, "review.port")


def _attempt(name: str, look: Callable[[], str], todo: str) -> HealthCheck:
    """A look that fails is a finding, whatever the store's own library raised."""
    try:
        return HealthCheck(name, True, look())
    except RegularsError as error:
        found = RegularsError(error.what, where=error.where, why=error.why)
        own = error.todo if error.todo and "regulars doctor" not in error.todo else todo  # whoever reads this ran it
        return HealthCheck(name, False, str(found), own)
    except Exception as error:
        text = masked(str(error)).strip().splitlines() or [""]
        return HealthCheck(name, False, f"{type(error).__name__}: {text[0]}", todo)


def _on(database: HealthCheck, name: str, look: Callable[[], str], todo: str) -> HealthCheck:
    """A look at what the database has a part of."""
    if database.ok:
        return _attempt(name, look, todo)
    return HealthCheck(name, False, "not looked at: the database does not answer", database.todo)


def _disk(workspace: Workspace) -> HealthCheck:
    free = shutil.disk_usage(workspace.root).free / 1e9
    return HealthCheck(
        "disk",
        free >= NEEDED_DISK_GB,
        f"{free:.1f} GB free",
        "" if free >= NEEDED_DISK_GB else "make room on this disk",
    )


def _mapping(workspace: Workspace) -> str:
    from pipelines.sources import workspace_source

    return f"tables: {', '.join(workspace_source.read(workspace).tables)}"


def _tables(workspace: Workspace) -> str:
    tables = workspace.tables
    names = tables.names()
    gone = [str(path) for name in names for path in tables.files(name) if not path.exists()]
    if gone:
        raise FileNotFoundError(gone[0])
    return f"{len(names)} tables, generation {tables.generation}" if names else "nothing ingested yet"


def _database(workspace: Workspace) -> str:
    with workspace.unchecked(REQUESTS).connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    return workspace.database.dialect.name  # with this release's schema, for which one waits as long as it takes


def _feature_store(workspace: Workspace) -> str:
    from feature_repo.online_standing import WORDS, standing
    from feature_repo.packed.opened import online_url

    try:
        found = standing(workspace)
    except sqlite3.Error as error:
        raise _unreadable(online_url(workspace).removeprefix("sqlite:///"), error) from error
    if found.is_lost or found.filling is None:
        said = WORDS[found.code]
        if found.is_lost:
            raise NotReady(f"the online store: {said}", todo="run: regulars materialize")
        return said
    kind = urlsplit(online_url(workspace)).scheme.partition("+")[0]
    return f"{kind}, online store as of {found.filling.as_of}"


def _unreadable(file: str, error: sqlite3.Error) -> StoreError:
    """Nothing in it is of the store's own: what it held is made again from the snapshots."""
    return StoreError(
        "the online store's file can't be read",
        where=file,
        why=str(error),
        todo="see that its disk is well and you may read it, or delete it and run: regulars materialize",
    )


def _feature_registry(workspace: Workspace) -> str:
    return _answering(workspace.settings.stores.feast_registry, workspace) or "SQLite"


def _registry(workspace: Workspace) -> str:
    if not registry_place.exists(workspace):
        return "no training run yet"
    dialect = registry_place.address(workspace).partition(":")[0].partition("+")[0]
    return f"{dialect}, {registry_tables.count(workspace)} model versions"


def _model_files(workspace: Workspace) -> str:
    place = registry_place.artifact_root(workspace)
    if not urlsplit(place).scheme:
        return "files of the workspace"
    from models.object_storage import look  # only where there is a server

    look(place)
    return masked(place)


def _tuning(workspace: Workspace) -> str:
    return _answering(workspace.settings.stores.optuna, workspace) or "journal file"


def _answering(url: str, workspace: Workspace) -> str:
    """The address of a server that answers; nothing where none is named."""
    if not url:
        return ""
    with connect(url, workspace.root, workspace.waits).connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    return masked(expand(url))


def _audit(workspace: Workspace) -> str:
    """The chain, and the seals of tags and rows; the files take longer: `regulars audit verify`."""
    found = audit_walk.walk(workspace, files=False)
    if not found.chain.intact:
        raise DataError(f"broken at entry {found.chain.broken}: {found.chain.reason}")
    if found.problems:
        subject, problem = found.problems[0]
        raise DataError(f"{subject} is not as it was sealed: {problem}")
    waiting = f", {len(found.unsealed)} not sealed (regulars audit seal)" if found.unsealed else ""
    return f"{found.chain.entries:,} entries, {found.versions} versions and {found.runs} runs as sealed{waiting}"


def _secrets(workspace: Workspace) -> HealthCheck:
    files = [path for path in workspace.secrets_dir.glob("*") if path.is_file()]
    open_ones = [path for path in files if path.stat().st_mode & 0o077]
    if open_ones:
        return HealthCheck("secrets", False, f"others may read {open_ones[0]}", f"chmod 600 {open_ones[0]}")
    return HealthCheck("secrets", True, f"{len(files)} private files")


def _port(name: str, host: str, port: int, key: str) -> HealthCheck:
    """A port is fine if it is free, or if something answers there (most likely our own service)."""
    try:
        if is_free(host, port):
            return HealthCheck(name, True, f"{host}:{port} free")
    except UsageError as error:
        return HealthCheck(name, False, f"{error.what} ({error.why})", error.todo or "")
    if _answers(host, port):
        return HealthCheck(name, True, f"{host}:{port} in use (running?)")
    return HealthCheck(name, False, f"{host}:{port} in use, and nothing answers", f"change {key} in regulars.toml")


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
