"""Looks at every table once: what the measures find, as one report."""

from __future__ import annotations

from collections.abc import Iterable

from core import query_engine, utc
from core.clock import present
from core.workspace import Workspace, of_one_generation
from feature_repo import engines
from feature_repo.contract import TABLES
from monitoring.data_quality.completeness import completeness
from monitoring.data_quality.consistency import consistency
from monitoring.data_quality.look import Look
from monitoring.data_quality.quality_report import Intake, ShopQuality, TableQuality
from monitoring.data_quality.timeliness import timeliness
from monitoring.data_quality.validity import validity

MEASURES = (completeness, validity, consistency, timeliness)
"""What is measured of each table; each yields findings."""


@of_one_generation
def assess(workspace: Workspace, intakes: Iterable[Intake] = ()) -> ShopQuality:
    """The quality of the tables in force.

    Args:
        workspace: whose tables.
        intakes: what the last readings of their sources told.

    Raises:
        NotReady: nothing has been ingested; or Spark, which is to count, is not installed.
        StoreError: the engine has no room, or fails.
    """
    workspace.tables.entry("orders")
    with query_engine.on_tables(workspace) as connection, engines.opened(workspace, keeps=False) as shop:
        told = {each.table: each for each in intakes}
        look = Look(workspace, connection, shop.table, shop.frame, told, present(workspace))
        tables = [
            TableQuality(
                name,
                workspace.tables.rows(name),
                tuple(finding for measure in MEASURES for finding in measure(look, name)),
            )
            for name in TABLES
            if workspace.tables.has(name)
        ]
    return ShopQuality(utc.text(), look.today, workspace.tables.generation, tuple(tables))
