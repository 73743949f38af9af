"""A training of any kind: fit, log, register; what is the same for every kind is done here, once."""

from __future__ import annotations

import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from core.provenance import code_version
from core.workspace import Workspace, of_one_generation
from models.kinds import Budget, Kind
from training import slice_report, tracking
from training.kinds import Trainer, trainer
from training.outcome import Trained, TrainingRecord


@of_one_generation
def train(
    workspace: Workspace,
    kind: Kind[Any],
    as_of: date,
    budget: Budget,
    *,
    by: Trainer | None = None,
) -> Trained:
    """Tune, evaluate beside the baselines, refit on everything known at `as_of`, log and register.

    `by` is another way than the kind's usual one (`training.kinds`).

    Raises:
        DataError: too little history before `as_of`; it says which date is the earliest.
        NotReady: nothing has been ingested, or the time ran out before one trial was complete.
        StoreError: the registry does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="regulars-") as scratch:
        record = fit(workspace, kind, as_of, Path(scratch), budget, by=by)
        return Trained(tracking.log(workspace, record), record.seconds)


@of_one_generation
def fit(
    workspace: Workspace,
    kind: Kind[Any],
    as_of: date,
    directory: Path,
    budget: Budget,
    *,
    by: Trainer | None = None,
) -> TrainingRecord:
    """All of `train` but the logging: the record, its saved models in `directory`."""
    started = time.monotonic()
    outcome = slice_report.told(workspace, kind, (by or trainer(kind))(workspace, as_of, directory, budget))
    return TrainingRecord(
        kind=kind,
        as_of=as_of,
        seed=workspace.settings.seed,
        data_digest=workspace.tables.digest(before=as_of),
        code_version=code_version(),
        seconds=time.monotonic() - started,
        directory=directory,
        outcome=outcome,
    )
