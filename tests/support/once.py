"""What is dear to make is made once for all workers of a run, in its temporary folder; no other run finds it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core import locks


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` has made, whichever worker asked first; read it, or copy it to change it."""
    base = factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / f"once-{name}"
    made, done = folder / "made", folder / "done"
    folder.mkdir(exist_ok=True)
    with locks.waiting(folder / "lock"):
        if not done.exists():
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            make(made)
            done.touch()
    return made
