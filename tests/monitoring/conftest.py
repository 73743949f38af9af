"""A shop of 400 customers with a champion that scores them, monitored once; copied for each test."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path

import pytest

from core import utc
from core.clock import present
from core.workspace import Workspace
from models import release
from monitoring import monitor, watch
from tests.support import watched
from tests.support.mlflow import give_empty_registry
from tests.support.once import once
from tests.support.shop import make_shop


@pytest.fixture(scope="session")
def _watched_template(tmp_path_factory) -> Path:
    return once(tmp_path_factory, "watched", make_watched_shop) / "workspace"


def make_watched_shop(folder: Path) -> None:
    """Trained as of 28 days ago, promoted, and monitored as of the present."""
    workspace = make_shop(folder / "workspace", customers=400, seed=11)
    give_empty_registry(workspace)
    with pytest.MonkeyPatch.context() as monkeypatch:
        watched.install(monkeypatch)
        as_of = present(workspace) - timedelta(days=28)
        version = watched.train(workspace, folder, as_of)
        watch.model(workspace, watched.KIND, as_of, utc.now())
        release.promote(workspace, "churn", version.version, "ana")
        monitor.run(workspace, present(workspace))


@pytest.fixture
def shop(_watched_template, tmp_path, monkeypatch) -> Workspace:
    """The watched shop, in a workspace of the test's own."""
    watched.install(monkeypatch)
    root = tmp_path / "workspace"
    shutil.copytree(_watched_template, root)
    # MLflow remembers for a whole process where a run's artifacts lie; the template's run is not this copy's.
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._artifact_repos_cache", OrderedDict())
    return Workspace.open(root)
