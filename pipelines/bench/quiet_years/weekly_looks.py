"""Weekly looks at a shop as it went, by the product's own monitor: its season alone is to raise nothing.

In a copy of the workspace, which has its tables and none of its versions or looks, models are trained as of a day and
looked at every seventh day after it, each time with what was known then. Nothing is invented and nothing planted: what
moves is what the shop's weeks did, holidays among them. It is one course of one shop, so that it counts no error rate;
drawn years do (`resampled_year`).
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from core.clock import present
from core.errors import UsageError
from core.progress import current
from core.workspace import SETTINGS_FILE, Workspace
from models.kinds import learnable
from monitoring import monitor
from monitoring.results import ColumnDrift, MonitorReport
from pipelines.training_pipeline import train

HEADER = ("day", "columns", "drift", "other alerts", "CPU s")
COPIED = ("mapping.yaml", SETTINGS_FILE, "tables", "protected", "lineage")
WEEK = timedelta(days=7)
TRIALS = 1
"""What a column does hangs on no tuning."""


@dataclass(frozen=True)
class WeeklyLook:
    """One look: how many columns were judged, which moved, which other rules asked for somebody, and its CPU."""

    day: date
    columns: int
    moved: tuple[str, ...]
    others: tuple[str, ...]
    seconds: float

    def row(self) -> tuple[object, ...]:
        """For the table."""
        return self.day, self.columns, _joined(self.moved), _joined(self.others), f"{self.seconds:.0f}"

    def told(self) -> str:
        """In a line."""
        return f"{self.day}: {self.columns} columns, moved: {_joined(self.moved)}, other alerts: {_joined(self.others)}"


def run(workspace: Workspace, many: int) -> Iterator[WeeklyLook]:
    """Train every kind that the shop's tables allow a week before the first look; the last look is as of the present.

    Raises:
        UsageError: the workspace keeps its state on servers.
        DataError: too little history before the first look to train.
    """
    days = [present(workspace) - WEEK * back for back in range(many)][::-1]
    with copied(workspace) as own:
        for name in learnable(own):
            trained = days[0] - WEEK
            current().step(f"training {name} as of {trained}")
            train(own, name, as_of=trained, trials=TRIALS)
        yield from looks(own, days)


def looks(workspace: Workspace, days: Sequence[date]) -> Iterator[WeeklyLook]:
    """A look at each of the days, in the workspace itself."""
    for day in current().track(days, "weekly looks", total=len(days)):
        started = time.process_time()
        report = monitor.run(workspace, day)
        look = look_of(report, time.process_time() - started)
        current().step(look.told())  # so that hours that end early have told what they saw
        yield look


def look_of(report: MonitorReport, seconds: float) -> WeeklyLook:
    """What a report says of drift, and what else it asks for."""
    drifts = [(model.kind, model.drift) for model in report.models if model.drift]
    moved = [f"{kind} {_said(each)}" for kind, drift in drifts for each in drift.drifted]
    others = [f"{each.rule} of {each.subject}" for each in report.alerts if each.rule != "drift"]
    return WeeklyLook(
        report.as_of, sum(len(drift.columns) for _, drift in drifts), tuple(moved), tuple(others), seconds
    )


def verdict(found: Sequence[WeeklyLook]) -> str:
    """What the looks raised, in a sentence."""
    alarmed = sum(bool(look.moved) for look in found)
    return f"drift alerts in {alarmed} of {len(found)} weekly looks, other alerts in {_with_others(found)}"


def document(found: Sequence[WeeklyLook]) -> dict[str, object]:
    """For machines."""
    return {"looks": [asdict(look) | {"day": look.day.isoformat()} for look in found]}


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names) or "-"


def _with_others(found: Sequence[WeeklyLook]) -> int:
    return sum(bool(look.others) for look in found)


def _said(column: ColumnDrift) -> str:
    return f"{column.column} ({column.test} {column.change:+.2f}, p {column.p:.1g})"


@contextmanager
def copied(workspace: Workspace) -> Iterator[Workspace]:
    """The shop's tables and settings alone: earlier versions and looks would answer for those of the bench."""
    stores = workspace.settings.stores.model_dump()
    servers = ", ".join(f"stores.{name}" for name, place in stores.items() if place)
    if servers:
        raise UsageError(
            f"{workspace.root} keeps its state on servers ({servers}), and the bench trains and looks",
            todo="name a workspace with embedded stores: regulars bench monitoring --weekly -w DIR",
        )
    with tempfile.TemporaryDirectory(prefix="regulars-bench-", dir=workspace.root.parent) as folder:
        target = Path(folder) / "workspace"
        target.mkdir()
        for name in COPIED:
            source = workspace.root / name
            if source.is_dir():
                shutil.copytree(source, target / name)
            elif source.exists():
                shutil.copy2(source, target / name)
        yield Workspace.open(target)
