"""A workspace that is copied, moved or restored is its own: the registry in it leads nowhere else."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import mlflow.pyfunc
import pandas as pd
import pytest

from core.workspace import Workspace
from models import mlflow_store, release
from models.registry import Registry
from models.version import Version
from tests.models.conftest import fairness, trainer


def content(folder: Path) -> dict[str, str]:
    """Every file below the folder, with a hash of what is in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def trained(workspace: Workspace, train: Callable[..., Version]) -> Workspace:
    release.promote(workspace, "churn", train(1.0).version, "anna")
    workspace.database.dispose()
    return workspace


def test_what_is_done_in_a_copy_changes_nothing_in_the_original(trained: Workspace, tmp_path: Path) -> None:
    shutil.copytree(trained.root, tmp_path / "copy")
    before = content(trained.root)
    copy = Workspace.open(tmp_path / "copy")
    registry = Registry(copy)
    champion = registry.version("churn", "champion")
    registry.store_fairness(champion, fairness("flagged"))
    train = trainer(copy, tmp_path / "more")
    release.promote(copy, "churn", train(1.0).version, "bert")
    assert registry.fairness(champion) == fairness("flagged")
    assert content(trained.root) == before
    assert Registry(trained).fairness(champion) == fairness("ok")


def test_a_workspace_that_was_moved_needs_nothing_of_its_old_place(trained: Workspace, tmp_path: Path) -> None:
    trained.root.rename(tmp_path / "restored")
    shutil.rmtree(tmp_path / "restored" / "models")
    registry = Registry(Workspace.open(tmp_path / "restored"))
    champion = registry.version("churn", "champion")
    assert (registry.fetch(champion) / "model" / "model.json").is_file()
    assert registry.read_text(champion, "card.md").startswith("#")
    assert registry.fairness(champion) == fairness("ok")


def test_a_copy_leads_to_itself_however_the_experiments_are_called(trained: Workspace, tmp_path: Path) -> None:
    client = Registry(trained).client
    client.rename_experiment(client.get_experiment_by_name("churn").experiment_id, "first tries")
    shutil.copytree(trained.root, tmp_path / "copy")
    before = content(trained.root / "mlflow" / "artifacts")
    copy = Registry(Workspace.open(tmp_path / "copy"))
    copy.store_fairness(copy.version("churn", "champion"), fairness("flagged"))
    assert content(trained.root / "mlflow" / "artifacts") == before


def test_a_copy_of_a_copy_in_a_folder_within_follows_too(trained: Workspace) -> None:
    """The paths of the one are the beginning of those of the other."""
    inner = trained.root / "mlflow" / "artifacts" / "backup"
    shutil.copytree(trained.root, inner, ignore=shutil.ignore_patterns("backup"))
    champion = Registry(Workspace.open(inner)).version("churn", "champion")
    assert champion.location.startswith(f"{inner}/mlflow/artifacts/churn/")


def test_a_workspace_that_is_moved_under_an_open_registry_is_followed(trained: Workspace, tmp_path: Path) -> None:
    moved = Workspace.open(trained.root.rename(tmp_path / "moved"))
    assert Registry(moved).version("churn", "champion").location.startswith(str(moved.root))
    back = Workspace.open(moved.root.rename(trained.root))
    registry = Registry(back)
    assert registry.version("churn", "champion").location.startswith(str(back.root))
    assert registry.fairness(registry.version("churn", "champion")) == fairness("ok")


def test_after_that_mlflow_itself_loads_the_copys_models(trained: Workspace, tmp_path: Path) -> None:
    shutil.copytree(trained.root, tmp_path / "copy")
    copy = Workspace.open(tmp_path / "copy")
    mlflow_store.follow(copy)
    shutil.rmtree(trained.root)
    mlflow.set_tracking_uri(mlflow_store.address(copy))
    try:
        model = mlflow.pyfunc.load_model("models:/churn@champion")
    finally:
        mlflow.set_tracking_uri(None)
    assert model.predict(pd.DataFrame({"days_since_last_visit": [1.0, 2.0]}))["probability"].tolist() == [1.0, 2.0]


def test_artifacts_on_a_server_stay_where_they_are(trained: Workspace, tmp_path: Path) -> None:
    engine = Registry(trained).client._tracking_client.store.engine
    elsewhere = "s3://bucket/mlflow/artifacts/churn/1"
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET artifact_uri = ?", (elsewhere,))
    mlflow_store.follow(trained)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT DISTINCT artifact_uri FROM runs").scalars().all() == [elsewhere]
