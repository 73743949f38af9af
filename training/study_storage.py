"""Where studies are kept: a journal in the workspace, or a database that workers on many machines share."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import optuna
import sqlalchemy as sa
from optuna.exceptions import ExperimentalWarning
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from sqlalchemy import event

from core import locks
from core.database import JOBS, begin_alone, connect, driver, expand
from core.progress import current
from core.workspace import Workspace

HEARTBEAT_SECONDS: Final = 20
GRACE_SECONDS: Final = 90
"""Without a heartbeat for so long, by the database's own clock, whoever ran a trial is taken for dead."""
_TABLES: Final = 0x7265_6775_6C61_7274
"""PostgreSQL's advisory lock under which Optuna's tables are made."""


def opened(workspace: Workspace) -> BaseStorage:
    """The workspace's, or that of `stores.optuna`."""
    url = workspace.settings.stores.optuna
    if url:
        return _shared(driver(expand(url)))
    path = workspace.tuning_dir / "journal.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    _mend(path)
    return JournalStorage(JournalFileBackend(str(path)))


@contextmanager
def alone(workspace: Workspace, study: optuna.Study, storage: BaseStorage) -> Iterator[None]:
    """Where a study has a journal, be the only process that works on it; what a dead one had begun is given back.

    On a database many work on it, and heartbeats tell which of them are alive.
    """
    if not isinstance(storage, JournalStorage):
        yield
        return
    lock = workspace.tuning_dir / f"{study.study_name}.lock"
    with locks.trying(lock) as is_alone:
        if is_alone:
            _give_back(study)
            yield
            return
    current().step("another process tunes the same; waiting until it has ended")
    with locks.waiting(lock):
        _give_back(study)
        yield


def bury(study: optuna.Study, storage: BaseStorage) -> None:
    """Fail the trials whose processes have died, so that others take their slots."""
    if isinstance(storage, RDBStorage):
        _begin_heartbeats(study, storage)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)


def _give_back(study: optuna.Study) -> None:
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def _shared(url: str) -> RDBStorage:
    """Of a database. Where it is empty, one of those who come at the same time makes its tables."""
    address = sa.make_url(url)
    if address.get_backend_name() != "sqlite":
        engine = connect(url, Path())
        with engine.begin() as connection:
            begin_alone(connection, _TABLES)
            storage = _storage(url, {"pool_pre_ping": True})
        engine.dispose()
        return storage
    with locks.waiting(Path(f"{address.database}.lock")):
        storage = _storage(url, {"connect_args": {"timeout": JOBS.lock}})
    _one_writer(storage.engine)
    return storage


def _storage(url: str, options: dict[str, Any]) -> RDBStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return RDBStorage(url, options, heartbeat_interval=HEARTBEAT_SECONDS, grace_period=GRACE_SECONDS)


def _one_writer(engine: sa.Engine) -> None:
    """Let each transaction on an SQLite file be alone: of two that have read, only one can write."""

    @event.listens_for(engine, "connect")
    def _begin_by_hand(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    engine.dispose()


def _begin_heartbeats(study: optuna.Study, storage: RDBStorage) -> None:
    """Of trials whose processes died before their first, so that they are missed as the others are."""
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    beats = sa.table("trial_heartbeats", sa.column("trial_id"))
    with storage.engine.connect() as connection:
        heard = set(connection.execute(sa.select(beats.c.trial_id)).scalars())
    for trial in running:
        if trial._trial_id not in heard:
            storage.record_heartbeat(trial._trial_id)


def _mend(path: Path) -> None:
    """Cut off a last line that a crash left half-written; the journal can't be read past it."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("rb+") as file:
            file.truncate(whole)
