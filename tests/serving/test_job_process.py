"""A job from the request to the file, by real processes: `regulars serve`, and the one that predicts."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
from regulars_client import ProblemError, Regulars

from core.workspace import Workspace
from models.kinds import FittedModel
from models.registry import Registry
from models.version import CHAMPION
from pipelines import predictions
from serving.job_runner import MODULE
from tests.serving.process import Process
from tests.serving.test_process import register
from tests.support.mlflow import give_empty_registry

pytestmark = pytest.mark.long
SECONDS = 120


@pytest.fixture
def process(served: Workspace, fitted: tuple[Path, dict[str, FittedModel]], tmp_path: Path) -> Iterator[Process]:
    give_empty_registry(served)
    version = register(served, tmp_path / "first", fitted[1]["churn"])
    Registry(served).set_alias("churn", CHAMPION, version)
    process = Process(served)
    try:
        process.start()
        yield process
    finally:
        process.stop()


def wait_for(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    return pytest.fail("it did not happen in time")


def ended(process: Process, job_id: str) -> dict[str, Any]:
    def look() -> Any:
        job = process.get(f"/v1/jobs/{job_id}").json()
        return job if job["state"] not in {"waiting", "running"} else None

    found: dict[str, Any] = wait_for(look)
    return found


def predicting(process: Process) -> psutil.Process | None:
    return next((each for each in process.family() if MODULE in each.cmdline()), None)


def test_the_file_is_that_of_the_command_and_a_killed_job_can_be_asked_again(
    process: Process, served: Workspace, tmp_path: Path
) -> None:
    killed = process.post("/v1/jobs", {"model": "churn"}).json()["job_id"]
    found = wait_for(lambda: predicting(process))
    wait_for(lambda: found.nice() >= 15)
    found.kill()
    failed = ended(process, killed)
    assert (failed["state"], "ask again" in failed["problem"]) == ("failed", True)
    assert process.get(f"/v1/jobs/{killed}/file").status_code == 409

    job = ended(process, process.post("/v1/jobs", {"model": "churn"}).json()["job_id"])
    assert (job["state"], job["problem"]) == ("done", None)
    content = process.get(job["file"]).content
    assert len(content) == job["bytes"]
    told = pq.read_table(io.BytesIO(content))
    done = predictions.predict(served, "churn", told["as_of"][0].as_py(), tmp_path / "own.parquet")
    assert told.equals(pq.read_table(tmp_path / "own.parquet"))
    assert (job["rows"], job["version"]) == (done.rows, done.version)
    assert [path.name for path in (served.root / "jobs").iterdir() if path.name != ".lock"] == []

    refused = ended(process, process.post("/v1/jobs", {"model": "demand"}).json()["job_id"])
    assert refused["state"] == "failed"
    assert "demand" in refused["problem"]


def test_the_client_asks_waits_fetches_and_cancels(process: Process, tmp_path: Path) -> None:
    token = process.client.headers["Authorization"].removeprefix("Bearer ")
    with Regulars(str(process.client.base_url), token) as client:
        asked = client.new_job("churn", format="csv")
        job = client.wait_for_job(asked["job_id"], timeout=SECONDS)
        assert (job["state"], job["problem"]) == ("done", None)
        path = client.download_job(job["job_id"], tmp_path / "churn.csv")
        assert len(path.read_text().splitlines()) == 1 + (job["rows"] or 0)
        assert path.stat().st_size == job["bytes"]
        with pytest.raises(ProblemError) as found:
            client.download_job("0" * 32, path)
        assert (found.value.status, path.stat().st_size) == (404, job["bytes"])
        cancelled = client.cancel_job(client.new_job("churn")["job_id"])
        assert cancelled["state"] == "cancelled"
