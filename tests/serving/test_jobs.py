"""Predictions for the whole population by HTTP: asked for, seen, cancelled, fetched; each key sees its own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import utc
from core.audit import AuditLog
from core.batch_jobs import LOST, BatchJobs
from core.state.schema import BATCH_JOBS
from core.workspace import Workspace
from serving import job_runner
from tests.serving.conftest import Shop
from tests.serving.test_openapi import hold


@pytest.fixture
def asking(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A service on a machine that runs no jobs: another one would."""
    monkeypatch.setattr(job_runner.JobRunner, "can_run", False)
    return shop


def ask(shop: Shop, token: str = "", **body: Any) -> Any:
    return shop.post("/v1/jobs", {"model": "churn", **body}, token=token or shop.token)


def delete(shop: Shop, path: str, token: str = "") -> Any:
    return shop.client.delete(path, headers=shop.headers(token or shop.token))


def end(shop: Shop, job_id: str, content: bytes, folder: Path) -> None:
    """As the process does that runs it."""
    jobs = BatchJobs(shop.workspace)
    assert jobs.claim() is not None
    file = folder / "predictions"
    file.write_bytes(content)
    assert jobs.finish(job_id, file, version="1", as_of="2024-07-01", rows=3)


def test_a_job_waits_and_its_key_sees_it(asking: Shop) -> None:
    made = ask(asking, format="csv", as_of="2024-07-01").json()
    assert (made["state"], made["model"], made["format"], made["file"]) == ("waiting", "churn", "csv", None)
    answer = asking.get(f"/v1/jobs/{made['job_id']}")
    assert answer.json() == made
    hold(answer, "/v1/jobs/{job_id}", "get")
    assert asking.get("/v1/jobs").json() == {"jobs": [made]}
    (entry,) = AuditLog(asking.workspace).entries(made["job_id"])
    assert (entry.action, entry.who, entry.details["model"]) == ("ask for job", "test", "churn")


def test_another_key_sees_it_only_with_the_right_admin(asking: Shop) -> None:
    job_id = ask(asking).json()["job_id"]
    other = asking.keys.create("other", ["predict", "customers"])
    assert asking.get("/v1/jobs", other).json() == {"jobs": []}
    for answer in (
        asking.get(f"/v1/jobs/{job_id}", other),
        asking.get(f"/v1/jobs/{job_id}/file", other),
        delete(asking, f"/v1/jobs/{job_id}", other),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:regulars:problem:no-such-job")
    assert len(asking.get("/v1/jobs", asking.keys.create("boss", ["admin"])).json()["jobs"]) == 1


@pytest.mark.parametrize(("model", "status"), [("churn", 403), ("recommendation", 403), ("demand", 200)])
def test_what_names_customers_takes_the_right_to_them(asking: Shop, model: str, status: int) -> None:
    plain = asking.keys.create("plain", ["predict"])
    assert ask(asking, plain, model=model).status_code == status


def test_the_queue_is_bounded(asking: Shop) -> None:
    most = asking.workspace.settings.serving.jobs_waiting
    ids = [ask(asking).json()["job_id"] for _ in range(most)]
    full = ask(asking)
    assert (full.status_code, full.headers["retry-after"]) == (429, "60")
    cancelled = delete(asking, f"/v1/jobs/{ids[0]}")
    assert cancelled.json()["state"] == "cancelled"
    hold(cancelled, "/v1/jobs/{job_id}", "delete")
    assert ask(asking).status_code == 200


def test_a_job_asked_for_again_with_its_key_is_the_same(asking: Shop) -> None:
    first, again = (
        asking.post("/v1/jobs", {"model": "churn"}, headers={"Idempotency-Key": "a"}).json() for _ in range(2)
    )
    assert first["job_id"] == again["job_id"]
    other = asking.post("/v1/jobs", {"model": "demand"}, headers={"Idempotency-Key": "a"})
    assert other.status_code == 422
    assert len(AuditLog(asking.workspace).entries(first["job_id"])) == 1


def test_a_file_is_given_out_whole_or_in_ranges(asking: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.batch_jobs.PART", 7)
    content = bytes(range(100))
    job_id = ask(asking).json()["job_id"]
    place = f"/v1/jobs/{job_id}/file"
    assert asking.get(place).status_code == 409
    end(asking, job_id, content, tmp_path)
    told = asking.get(f"/v1/jobs/{job_id}").json()
    assert (told["state"], told["rows"], told["bytes"], told["file"], told["share"]) == ("done", 3, 100, place, 1.0)
    whole = asking.get(place)
    assert (whole.status_code, whole.content, whole.headers["content-length"]) == (200, content, "100")
    assert whole.headers["content-disposition"] == 'attachment; filename="churn-2024-07-01.parquet"'
    for asked, start, stop in (("0-6", 0, 7), ("5-20", 5, 21), ("93-", 93, 100), ("-10", 90, 100), ("7-999", 7, 100)):
        part = asking.client.get(place, headers={"Range": f"bytes={asked}", **asking.headers(asking.token)})
        assert (part.status_code, part.content) == (206, content[start:stop])
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/100"
    for asked in ("bytes=200-", "bytes=0-1,5-6", "lines=1-2", "bytes=-"):
        whole = asking.client.get(place, headers={"Range": asked, **asking.headers(asking.token)})
        assert (whole.status_code, whole.content) == (200, content)
    changed = {"Range": "bytes=0-1", "If-Range": '"another"', **asking.headers(asking.token)}
    assert asking.client.get(place, headers=changed).status_code == 200
    head = asking.client.head(place, headers=asking.headers(asking.token))
    assert (head.headers["content-length"], head.content) == ("100", b"")


def test_a_cancelled_job_keeps_no_file(asking: Shop, tmp_path: Path) -> None:
    job_id = ask(asking).json()["job_id"]
    jobs = BatchJobs(asking.workspace)
    assert jobs.claim() is not None
    assert delete(asking, f"/v1/jobs/{job_id}").json()["state"] == "cancelled"
    assert jobs.see(job_id) is False
    (tmp_path / "f").write_bytes(b"x")
    assert jobs.finish(job_id, tmp_path / "f", rows=1) is False
    assert jobs.part(job_id, 0) == b""
    assert delete(asking, f"/v1/jobs/{job_id}").json()["state"] == "cancelled"


def test_a_silent_job_has_failed_and_an_old_one_is_forgotten(asking: Shop, tmp_path: Path) -> None:
    done, lost = (ask(asking).json()["job_id"] for _ in range(2))
    end(asking, done, b"content", tmp_path)
    jobs = BatchJobs(asking.workspace)
    assert jobs.claim() is not None
    with asking.workspace.database.begin() as connection:
        long_ago = utc.naive(utc.now() - timedelta(minutes=5))
        connection.execute(BATCH_JOBS.update().where(BATCH_JOBS.c.job_id == lost).values(seen_at=long_ago))
    asking.runtime.jobs.refresh()
    assert [asking.get(f"/v1/jobs/{lost}").json()[name] for name in ("state", "problem")] == ["failed", LOST]
    jobs.sweep(timedelta(0))
    assert asking.get("/v1/jobs").json() == {"jobs": []}
    assert jobs.part(done, 0) == b""


@pytest.mark.parametrize("path", ["/v1/jobs/nonsense", "/v1/jobs/" + "0" * 32, "/v1/jobs/a/b", "/v1/jobs//file"])
def test_what_is_no_job_is_not_found(asking: Shop, path: str) -> None:
    assert asking.get(path).status_code == 404


def test_other_methods_are_told_which_there_are(asking: Shop) -> None:
    answer = asking.post("/v1/jobs/" + "0" * 32, {})
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, HEAD")


def test_two_machines_never_take_the_same(asking: Shop) -> None:
    ids = {ask(asking).json()["job_id"] for _ in range(4)}
    mine, others = BatchJobs(asking.workspace), BatchJobs(Workspace.open(asking.workspace.root))
    taken = [jobs.claim() for jobs in (mine, others, mine, others)]
    assert {job.job_id for job in taken if job} == ids
    assert mine.claim() is None
