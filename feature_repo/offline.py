"""Feast's offline store over the snapshots of the workspace that is open.

The registry keeps where a view's snapshots lie relative to the workspace: machines that share a registry each read
their own, and a workspace that is copied or moved takes its snapshots with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from feast.infra.offline_stores.duckdb import DuckDBOfflineStore, DuckDBOfflineStoreConfig

from feature_repo.config import OFFLINE_STORE
from feature_repo.feast_api import FeatureView, FileSource, RepoConfig


class SnapshotOfflineStoreConfig(DuckDBOfflineStoreConfig):  # type: ignore[misc, unused-ignore]
    """As of Feast's own DuckDB store; found by its name."""

    type: str = OFFLINE_STORE


class SnapshotOfflineStore(DuckDBOfflineStore):  # type: ignore[misc, unused-ignore]
    """Feast's DuckDB store, told where this workspace lies each time it reads."""

    @staticmethod
    def get_historical_features(
        config: RepoConfig, feature_views: list[FeatureView], *arguments: Any, **options: Any
    ) -> Any:
        """The point-in-time join, over the snapshots of this workspace."""
        here = [_view_here(view, config) for view in feature_views]
        return DuckDBOfflineStore.get_historical_features(config, here, *arguments, **options)

    @staticmethod
    def pull_all_from_table_or_query(
        config: RepoConfig, data_source: FileSource, *arguments: Any, **options: Any
    ) -> Any:
        """The rows that fill the online store, from the snapshots of this workspace."""
        here = _source_here(data_source, config)
        return DuckDBOfflineStore.pull_all_from_table_or_query(config, here, *arguments, **options)


def _view_here(view: FeatureView, config: RepoConfig) -> FeatureView:
    here = view.__copy__()
    here.batch_source = _source_here(view.batch_source, config)
    return here


def _source_here(source: FileSource, config: RepoConfig) -> FileSource:
    return FileSource(
        name=source.name,
        path=str(Path(config.repo_path) / source.path),
        file_format=source.file_format,
        timestamp_field=source.timestamp_field,
        field_mapping=source.field_mapping,
    )
