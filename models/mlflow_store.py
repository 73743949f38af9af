"""The connection to MLflow: where its database and artifacts are, and what its errors mean."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from core import telemetry

telemetry.switch_off()
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

import sqlalchemy as sa  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.tracking import MlflowClient  # noqa: E402
from sqlalchemy.exc import SQLAlchemyError  # noqa: E402

from core.database import Waits, bound, masked  # noqa: E402
from core.errors import StoreError  # noqa: E402
from core.progress import current  # noqa: E402
from core.workspace import Workspace  # noqa: E402
from models import object_storage, relocation  # noqa: E402
from models.registry_place import address, artifact_root, exists, fingerprint  # noqa: E402

_CONNECT_SECONDS = 3
_followed: dict[Path, tuple[int, ...] | None] = {}
for _name in ("mlflow", "alembic"):
    logging.getLogger(_name).setLevel(logging.ERROR)


def connect(workspace: Workspace) -> MlflowClient:
    """A client for the workspace's MLflow; makes an embedded database on first use, which takes some seconds.

    Raises:
        StoreError: the database does not answer. MLflow alone would try again for minutes.
    """
    url = address(workspace)
    if not exists(workspace):
        current().step("making the model registry (once)")
        workspace.mlflow_dir.mkdir(parents=True, exist_ok=True)
    with talking(workspace), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own use of SQLAlchemy
        _probe(url, workspace.waits)
        client = MlflowClient(tracking_uri=url, registry_uri=url)
        _bound(client, workspace.waits)
        client.search_registered_models(max_results=1)
    return client


def follow(workspace: Workspace) -> None:
    """Let an embedded store point to this workspace's own artifacts, where it was copied or moved (`relocation`).

    While its file is as it was when this was done last, that costs microseconds.
    """
    stores, seen = workspace.settings.stores, fingerprint(workspace)
    if stores.mlflow_artifacts or seen is None or _followed.get(workspace.root) == seen:
        return
    engine = sa.create_engine(address(workspace), hide_parameters=True)
    try:
        relocation.follow(engine, Path(artifact_root(workspace)))
    finally:
        engine.dispose()
    _followed[workspace.root] = fingerprint(workspace)


@contextmanager
def talking(workspace: Workspace) -> Iterator[None]:
    """Turn what goes wrong with the store into a StoreError; a missing entity stays an MlflowException.

    An embedded store is made to follow its workspace first.
    """
    object_storage.bound(workspace)
    try:
        follow(workspace)
        yield
    except MlflowException as error:
        if missing(error):
            raise
        raise _down(workspace, error) from error
    except (SQLAlchemyError, OSError) as error:
        raise _down(workspace, error) from error
    except _of_object_storage() as error:
        raise _down(workspace, error) from error


def _of_object_storage() -> tuple[type[Exception], ...]:
    """What the S3 client raises where it is used: MLflow passes on that the storage does not answer as it comes."""
    exceptions = sys.modules.get("botocore.exceptions")
    return (exceptions.BotoCoreError, exceptions.ClientError) if exceptions else ()


def missing(error: MlflowException) -> bool:
    """Whether MLflow says that something is not there."""
    return cast(str, error.error_code) in {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "INVALID_PARAMETER_VALUE"}


def _down(workspace: Workspace, error: Exception) -> StoreError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return StoreError(
        "the model registry does not answer",
        where=masked(address(workspace)),
        why=reason,
        todo="run: regulars doctor",
    )


def _bound(client: MlflowClient, waits: Waits) -> None:
    """MLflow makes its engines itself, and lets nobody say how long to wait for a server that hangs."""
    for engine in {client._tracking_client.store.engine, client._get_registry_client().store.engine}:
        bound(engine, waits)
        engine.dispose()  # connections made until now wait for ever


def _probe(url: str, waits: Waits) -> None:
    timeout = {} if url.startswith("sqlite") else {"connect_timeout": _CONNECT_SECONDS}
    engine = sa.create_engine(url, hide_parameters=True, connect_args=timeout)
    bound(engine, waits)
    try:
        with engine.connect() as connection:
            sa.inspect(connection).get_table_names()
    finally:
        engine.dispose()
