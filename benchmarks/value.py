"""Value against its baselines on later windows: `python -m benchmarks.value WORKSPACE DAY...`.

A model is trained as of each day on what was known by then, and judged on the windows after it that are over in the
tables: 28 and 90 days. Differences are paired by customer.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from core.workspace import Workspace
from models.intervals import bootstrap, paired
from models.kinds import Budget
from models.value import KIND, baselines, dataset, evaluation
from models.value.metrics import AMOUNTS, STATISTICS
from training import run

UNTIL = date(2017, 9, 25)
"""Windows of the Complete Journey that reach beyond this day are kept for others."""


def main() -> None:
    """Print a table per day and horizon."""
    workspace = Workspace.open(Path(sys.argv[1]))
    for day in map(date.fromisoformat, sys.argv[2:]):
        _judge(workspace, day)


def _judge(workspace: Workspace, day: date) -> None:
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        record = run.fit(workspace, KIND, day, Path(folder), Budget(workspace.settings.value.trials, 300))
        print(f"\n{workspace.root} as of {day}: trained in {time.monotonic() - started:.0f} s")
        print(*record.outcome.notes[len(record.outcome.notes) - 5 :], sep="\n")
        print(record.outcome.parameters["beliefs"], record.outcome.extra["longer_windows"])
        models = {"model": KIND.load(Path(folder) / "model"), **baselines.fit(workspace, day)}
    last = workspace.tables.last_day() + timedelta(days=1)
    if (workspace.tables.first_day(), workspace.tables.last_day().year) == (date(2017, 1, 1), 2017):
        last = min(last, UNTIL)
    for days in (28, 90):
        if day + timedelta(days=days) <= last:
            truth = dataset.labelled(workspace, [day], day + timedelta(days=days))
            frames = {name: evaluation.of_labelled(model, truth, days) for name, model in models.items()}
            _print(frames, days)


def _print(frames: dict[str, pd.DataFrame], days: int) -> None:
    own = frames["model"]
    print(f"{days} days, {len(own):,} customers")
    names = STATISTICS if days == 28 else {name: STATISTICS[name] for name in AMOUNTS}
    for name, statistic in ((name, STATISTICS[name]) for name in names):
        cells = [f"{each} {bootstrap(frame, statistic, 300)}" for each, frame in frames.items()]
        apart = [f"less {each} {paired(own, frames[each], statistic, 300)}" for each in list(frames)[1:]]
        print(f"  {name:26}", "; ".join([*cells, *apart]))


if __name__ == "__main__":
    main()
