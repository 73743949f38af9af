"""`python -m pipelines.batch_process JOB_ID`: one job of the service, in a process of its own at low priority.

It predicts as `regulars predict` does, and puts the file where every service finds it. Told to end (SIGTERM), or
where its job was cancelled, it ends and leaves nothing behind.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from core import idle_threads, logs, progress, telemetry
from core.batch_jobs import BatchJob, BatchJobs
from core.errors import RegularsError
from core.workspace import Workspace

BEAT_SECONDS: Final = 2.0
NICE: Final = 15
FOLDER: Final = "jobs"
T = TypeVar("T")


class _Told:
    """Progress that the job's row tells."""

    def __init__(self) -> None:
        self.now: dict[str, object] = {}

    def step(self, text: str) -> None:
        self.now = {"step": text, "share": None}

    def note(self, text: str) -> None:
        """Nobody reads it."""

    def track(self, items: Iterable[T], text: str, total: int | None = None) -> Iterator[T]:
        for number, item in enumerate(items):
            self.now = {"step": text, "share": number / total if total else None}
            yield item


def main() -> None:
    """Do the job; the exit code is 0 where its row says how it ended."""
    telemetry.switch_off()
    idle_threads.let_sleep()
    logs.configure()
    os.nice(NICE)
    workspace = Workspace.open()
    jobs = BatchJobs(workspace)
    job = jobs.find(sys.argv[1])
    if job is None:
        raise SystemExit(f"there is no job {sys.argv[1]}")
    told, parent = _Told(), os.getppid()
    threading.Thread(target=_beat, args=(jobs, job.job_id, told, parent), daemon=True).start()
    try:
        with progress.using(told):
            run(workspace, jobs, job)
    except RegularsError as error:
        jobs.fail(job.job_id, str(error))


def run(workspace: Workspace, jobs: BatchJobs, job: BatchJob) -> None:
    """Predict into a file of this machine, then keep it.

    Raises:
        RegularsError: as `regulars predict`.
    """
    from core.clock import resolve_as_of
    from pipelines import predictions

    folder = workspace.root / FOLDER
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        output = Path(own) / f"predictions.{job.suffix}"
        options = {name: job.options.get(name) for name in ("mode", "k", "level")}
        as_of = resolve_as_of(workspace, job.options.get("as_of"), any_past=True)
        done = predictions.predict(workspace, job.model, as_of, output, **options)  # type: ignore[arg-type]
        jobs.finish(job.job_id, output, version=done.version, as_of=done.as_of.isoformat(), rows=done.rows)


def _beat(jobs: BatchJobs, job_id: str, told: _Told, parent: int) -> None:
    """Say that it is at it; end at once where nobody wants it any more, or who started it has ended."""
    misses = 0
    while True:
        try:
            wanted, misses = jobs.see(job_id, **told.now), 0
        except Exception:  # the database is away: the next beat may reach it
            wanted, misses = True, misses + 1
        if not wanted or os.getppid() != parent or misses > 10:
            job = jobs.find(job_id) if misses == 0 else None
            os._exit(0 if job is not None and job.state != "running" else 1)
        time.sleep(BEAT_SECONDS)


if __name__ == "__main__":
    main()
