"""The registry's versions as MLflow's own tables hold them, read without importing MLflow.

For commands that have to be quick (`status`, `doctor`, and whatever is asked of a version that is not there): MLflow
alone takes seconds to import. What is written goes through MLflow (`models.registry`), and a test holds that both tell
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from core import utc
from core.database import bound, masked
from core.errors import StoreError
from core.workspace import Workspace
from models.experiment import TAG, Experiment
from models.kinds import require_name
from models.registry_place import address, exists
from models.version import PREFIX, Version, choose

CONNECT_SECONDS: Final = 3
Read = TypeVar("Read")
_VERSIONS = sa.table(
    "model_versions",
    *(sa.column(name) for name in ("name", "version", "run_id", "creation_time", "source", "storage_location")),
)
_TAGS = sa.table("model_version_tags", *(sa.column(name) for name in ("name", "version", "key", "value")))
_ALIASES = sa.table("registered_model_aliases", *(sa.column(name) for name in ("name", "version", "alias")))

_MODEL_TAGS = sa.table("registered_model_tags", *(sa.column(name) for name in ("name", "key", "value")))


def versions(workspace: Workspace, kind: str) -> list[Version]:
    """Every version of a kind, the newest first.

    Raises:
        StoreError: the registry does not answer.
    """
    if not exists(workspace):
        return []

    def read(connection: sa.Connection) -> list[Version]:
        rows = connection.execute(_of(_VERSIONS, kind).order_by(_VERSIONS.c.version.desc())).all()
        tags = connection.execute(_of(_TAGS, kind).where(_TAGS.c.key.startswith(PREFIX))).all()
        aliases = connection.execute(_of(_ALIASES, kind)).all()
        return [_version(row, tags, aliases) for row in rows]

    return _read(workspace, read, [])


def version(workspace: Workspace, kind: str, name: str) -> Version:
    """The version of that number or alias.

    Raises:
        NotReady: no version carries the alias, or there is none at all; says which command to run.
        UsageError: no such kind or number; says which there are.
        StoreError: the registry does not answer.
    """
    require_name(kind)
    return choose(kind, name, versions(workspace, kind))


def experiment(workspace: Workspace, kind: str) -> Experiment | None:
    """The experiment that runs beside the champion, or None.

    Raises:
        StoreError: the registry does not answer.
    """
    if not exists(workspace):
        return None
    query = sa.select(_MODEL_TAGS.c.value).where(_MODEL_TAGS.c.name == kind, _MODEL_TAGS.c.key == TAG)
    text = _read(workspace, lambda connection: connection.execute(query).scalar(), None)
    return Experiment.of_json(text) if text else None


def count(workspace: Workspace) -> int:
    """How many versions there are of all kinds.

    Raises:
        StoreError: the registry does not answer.
    """
    query = sa.select(sa.func.count()).select_from(_VERSIONS)
    return _read(workspace, lambda connection: int(connection.execute(query).scalar_one()), 0)


def _of(table: sa.TableClause, kind: str) -> sa.Select[Any]:
    return sa.select(table).where(table.c.name == kind)


def _version(row: Any, tags: Sequence[Any], aliases: Sequence[Any]) -> Version:
    return Version(
        kind=row.name,
        version=str(row.version),
        run_id=row.run_id,
        created_at=utc.of_epoch(row.creation_time),
        aliases=tuple(sorted(each.alias for each in aliases if each.version == row.version)),
        tags={each.key.removeprefix(PREFIX): each.value for each in tags if each.version == row.version},
        location=row.storage_location or row.source,
    )


def _read(workspace: Workspace, read: Callable[[sa.Connection], Read], nothing: Read) -> Read:
    """What is read; `nothing` of a server's database in which the first training has yet to make the tables."""
    url = address(workspace)
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        connect_args={} if url.startswith("sqlite") else {"connect_timeout": CONNECT_SECONDS},
    )
    bound(engine, workspace.waits)
    try:
        with engine.connect() as connection:
            return read(connection)
    except SQLAlchemyError as error:
        if isinstance(error, ProgrammingError | OperationalError) and _is_empty(engine):
            return nothing
        raise StoreError(
            "the model registry does not answer",
            where=masked(url),
            why=str(error).splitlines()[0][:200],
            todo="run: regulars doctor",
        ) from error
    finally:
        engine.dispose()


def _is_empty(engine: sa.Engine) -> bool:
    """Whether the database answers, and has none of MLflow's tables."""
    try:
        return not sa.inspect(engine).has_table(_VERSIONS.name)
    except SQLAlchemyError:
        return False
