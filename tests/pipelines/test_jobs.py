"""A job reads one generation of the tables from its entry on, whatever an ingest commits meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import pytest

from core.manifest import TableChange
from core.workspace import Workspace
from models import release
from models.kinds import Budget, kind
from monitoring import monitor
from monitoring.side_by_side import kept_comparisons
from pipelines import features, predictions, training_pipeline
from training import run

D = date(2024, 6, 1)
# What each begins with, which is handed the workspace it goes on with.
JOBS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], str]] = {
    "train": (training_pipeline.train, ("churn", D), "pipelines.training_pipeline.run.train"),
    "train a kind": (run.train, (kind("churn"), D, Budget(1, 1)), "training.run.fit"),
    "predict": (predictions.predict, ("churn", D, Path("out.csv")), "pipelines.predictions.Registry"),
    "monitor": (monitor.run, (D,), "core.clock.resolve_as_of"),
    "features build": (features.build, (D,), "feature_repo.snapshots.ensure_all"),
    "features export": (features.export, (D, Path("out.csv")), "feature_repo.store.matrix"),
    "materialize": (features.materialize, (D,), "feature_repo.folding.refill"),
    "promote": (release.promote, ("churn", "1", "ada"), "models.release.Registry"),
    "compare": (kept_comparisons.made, ("churn", "1", "2"), "monitoring.side_by_side.kept_comparisons.Registry"),
}


class BegunError(Exception):
    """The job has begun."""


def commit(workspace: Workspace) -> None:
    workspace.table_store.commit({"orders": TableChange([], 1, D)})


@pytest.mark.parametrize("name", JOBS)
def test_a_commit_after_its_beginning_is_not_seen_by_a_job(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    job, arguments, beginning = JOBS[name]

    def meanwhile(workspace: Workspace, *_: Any, **__: Any) -> NoReturn:
        before = workspace.tables.generation
        commit(new_workspace)
        assert (before, workspace.tables.generation, new_workspace.tables.generation) == (1, 1, 2)
        raise BegunError

    commit(new_workspace)
    monkeypatch.setattr(beginning, meanwhile)
    with pytest.raises(BegunError):
        job(new_workspace, *arguments)
