"""The seal of a monitoring run: its row in the database and the files of its full reports. Needs no Evidently."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from core.files import sha256
from core.seals import Seal, Seals, digest
from core.state.schema import MONITORING_RUNS
from core.workspace import Workspace
from monitoring.results import ReportLink

_PREFIX: Final = "monitoring/"


@dataclass(frozen=True)
class RunStanding:
    """How a run stands to its seal; `sealed` is false for one that an earlier release kept."""

    number: int
    sealed: bool
    problems: tuple[str, ...] = ()


def name(number: int) -> str:
    """How seals name a run."""
    return f"{_PREFIX}{number}"


def items(workspace: Workspace, row: Mapping[Any, Any]) -> dict[str, str]:
    """The hashes of a run: of its row, and of each full report that it links to and that is there."""
    found = {"row": digest("\0".join((row["as_of"], row["at"], row["document"])))}
    for link in _links(row["document"]):
        path = snapshot_file(workspace.reports_dir, link)
        if path is not None:
            found[f"report {link.run}"] = sha256(path)
    return found


def seal(workspace: Workspace, number: int, who: str, reason: str) -> None:
    """Seal a run that an earlier release kept, as it is now."""
    with workspace.database.connect() as connection:
        row = connection.execute(sa.select(MONITORING_RUNS).where(MONITORING_RUNS.c.id == number)).mappings().one()
    Seals(workspace).put(name(number), items(workspace, row), who, whole=True, reason=reason)


def look(workspace: Workspace, seals: Mapping[str, Seal]) -> list[RunStanding]:
    """Every run that is there or was sealed, beside its seal; a row slipped in among sealed ones is a problem."""
    with workspace.database.connect() as connection:
        rows = connection.execute(sa.select(MONITORING_RUNS).order_by(MONITORING_RUNS.c.id)).mappings().all()
    sealed = {int(of.removeprefix(_PREFIX)): seal for of, seal in seals.items() if of.startswith(_PREFIX)}
    sealed = {number: seal for number, seal in sealed.items() if seal.items}
    first = min(sealed, default=None)
    found = []
    for row in rows:
        seal = sealed.pop(row["id"], None)
        if seal is not None:
            found.append(RunStanding(row["id"], True, seal.differences(items(workspace, row))))
        else:
            slipped_in = first is not None and row["id"] > first
            found.append(RunStanding(row["id"], False, ("its row was added",) if slipped_in else ()))
    gone = [RunStanding(number, True, ("its row is gone",)) for number in sealed]
    return sorted([*found, *gone], key=lambda standing: standing.number)


def snapshot_file(reports_dir: Path, link: ReportLink) -> Path | None:
    """The snapshot's file, where both names are ids and it is there."""
    try:
        project, run_id = UUID(link.project), UUID(link.run)
    except ValueError:
        return None
    path = reports_dir / str(project) / "snapshots" / f"{run_id}.json"
    return path if path.is_file() else None


def _links(document: str) -> Iterator[ReportLink]:
    """Every link to a full report in a run's document, whichever release wrote it."""
    try:
        content = json.loads(document)
    except ValueError:
        return
    for part in (content, *content.get("models", ())):
        if isinstance(part, dict) and isinstance(part.get("report"), dict):
            yield ReportLink(**part["report"])
