"""A workspace's database with its tables and nothing in them, made once per process: making it takes Alembic."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from core.database import connect
from core.state.upgrade import upgrade

FILE = "state.db"


def give_empty_state(root: Path) -> None:
    """Put an empty state into a workspace that keeps it in SQLite and has none."""
    shutil.copy(_template(), root / FILE)


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="regulars-state-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = connect("", folder / FILE)
    upgrade(engine)
    engine.dispose()  # what lies in SQLite's log comes into the file
    return folder / FILE
