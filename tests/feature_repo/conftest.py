"""One small shop whose online store is filled, for all tests that only read it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from core.workspace import Workspace
from feature_repo import store
from tests.support.once import once
from tests.support.shop import FIRST_DAY, unbuilt_copy

D = FIRST_DAY + timedelta(days=150)


@pytest.fixture(scope="session")
def filled(_shop_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small shop with every view materialized as of D; read it only."""
    made = once(tmp_path_factory, "filled", lambda folder: fill(_shop_template, folder / "workspace"))
    return Workspace.open(made / "workspace")


def fill(template: Path, root: Path) -> None:
    """A full online store beside the tables."""
    store.materialize(unbuilt_copy(template, root), D)


@pytest.fixture
def filled_copy(filled: Workspace, tmp_path: Path) -> Workspace:
    """The same to write to."""
    shutil.copytree(filled.root, tmp_path / "copy")
    return Workspace.open(tmp_path / "copy")
