"""Which engine computes features: a class of the shop's tables for each, chosen by `features.engine`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from core import spark_session
from core.settings import FeatureEngine
from core.workspace import Workspace
from feature_repo import shop_tables
from feature_repo.engine_errors import engine_errors
from feature_repo.shop_tables import AGGREGATES, READABLE, ShopTables


@contextmanager
def opened(workspace: Workspace, *, keeps: bool = True) -> Iterator[ShopTables]:
    """The shop's tables on the engine of the settings; what it keeps is freed at the end of the block.

    Args:
        workspace: whose tables.
        keeps: whether the embedded engine keeps aggregates of many lines for later commands; who asks for none of them
            needs none of the codes that they are made with.

    Raises:
        NotReady: nothing has been ingested; or Spark or Java is not installed.
        DataError: a file of the tables, or of what is kept of them, is damaged.
        StoreError: memory or disk have no room; Spark can't begin, or fails within the block.
    """
    with _OPENED[workspace.settings.features.engine](workspace, keeps) as tables:
        yield tables


@contextmanager
def _embedded(workspace: Workspace, keeps: bool) -> Iterator[ShopTables]:
    with engine_errors(workspace.tables, READABLE, workspace.features_dir / AGGREGATES):
        tables = shop_tables.tables(workspace, shop_tables.connect(workspace), keeps=keeps)
        try:
            yield tables
        finally:
            tables.let_go()


@contextmanager
def _on_spark(workspace: Workspace, _: bool) -> Iterator[ShopTables]:
    session = spark_session.session(workspace)  # first, for it says what is not installed
    from feature_repo.spark_tables import SparkTables

    with spark_session.errors(workspace):
        tables = SparkTables(workspace, session)
        try:
            yield tables
        finally:
            tables.let_go()


_OPENED: Final[Mapping[FeatureEngine, Callable[[Workspace, bool], AbstractContextManager[ShopTables]]]] = {
    "duckdb": _embedded,
    "spark": _on_spark,
}
