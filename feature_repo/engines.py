"""Which engine computes features: a class of the shop's tables for each, chosen by `features.engine`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core import spark_session
from core.workspace import Workspace
from feature_repo import shop_tables
from feature_repo.shop_tables import ShopTables


@contextmanager
def opened(workspace: Workspace) -> Iterator[ShopTables]:
    """The shop's tables on the engine of the settings; what it keeps is freed at the end of the block.

    Raises:
        NotReady: nothing has been ingested; or Spark or Java is not installed.
        StoreError: Spark can't begin.
    """
    tables = _on_spark(workspace) if workspace.settings.features.engine == "spark" else _embedded(workspace)
    try:
        yield tables
    finally:
        tables.let_go()


def _embedded(workspace: Workspace) -> ShopTables:
    return shop_tables.tables(workspace, shop_tables.connect(workspace))


def _on_spark(workspace: Workspace) -> ShopTables:
    session = spark_session.session(workspace)  # first, for it says what is not installed
    from feature_repo.spark_tables import SparkTables

    return SparkTables(workspace, session)
