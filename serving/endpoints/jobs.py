"""/v1/jobs: predictions for the whole population, in a file; asked for, looked at, cancelled and fetched.

A file of churn or recommendation names every customer: it takes the right `customers` beside `predict`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from core.audit import AuditLog
from core.batch_jobs import BatchJob, QueueFull
from core.keys import Key
from core.repeats import RequestToken
from serving.answers import JobAnswer, JobsAnswer
from serving.bodies import JobBody, JobPlace
from serving.downloads import Download
from serving.endpoint import Endpoint, writing
from serving.problems import NoRight, NoSuchJob, NotDone, TooBusy
from serving.runtime import Runtime

OF_CUSTOMERS: Final = {"churn", "recommendation"}
MEDIA_TYPES: Final = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}
LATER: Final = {"Retry-After": "60"}


def ask(runtime: Runtime, body: JobBody, key: Key, repeat: RequestToken | None) -> dict[str, Any]:
    """Put a job into the queue, and into the audit log who asked."""
    _refuse_customers(body.model, key)
    options = body.model_dump(exclude={"model"}, exclude_none=True)
    most = runtime.workspace.settings.serving.jobs_waiting
    try:
        job, is_new = runtime.jobs.jobs.ask(body.model, options, (key.id, key.name), most, repeat)
    except QueueFull as error:
        raise TooBusy(str(error), headers=LATER) from None
    if is_new:
        try:
            AuditLog(runtime.workspace).append("ask for job", key.name, job.job_id, {"model": body.model, **options})
        except Exception:
            runtime.jobs.jobs.cancel(job.job_id)
            raise
    return _told(runtime, job)


def jobs(runtime: Runtime, _body: None, key: Key) -> dict[str, Any]:
    """Those of the key; everybody's of one with the right `admin`."""
    found = runtime.jobs.jobs.all(None if "admin" in key.rights else key.id)
    return {"jobs": [_told(runtime, job) for job in found]}


def job(runtime: Runtime, place: JobPlace, key: Key) -> dict[str, Any]:
    """One job."""
    return _told(runtime, _found(runtime, place, key))


def cancel(runtime: Runtime, place: JobPlace, key: Key) -> dict[str, Any]:
    """End a job; one that has ended stays as it is."""
    found = _found(runtime, place, key)
    runtime.jobs.jobs.cancel(found.job_id)
    return _told(runtime, _found(runtime, place, key))


def file(runtime: Runtime, place: JobPlace, key: Key) -> Download:
    """What it has written."""
    found = _found(runtime, place, key)
    _refuse_customers(found.model, key)
    if found.state != "done" or found.bytes is None or found.sha256 is None:
        raise NotDone(f"the job is {found.state}" + (f": {found.problem}" if found.problem else ""))
    name = f"{found.model}-{found.as_of}.{found.suffix}"
    part = partial(runtime.jobs.jobs.part, found.job_id)
    return Download(name, MEDIA_TYPES[found.suffix], found.bytes, found.sha256, part)


def _refuse_customers(model: str, key: Key) -> None:
    if model in OF_CUSTOMERS and not key.allows("customers"):
        raise NoRight("customers", key.rights)


def _found(runtime: Runtime, place: JobPlace, key: Key) -> BatchJob:
    """Another key's job is not there, as one that never was."""
    found = runtime.jobs.jobs.find(place.job_id)
    if found is None or (found.key_id != key.id and "admin" not in key.rights):
        raise NoSuchJob("there is no job of this key by this id; GET /v1/jobs lists them")
    return found


def _told(runtime: Runtime, job: BatchJob) -> dict[str, Any]:
    keep = timedelta(hours=runtime.workspace.settings.serving.jobs_keep_hours)
    return {
        "job_id": job.job_id,
        "model": job.model,
        "format": job.suffix,
        "state": job.state,
        "step": job.step if job.state == "running" else None,
        "share": job.share if job.state != "waiting" else None,
        "problem": job.problem,
        "asked_at": _text(job.asked_at),
        "begun_at": _text(job.begun_at),
        "ended_at": _text(job.ended_at),
        "expires_at": _text(job.ended_at + keep if job.ended_at else None),
        "version": job.version,
        "as_of": job.as_of,
        "rows": job.rows,
        "bytes": job.bytes,
        "file": f"/v1/jobs/{job.job_id}/file" if job.state == "done" else None,
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


_EXAMPLE: Final = {"model": "churn", "format": "parquet"}
ENDPOINTS: Final = (
    Endpoint("POST", "/v1/jobs", "predict", None, JobAnswer, "Predict for the whole population into a file",
             JobBody, _EXAMPLE, lane=writing, taker=ask, name="new_job"),
    Endpoint("GET", "/v1/jobs", "predict", jobs, JobsAnswer, "The jobs that this key asked for"),
    Endpoint("GET", "/v1/jobs/{job_id}", "predict", job, JobAnswer, "How a job stands", name="job",
             lane=writing, place=JobPlace),
    Endpoint("DELETE", "/v1/jobs/{job_id}", "predict", cancel, JobAnswer, "Cancel a job", name="job",
             lane=writing, place=JobPlace),
    Endpoint("GET", "/v1/jobs/{job_id}/file", "predict", file, JobAnswer, "The file of a job that is done",
             name="job_file", lane=writing, place=JobPlace, download=True),
)  # fmt: skip
