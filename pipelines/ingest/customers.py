"""Whether an ingest makes ids persons: where the mapping says how, or where the last ingest did so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from core.workspace import Workspace
from feature_repo.contract import TABLES
from pipelines.ingest.merge import stored
from pipelines.sources.source import Source

if TYPE_CHECKING:
    from pipelines.identity.in_ingest import Identification


def identification(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, source: Source, *, remembers: bool
) -> Identification | None:
    """What makes ids persons; `remembers` is false where rows go by the persons that the last ingest found."""
    if source.identity is None and not stored(workspace, TABLES["identities"]).rows:
        return None
    from pipelines.identity.in_ingest import Identification  # only shops that ask for it pay for it

    return Identification(workspace, connection, source, remembers=remembers)
