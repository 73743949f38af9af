"""How long the client of an S3 store is waited for: MLflow makes it, and lets nobody say so."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlsplit

from core.database import REQUESTS, Waits
from core.workspace import Workspace
from models.registry_place import artifact_root

ATTEMPTS: Final = 2
"""Of one that somebody waits for; alone, the client waits five times for a minute."""
_bounded: set[Waits] = set()


def bound(workspace: Workspace) -> None:
    """Let clients that are made from now on give up a store that hangs, where somebody waits for the answer.

    They are of this process's default session, which has other clients' own settings go over these.
    """
    waits = workspace.waits
    if waits.answer is None or waits in _bounded or urlsplit(artifact_root(workspace)).scheme != "s3":
        return
    try:
        import boto3
        from botocore.config import Config
        from botocore.session import get_session
    except ImportError:  # MLflow will say what is missing
        return
    tries = {} if "AWS_MAX_ATTEMPTS" in os.environ else {"retries": {"total_max_attempts": ATTEMPTS}}
    session = get_session()
    session.set_default_client_config(Config(connect_timeout=waits.connect, read_timeout=waits.answer, **tries))
    boto3.setup_default_session(botocore_session=session)
    _bounded.add(waits)


def look(place: str) -> None:
    """Ask the artifact store for one file at most, in seconds.

    Raises:
        Exception: whatever its client says where it does not answer, or has no such bucket.
    """
    url = urlsplit(place)
    if url.scheme == "s3":
        import boto3
        from botocore.config import Config

        patience = Config(connect_timeout=REQUESTS.connect, read_timeout=REQUESTS.answer, retries={"max_attempts": 0})
        client = boto3.client("s3", endpoint_url=os.environ.get("MLFLOW_S3_ENDPOINT_URL") or None, config=patience)
        client.list_objects_v2(Bucket=url.netloc, Prefix=url.path.lstrip("/"), MaxKeys=1)
    else:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        get_artifact_repository(place).list_artifacts()
