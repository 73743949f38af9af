"""The service in process: real stores, real keys, requests through the whole way but the socket."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from core import clock
from core.keys import RIGHTS, KeyStore
from core.workspace import Workspace
from feature_repo import store
from models import artifact
from models.artifact_cache import MODEL, ArtifactCache, ServingState, seal_of
from models.churn import baselines as churn_baselines
from models.churn import dataset
from models.kinds import FittedModel, kind
from serving.http import Answering
from serving.runtime import Runtime
from tests.support.once import once
from tests.support.ports import own_port
from tests.support.postgres import new_database


def as_application(answering: Answering) -> ASGIApp:
    """With the start and end of a process, which BentoML answers."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answering(scope, receive, send)
            return
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})

    return application


class Shop:
    """Calls the service with a key that has every right, or with another."""

    def __init__(self, runtime: Runtime, name: str = "test") -> None:
        self.runtime = runtime
        self.workspace = runtime.workspace
        self.keys = KeyStore(runtime.workspace)
        self.token = self.keys.create(name, RIGHTS)
        self.answering = Answering(runtime)
        self.client = TestClient(as_application(self.answering), raise_server_exceptions=False)

    def headers(self, token: str | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"} if token else {}

    def post(self, path: str, body: Any = None, token: str | None = "", **more: Any) -> Any:
        content = more.pop("content", None)
        sent = {"content": content} if content is not None else {"json": body}
        headers = self.headers(self.token if token == "" else token) | more.pop("headers", {})
        return self.client.post(path, headers=headers, **sent, **more)

    def get(self, path: str, token: str | None = "", **more: Any) -> Any:
        return self.client.get(path, headers=self.headers(self.token if token == "" else token), **more)


def open_shop(workspace: Workspace, name: str = "test") -> Iterator[Shop]:
    runtime = Runtime(workspace)
    runtime.background.round()
    shop = Shop(runtime, name)
    with shop.client:
        yield shop
    runtime.close()


@contextmanager
def on_a_socket(shop: Shop) -> Iterator[str]:
    """The service of a test, in a thread; its address."""
    port = own_port()
    server = uvicorn.Server(uvicorn.Config(as_application(shop.answering), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def save_as_served(workspace: Workspace, version: str, **models: FittedModel) -> None:
    """What a machine has whose registry is gone: whole local copies of versions, noted as the last good ones."""
    for name, model in models.items():
        folder = workspace.models_dir / name / version
        model.save(folder / MODEL)
        artifact.seal(folder)
        state = ServingState(name, version, folder / MODEL, "champion", "model", seal_of(folder))
        ArtifactCache(workspace).remember(state)


@pytest.fixture(scope="session")
def fitted(_shop_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, FittedModel]]:
    """The small shop with a full online store, and a quick model of each kind fitted on it."""
    made = once(tmp_path_factory, "fitted", lambda folder: fit_quickly(_shop_template, folder))
    models = {folder.name: kind(folder.name).load(folder) for folder in sorted((made / "models").iterdir())}
    return made / "workspace", models


def fit_quickly(template: Path, folder: Path) -> None:
    """Fill the store as of the present, and fit and save the models."""
    workspace = Workspace.open(Path(shutil.copytree(template, folder / "workspace")))
    present = clock.present(workspace)
    store.materialize(workspace, present)
    labelled = dataset.labelled(workspace, [present - timedelta(days=28)], present)
    churn = churn_baselines.fit_on(workspace, labelled, dataset.unlabelled(workspace, present), present)
    models: dict[str, FittedModel] = {
        "churn": churn["rfm_logistic"],
        "demand": kind("demand").baselines(workspace, present)["seasonal_naive"],
        "recommendation": kind("recommendation").baselines(workspace, present)["item_item"],
        "value": kind("value").baselines(workspace, present)["bgnbd_gamma_gamma"],
    }
    for name, model in models.items():
        model.save(folder / "models" / name)


@pytest.fixture
def served(fitted: tuple[Path, dict[str, FittedModel]], tmp_path: Path) -> Workspace:
    """A workspace of the test's own whose models can be served."""
    root, models = fitted
    shutil.copytree(root, tmp_path / "served")
    workspace = Workspace.open(tmp_path / "served")
    save_as_served(workspace, "1", **models)
    return workspace


@pytest.fixture(params=["sqlite", "postgresql"])
def on_each_database(request: pytest.FixtureRequest, served: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    if request.param == "postgresql":
        monkeypatch.setenv("REGULARS_STORES__DATABASE", new_database(request.getfixturevalue("postgres_url")))
        workspace = Workspace.open(served.root)
        store.materialize(workspace, clock.present(workspace))  # the database says with what
    return Workspace.open(served.root)


@pytest.fixture
def shop(served: Workspace) -> Iterator[Shop]:
    """The service with a full online store and a model of each kind."""
    yield from open_shop(served)


@pytest.fixture
def bare(small_shop: Workspace) -> Iterator[Shop]:
    """The service of a shop that has trained nothing yet and filled no online store."""
    yield from open_shop(small_shop)
