"""The three stores that keep packed rows, each as real as in production."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from feature_repo.packed.backend import Backend, open_backend
from tests.support.postgres import new_database


@pytest.fixture(params=["sqlite", "postgresql", "valkey"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'rows.db'}"
    if request.param == "postgresql":
        return new_database(request.getfixturevalue("postgres_url"))
    url: str = request.getfixturevalue("valkey_url")
    redis.Redis.from_url(url).flushall()
    return url


@pytest.fixture
def backend(store_url: str) -> Iterator[Backend]:
    opened = open_backend(store_url)
    yield opened
    opened.close()
