"""Feast's configuration from the workspace's settings: SQLite by default; PostgreSQL, Redis, Valkey by settings."""

from __future__ import annotations

from typing import Any, Final

from core.database import driver, expand
from core.workspace import Workspace
from feature_repo.feast_api import RepoConfig
from feature_repo.packed.backend import open_backend
from feature_repo.packed.opened import online_url
from feature_repo.packed.view_tables import PROJECT

OFFLINE_STORE: Final = "feature_repo.offline.SnapshotOfflineStore"
SPARK_STORE: Final = "feature_repo.offline_on_spark.SparkSnapshotOfflineStore"
ONLINE_STORE: Final = "feature_repo.packed.feast_online_store.PackedOnlineStore"
"""Feast imports them by their names, when they are first needed."""
WRITE_BATCH: Final = 10_000


def repo_config(workspace: Workspace, offline_store: str = OFFLINE_STORE) -> RepoConfig:
    """What Feast is told; nothing is read from a feature_store.yaml.

    Raises:
        SettingsError: a store's URL can't be used.
    """
    workspace.feast_dir.mkdir(parents=True, exist_ok=True)
    return RepoConfig(
        project=PROJECT,
        provider="local",
        repo_path=str(workspace.root),
        registry=_registry(workspace),
        offline_store=_offline(workspace, offline_store),
        online_store=_online(workspace),
        materialization={"online_write_batch_size": WRITE_BATCH, "pull_latest_features": False},
        entity_key_serialization_version=3,
    )


def _registry(workspace: Workspace) -> dict[str, Any]:
    """An SQL registry takes many writers; its cache never goes stale by itself (a reader is made anew instead)."""
    url = workspace.settings.stores.feast_registry
    path = driver(expand(url)) if url else f"sqlite:///{workspace.feast_dir / 'registry.db'}"
    return {"registry_type": "sql", "path": path, "cache_ttl_seconds": 0}


def _online(workspace: Workspace) -> dict[str, Any]:
    """Our own plugin, which keeps one packed row per entity and view."""
    url = online_url(workspace)
    open_backend(url)  # asks nothing, but refuses what can't be one
    return {"type": ONLINE_STORE, "url": url}


def _offline(workspace: Workspace, kind: str) -> dict[str, Any]:
    """On Spark it has to know by which days snapshots are named."""
    return {"type": kind, "zone": workspace.tables.timezone} if kind == SPARK_STORE else {"type": kind}
