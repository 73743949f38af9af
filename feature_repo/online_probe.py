"""Whether the online store answers, asked by its own light client: Feast takes seconds to import."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from core.database import connect, expand
from core.workspace import Workspace

SECONDS = 5


def ask(workspace: Workspace) -> str:
    """What kind of store answered; whatever its client raises where it does not."""
    url = workspace.settings.stores.online
    if not url:
        file = workspace.feast_dir / "online.db"
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return "sqlite"
    if expand(url).startswith("redis"):
        import redis

        with redis.Redis.from_url(expand(url), socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client:
            client.ping()
        return "redis"
    with connect(url, Path()).connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        return connection.dialect.name
