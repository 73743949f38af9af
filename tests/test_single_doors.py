"""What every part needs is done in one place: a connection, a lock, an atomic write, the present moment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_layers import MODULES, ROOT

DOORS = {
    "duckdb.connect": {"core/query_engine.py"},
    "filelock": {"core/locks.py"},
    "fcntl": set(),
    "tempfile.mkdtemp": {"core/files.py"},
    "os.replace": {"core/files.py"},
    "datetime.now": {"core/utc.py"},
    "datetime.utcnow": set(),
    "sklearn.metrics.ndcg_score": set(),
}


def named(path: Path) -> Iterator[str]:
    """The modules that a module imports, and the dotted names that it uses."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module), names=aliases):
                yield module
                yield from (f"{module}.{alias.name}" for alias in aliases)
            case ast.Attribute():
                yield ast.unparse(node)


@pytest.mark.parametrize("door", DOORS)
def test_it_is_done_behind_one_door(door: str) -> None:
    used = {str(path.relative_to(ROOT)) for path in MODULES if door in set(named(path))}
    assert used <= DOORS[door]
