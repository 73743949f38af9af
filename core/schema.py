"""Makes the tables a module keeps in the workspace's database, safely from several processes at once."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.schema import CreateIndex, CreateTable


def ensure(engine: Engine, metadata: sa.MetaData) -> None:
    """Make what is not there yet; tables that are there stay as they are."""
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
