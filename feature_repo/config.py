"""Feast's configuration from the workspace's settings: SQLite by default; PostgreSQL, Redis, Valkey by settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from core.database import driver, expand
from core.errors import SettingsError
from core.workspace import Workspace
from feature_repo.feast_api import RepoConfig

PROJECT = "regulars"
OFFLINE_STORE = "feature_repo.offline.SnapshotOfflineStore"
"""Feast imports it by its name, when it is first needed."""
WRITE_BATCH = 10_000


def repo_config(workspace: Workspace) -> RepoConfig:
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
        offline_store={"type": OFFLINE_STORE},
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
    url = workspace.settings.stores.online
    if not url:
        return {"type": "sqlite", "path": str(workspace.feast_dir / "online.db")}
    parts = urlsplit(expand(url))
    scheme = parts.scheme.split("+")[0]
    if scheme == "redis":
        return _redis(parts)
    if scheme == "postgresql":
        return _postgres(parts)
    raise SettingsError(
        f"stores.online can't be a {scheme}:// URL", todo="use redis://, postgresql://, or leave it empty"
    )


def _redis(parts: SplitResult) -> dict[str, Any]:
    """redis://user:password@host:port/0, also for Valkey; ?ssl=true for TLS.

    The last write wins, as in the other stores: Feast's own check would refuse a snapshot taken again.
    """
    options = [f"{parts.hostname or 'localhost'}:{parts.port or 6379}", f"db={parts.path.strip('/') or 0}"]
    if parts.username:
        options.append(f"username={unquote(parts.username)}")
    if parts.password:
        options.append(f"password={unquote(parts.password)}")
    options += [f"{name}={value}" for name, value in parse_qsl(parts.query)]
    return {"type": "redis", "connection_string": ",".join(options), "skip_dedup": True}


def _postgres(parts: SplitResult) -> dict[str, Any]:
    """postgresql://user:password@host:port/database?sslmode=require."""
    query = dict(parse_qsl(parts.query))
    return {
        "type": "postgres",
        "host": parts.hostname or query.get("host", "localhost"),
        "port": parts.port or 5432,
        "database": parts.path.strip("/"),
        "db_schema": query.get("schema", "public"),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "sslmode": query.get("sslmode", "prefer"),
    }
