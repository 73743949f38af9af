"""A workspace whose `churn` is a toy, and a way to train versions of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from core.workspace import Workspace
from models.fairness_result import FairnessResult, GroupFigure
from models.registry import Registry
from models.version import Version
from tests.support import toy
from tests.support.mlflow import give_empty_registry
from tests.support.shop import empty_workspace

AS_OF = date(2024, 7, 1)


@pytest.fixture
def bare(tmp_path, monkeypatch) -> Workspace:
    """Nothing trained yet, no registry made yet."""
    toy.install(monkeypatch)
    return empty_workspace(tmp_path / "workspace")


@pytest.fixture
def workspace(bare) -> Workspace:
    give_empty_registry(bare)
    return bare


def fairness(verdict: str = "ok") -> FairnessResult:
    figure = GroupFigure("age_band", "old", "tier rate", 120, 0.30, 0.10, 3.0, 2.0, 4.0, verdict)  # type: ignore[arg-type]
    return FairnessResult("churn", date(2024, 6, 3), AS_OF, (figure,))


@pytest.fixture
def train(workspace, tmp_path) -> Callable[..., Version]:
    """`train(1.0)` logs a version that says 1.0 to everyone (the truth); others are worse the farther off."""
    return trainer(workspace, tmp_path)


def trainer(workspace: Workspace, folder: Path) -> Callable[..., Version]:
    from training import tracking

    def train(value: float = 1.0, verdict: str | None = "ok", **changes) -> Version:
        version = tracking.log(workspace, toy.record(folder, value, **changes))
        registry = Registry(workspace)
        if verdict is not None:
            registry.store_fairness(version, fairness(verdict))
        return registry.version("churn", version.version)

    return train
