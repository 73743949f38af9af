"""Versions of the kinds that are dear to train, of the small shop: trained once per run for all workers, only read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core.workspace import Workspace
from models import kinds
from models.kinds import Budget
from models.registry import Registry
from models.version import Version
from tests.support.mlflow import give_empty_registry
from tests.support.once import once
from tests.support.shop import FIRST_DAY, unbuilt_copy
from training import run

AS_OF = FIRST_DAY + timedelta(days=200)
BUDGET = Budget(1, 900)


def trained(factory: pytest.TempPathFactory, template: Path, name: str) -> tuple[Workspace, Version]:
    """The workspace and version 1 of a kind, as a training as of `AS_OF` with one trial leaves them."""
    made = once(factory, f"trained-{name}", lambda folder: _train(template, folder / "workspace", name))
    workspace = Workspace.open(made / "workspace")
    return workspace, Registry(workspace).version(name, "1")


def _train(template: Path, root: Path, name: str) -> None:
    workspace = unbuilt_copy(template, root)
    give_empty_registry(workspace)
    run.train(workspace, kinds.kind(name), AS_OF, BUDGET)
