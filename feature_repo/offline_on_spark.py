"""Feast's Spark offline store over the snapshots of the workspace that is open.

Feast's store takes the session that is active and changes how it reads names, so it is handed one apart from all
others. Of each view it reads the snapshots of the days asked for: those of other days may be older, with other columns.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from pyspark.sql import SparkSession

from feature_repo.config import SPARK_STORE
from feature_repo.feast_api import FeatureView, RepoConfig
from feature_repo.partitions import partition_in
from feature_repo.snapshots import TIMESTAMP
from feature_repo.spark_tables import said_literally

with warnings.catch_warnings():  # Feast changes what is said of warnings when it is imported
    from feast.infra.offline_stores.contrib.spark_offline_store.spark import SparkOfflineStore, SparkOfflineStoreConfig
    from feast.infra.offline_stores.contrib.spark_offline_store.spark_source import SparkSource


class SparkSnapshotOfflineStoreConfig(SparkOfflineStoreConfig):  # type: ignore[misc, unused-ignore]
    """As of Feast's own Spark store, and the shop's zone, by whose days snapshots are named; found by its name."""

    type: str = SPARK_STORE
    zone: str = "UTC"


class SparkSnapshotOfflineStore(SparkOfflineStore):  # type: ignore[misc, unused-ignore]
    """Feast's Spark store, told which files to read each time it reads."""

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame,
        *arguments: Any,
        **options: Any,
    ) -> Any:
        """The point-in-time join in the active session, over the snapshots of the entities' days."""
        session, folder = SparkSession.getActiveSession(), Path(config.repo_path)
        assert session is not None
        days = sorted(set(entity_df[TIMESTAMP].dt.tz_convert(ZoneInfo(config.offline_store.zone)).dt.date))
        here = [_view_of(view, session, folder, days) for view in feature_views]
        return SparkOfflineStore.get_historical_features(config, here, feature_refs, entity_df, *arguments, **options)


def _view_of(view: FeatureView, session: SparkSession, folder: Path, days: Sequence[date]) -> FeatureView:
    """The view over a table of the session that has the snapshots of these days."""
    name, files = f"{view.name}_snapshots", [partition_in(folder, view.name, day) for day in days]
    session.read.parquet(*map(said_literally, files)).createOrReplaceTempView(name)
    here = view.__copy__()
    here.batch_source = SparkSource(name=name, table=name, timestamp_field=TIMESTAMP)
    return here
