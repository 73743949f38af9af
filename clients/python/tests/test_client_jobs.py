"""Jobs: asked for, waited for, cancelled, and their files fetched."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from regulars_client import ProblemError, TimedOut, Unreachable
from regulars_client.testing import FakeRegulars

JOB = "1" * 32


def test_a_job_is_waited_for_with_pauses_that_grow() -> None:
    fake = FakeRegulars()
    client = fake.client()
    fake.answer("job", state="running")
    sleep = client._sleep

    def pause(seconds: float) -> None:
        sleep(seconds)
        if len(fake.paused) == 12:
            fake.answer("job", state="done")

    client._sleep = pause
    assert client.wait_for_job(JOB)["state"] == "done"
    assert fake.paused == sorted(fake.paused)
    assert (fake.paused[0], fake.paused[-1]) == (0.5, 15.0)


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_job_that_has_ended_is_not_waited_for(state: str) -> None:
    fake = FakeRegulars()
    fake.answer("job", state=state)
    assert fake.client().wait_for_job(JOB)["state"] == state
    assert fake.paused == []


def test_a_wait_ends_when_its_time_is_over() -> None:
    fake = FakeRegulars()
    fake.answer("job", state="running")
    with pytest.raises(TimedOut, match="is running after 1e-09 seconds"):
        fake.client().wait_for_job(JOB, timeout=1e-9)


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    fake = FakeRegulars()
    fake.file = b"x" * 100_000
    fake.fail(503)
    fake.reset()
    assert fake.client().download_job(JOB, tmp_path / "churn.csv") == tmp_path / "churn.csv"
    assert (tmp_path / "churn.csv").read_bytes() == fake.file
    assert [each.name for each in tmp_path.iterdir()] == ["churn.csv"]
    assert [call.operation for call in fake.calls] == ["download_job"] * 3


def test_a_file_that_does_not_come_leaves_the_one_before(tmp_path: Path) -> None:
    fake = FakeRegulars()
    (tmp_path / "churn.csv").write_text("old")
    fake.fail(409)
    with pytest.raises(ProblemError):
        fake.client().download_job(JOB, tmp_path / "churn.csv")
    fake.reset(9)
    with pytest.raises(Unreachable):
        fake.client().download_job(JOB, tmp_path / "churn.csv")
    assert [each.read_text() for each in tmp_path.iterdir()] == ["old"]


def test_awaited_jobs_are_the_same(tmp_path: Path) -> None:
    fake = FakeRegulars()

    async def whole() -> str:
        async with fake.async_client() as client:
            asked = await client.new_job("churn", format="csv")
            job = await client.wait_for_job(asked["job_id"])
            await client.download_job(job["job_id"], tmp_path / "churn.csv")
            return (await client.cancel_job(job["job_id"]))["job_id"]

    fake.answer("job", state="done")
    assert asyncio.run(whole())
    assert (tmp_path / "churn.csv").read_bytes() == fake.file


@pytest.mark.parametrize("job_id", ["", "a/../../healthz"])
def test_a_job_id_stays_a_part_of_the_address(job_id: str) -> None:
    fake = FakeRegulars()
    if job_id:
        fake.client().job(job_id)
        assert [call.operation for call in fake.calls] == ["job"]
    else:
        with pytest.raises(ValueError, match="job_id"):
            fake.client().job(job_id)
