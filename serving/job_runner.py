"""Runs the jobs of the queue, one at a time on a machine that has the shop's tables, each in a process of its own."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Final

import structlog

from core import locks
from core.batch_jobs import BatchJob, BatchJobs
from core.workspace import Workspace
from serving import side_process

MODULE: Final = "pipelines.batch_process"
"""Named, not imported: what prepares features is no part of the service."""
FOLDER: Final = "jobs"
_log = structlog.get_logger(__name__)


class JobRunner:
    """`refresh` looks for a job and sees to the one under way; a thread waits for the process."""

    def __init__(self, workspace: Workspace, origin: Workspace) -> None:
        self._origin = origin
        self._keep = timedelta(hours=workspace.settings.serving.jobs_keep_hours)
        self.jobs = BatchJobs(workspace)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    @property
    def can_run(self) -> bool:
        """Whether this machine has the tables, and the code that prepares features."""
        return self._origin.tables.has("orders") and side_process.is_installed(MODULE)

    def refresh(self) -> None:
        """Sweep, and begin with what waits where nothing is under way here."""
        self.jobs.sweep(self._keep)
        if self._thread is not None and self._thread.is_alive():
            return
        if self.can_run:
            self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the process under way; its job is said to have failed."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _work(self) -> None:
        """While this worker is the machine's one, until nothing waits."""
        with locks.trying(self._origin.root / FOLDER / ".lock") as is_alone:
            while is_alone and not self._stop.is_set():
                job = self.jobs.claim()
                if job is None:
                    return
                self._run(job)

    def _run(self, job: BatchJob) -> None:
        code = side_process.run(self._origin, MODULE, job.job_id, stop=self._stop)
        if self.jobs.fail(job.job_id, f"its process ended with {code}; ask again"):
            _log.error("job_failed", job=job.job_id, code=code)
