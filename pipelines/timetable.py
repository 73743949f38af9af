"""What runs by the clock, as entries for cron, systemd or Kubernetes.

Two jobs: each night ingest, materialize and monitor, one after the other, so that none reads what the one before has
not finished; once a week a training of each model, which promotes nothing. One lock keeps them apart: a job that is
due while another runs waits for it.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Final, Literal

from core.errors import UsageError

Format = Literal["cron", "systemd", "kubernetes"]
FORMATS: Final[tuple[Format, ...]] = ("cron", "systemd", "kubernetes")
WAIT_SECONDS: Final = 6 * 3600
"""How long a job waits for the one before, and what a job may take in a cluster."""
_SUNDAY: Final = "Sun"


@dataclass(frozen=True)
class Job:
    """Something that runs at an hour and a minute of each day, or of one day of the week."""

    name: str
    about: str
    at: time
    commands: Sequence[str]
    weekly: bool = False
    goes_on: bool = False

    def script(self, regulars: str, workspace: str) -> str:
        """One line of sh; the exit code is that of what failed first, or where the rest goes on, last."""
        asked = [f"{regulars} {command} -w {shlex.quote(workspace)}" for command in self.commands]
        if not self.goes_on:
            return " && ".join(asked)
        return "rc=0; " + "; ".join(f"{each} || rc=$?" for each in asked) + "; exit $rc"

    @property
    def cron(self) -> str:
        """When, in cron's five fields."""
        return f"{self.at.minute} {self.at.hour} * * {'0' if self.weekly else '*'}"


def jobs(at: str, models: Sequence[str], act: bool) -> list[Job]:
    """The jobs for a time of the day such as 04:30; without models nothing is trained by the clock.

    Raises:
        UsageError: it is no time.
    """
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at):
        raise UsageError(f"--time {at!r} is no time of the day", todo="write hours and minutes: 04:30")
    start = time.fromisoformat(at)
    nightly = ["ingest", "materialize", "monitor --act" if act else "monitor"]
    night = Job("nightly", "ingest, materialize, monitor", start, nightly)
    trained = [f"train {model}" for model in models]
    later = start.replace(hour=(start.hour + 2) % 24)
    retrain = Job("retrain", f"train {', '.join(models)}", later, trained, weekly=True, goes_on=True)
    return [night, retrain] if models else [night]


def cron(jobs: Sequence[Job], regulars: str, workspace: Path) -> str:
    """A crontab's block between two marks, by which it is found again. Times are the machine's."""
    begin, end = marks(workspace)
    lines = [begin]
    for job in jobs:
        command = _locked(job, regulars, workspace).replace("%", r"\%")
        lines += [f"# {job.name}: {job.about}", f"{job.cron} {command}"]
    return "\n".join([*lines, end]) + "\n"


def marks(workspace: Path) -> tuple[str, str]:
    """The first and the last line of a workspace's block in a crontab."""
    return f"# regulars {workspace} begin", f"# regulars {workspace} end"


def replaced(crontab: str, block: str, workspace: Path) -> str:
    """A crontab with the block in the place of the workspace's earlier one, else at its end."""
    begin, end = marks(workspace)
    kept = re.sub(rf"(?ms)^{re.escape(begin)}\n.*?^{re.escape(end)}\n?", "", crontab)
    return (kept if not kept or kept.endswith("\n") else kept + "\n") + block


def systemd(jobs: Sequence[Job], regulars: str, workspace: Path, timezone: str) -> Mapping[str, str]:
    """The units by file name: a service and a timer a job. Times are the shop's; a missed one is made up for."""
    units = {}
    for job in jobs:
        name = f"regulars-{job.name}-{hashlib.sha256(str(workspace).encode()).hexdigest()[:8]}"
        day = f"{_SUNDAY} *-*-*" if job.weekly else "*-*-*"
        about = f"Regulars: {job.about}"
        units[f"{name}.service"] = (
            f"[Unit]\nDescription={about}\n\n[Service]\nType=oneshot\n"
            f"ExecStart=/bin/sh -c {_quoted(_locked(job, regulars, workspace))}\nNice=10\n"
        )
        units[f"{name}.timer"] = (
            f"[Unit]\nDescription={about}\n\n[Timer]\nOnCalendar={day} {job.at:%H:%M}:00 {timezone}\n"
            "Persistent=true\n\n[Install]\nWantedBy=timers.target\n"
        )
    return units


def kubernetes(jobs: Sequence[Job], timezone: str, image: str, claim: str) -> list[dict[str, Any]]:
    """CronJobs for a cluster: the workspace is the volume of a claim, at /shop. Times are the shop's."""
    return [_cron_job(job, timezone, image, claim) for job in jobs]


def _cron_job(job: Job, timezone: str, image: str, claim: str) -> dict[str, Any]:
    container = {
        "name": job.name,
        "image": image,
        "command": ["sh", "-c", job.script("regulars", "/shop")],
        "envFrom": [
            {"configMapRef": {"name": "regulars-stores", "optional": True}},
            {"secretRef": {"name": "regulars-environment", "optional": True}},
        ],
        "resources": {"requests": {"cpu": "2", "memory": "4Gi"}, "limits": {"memory": "8Gi"}},
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "shop", "mountPath": "/shop"}, {"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "shop", "persistentVolumeClaim": {"claimName": claim}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "4Gi"}},
        ],
    }
    template = {"metadata": {"labels": {"app.kubernetes.io/component": job.name}}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": f"regulars-{job.name}", "labels": {"app.kubernetes.io/component": job.name}},
        "spec": {
            "schedule": job.cron,
            "timeZone": timezone,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "jobTemplate": {"spec": {"backoffLimit": 0, "activeDeadlineSeconds": WAIT_SECONDS, "template": template}},
        },
    }


def _locked(job: Job, regulars: str, workspace: Path) -> str:
    """The job under the lock that all of a workspace share."""
    lock = shlex.quote(str(workspace / ".schedule.lock"))
    script = shlex.quote(job.script(shlex.quote(regulars), str(workspace)))
    return f"flock -w {WAIT_SECONDS} {lock} sh -c {script}"


def _quoted(command: str) -> str:
    """As a word of a systemd unit: quotes, `%` and `$` mean something there."""
    escaped = command.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("%", "%%").replace("$", "$$") + '"'
