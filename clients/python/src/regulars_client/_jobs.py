"""What waiting for a job and fetching its file have in common, whoever waits."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from regulars_client import errors, types
from regulars_client._call import Times

ENDED: Final = ("done", "failed", "cancelled")
JOB_SECONDS: Final = 3600.0
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0
LONGER: Final = 1.5


class Waiting:
    """The pauses between two looks at a job: longer each time, and none beyond the time there is."""

    def __init__(self, job_id: str, seconds: float, times: Times) -> None:
        self._job_id, self._seconds, self._times = job_id, seconds, times
        self._ends = times.now() + seconds
        self._pause = FIRST_PAUSE

    def next_pause(self, job: types.JobAnswer) -> float | None:
        """Seconds until the next look; None: the job has ended.

        Raises:
            TimedOut: it has not, and the time is over.
        """
        if job["state"] in ENDED:
            return None
        left = self._ends - self._times.now()
        if left <= 0:
            message = f"job {self._job_id} is {job['state']} after {self._seconds:g} seconds; it goes on: wait again"
            raise errors.TimedOut(message, request_id="", attempts=0)
        pause, self._pause = min(self._pause, left), min(self._pause * LONGER, LONGEST_PAUSE)
        return pause


@contextlib.contextmanager
def arriving(target: Path) -> Iterator[IO[bytes]]:
    """A file beside the target that takes its place once it is whole; what breaks off leaves the target as it was."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
