"""Many processes on one study: what they find, and what becomes of those that die."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from random import Random
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from core.errors import DataError, NotReady
from core.settings import Settings
from core.workspace import Workspace
from models.kinds import Budget
from tests.support.postgres import new_database
from training import study, study_storage, trial_slots
from training.trial_slots import LawfulSampler, StudyLaw

TRIALS = 14
ROOT = Path(__file__).parents[2]
WORKER = """
import json, os, signal, sys, time
from pathlib import Path
from core.settings import Settings
from core.workspace import Workspace
from models.kinds import Budget
from training import study, study_storage

study_storage.HEARTBEAT_SECONDS, study_storage.GRACE_SECONDS, study.LOOK_SECONDS = 1, 2, 0.05
url, folder, role = sys.argv[1:4]

def bowl(trial):
    x, y = trial.suggest_float("x", -5, 5), trial.suggest_float("y", -5, 5)
    if role == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    while role == "opens" and len(trial.study.get_trials(deepcopy=False)) < 4:
        time.sleep(0.05)
    return (x - 2) ** 2 + (y + 1) ** 2

space = Workspace(Path(folder), Settings(stores={"optuna": url}, tuning={"at_once": 4}))
budget = Budget(14, 60, None if role == "opens" else 30)
try:
    tuned = study.run(space, "bowl", bowl, budget, depends_on={"data": 1}, first=[{"x": 0.0, "y": 0.0}])
    print(json.dumps([tuned.best.params, [dict(row, seconds=0) for row in tuned.note().history]]))
except study.StudyOver as over:
    print(over.own)
"""


def bowl(trial: optuna.Trial) -> float:
    return (trial.suggest_float("x", -5, 5) - 2) ** 2 + (trial.suggest_float("y", -5, 5) + 1) ** 2


def space(folder: Path, url: str = "", at_once: int = 4) -> Workspace:
    return Workspace(folder, Settings(stores={"optuna": url}, tuning={"at_once": at_once}))


def tune(workspace: Workspace, **depends_on: object) -> study.Tuned:
    first = [{"x": 0.0, "y": 0.0}]
    return study.run(workspace, "bowl", bowl, Budget(TRIALS, 60), depends_on={"data": 1, **depends_on}, first=first)


def found(tuned: study.Tuned) -> list[Any]:
    history = [dict(row, seconds=0) for row in tuned.note().history]
    return json.loads(json.dumps([dict(tuned.best.params), history]))


def begin(url: str, folder: Path, role: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WORKER, url, str(folder), role]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/optuna.db"
    return new_database(request.getfixturevalue("postgres_url")).replace("+psycopg", "")


def test_three_workers_find_what_one_finds_though_another_is_killed(postgres_url: str, tmp_path: Path) -> None:
    url = new_database(postgres_url)
    alone = found(tune(space(tmp_path / "alone")))
    opener = begin(url, tmp_path / "a", "opens")
    assert begin(url, tmp_path / "b", "killed").wait(timeout=60) == -signal.SIGKILL
    others = [begin(url, tmp_path / name, "joins") for name in "cd"]
    said = [process.communicate(timeout=60)[0] for process in (opener, *others)]
    assert json.loads(said[0]) == alone
    assert 0 < sum(int(own) for own in said[1:]) < TRIALS
    storage = study_storage.opened(space(tmp_path, url))
    [name] = optuna.get_all_study_names(storage)
    trials = optuna.load_study(study_name=name, storage=storage).get_trials()
    assert sorted(trial_slots.slot_of(t) for t in trials if t.state is TrialState.COMPLETE) == list(range(TRIALS))
    assert any(trial.state is TrialState.FAIL for trial in trials)  # the one of the process that was killed


def test_a_worker_with_other_data_is_told_what_differs(url: str, tmp_path: Path) -> None:
    tune(space(tmp_path, url))
    joining = Budget(TRIALS, 60, joins_within=0)
    with pytest.raises(DataError, match="here differ: data"):
        study.run(space(tmp_path, url), "bowl", bowl, joining, depends_on={"data": 2}, first=[{"x": 0.0, "y": 0.0}])
    other = space(tmp_path, url, at_once=2)
    with pytest.raises(DataError, match="here differ: law"):
        study.run(other, "bowl", bowl, joining, depends_on={"data": 1}, first=[{"x": 0.0, "y": 0.0}])
    with pytest.raises(NotReady, match="nobody has opened the study plate"):
        study.run(space(tmp_path, url), "plate", bowl, joining, depends_on={})


def test_a_worker_that_comes_too_late_ends_at_once(url: str, tmp_path: Path) -> None:
    tuned = tune(space(tmp_path, url))
    joining = Budget(1, 60, joins_within=0)
    with pytest.raises(study.StudyOver) as over:
        study.run(space(tmp_path, url), "bowl", bowl, joining, depends_on={"data": 1}, first=[{"x": 0.0, "y": 0.0}])
    assert (over.value.own, over.value.done, over.value.target) == (0, TRIALS, TRIALS)
    assert over.value.tuned is not None
    assert over.value.tuned.best.params == tuned.best.params


def test_a_trial_whose_process_died_before_its_first_heartbeat_is_missed(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_storage, "GRACE_SECONDS", 1)
    tune(space(tmp_path, url))
    storage = study_storage.opened(space(tmp_path, url))
    [name] = optuna.get_all_study_names(storage)
    opened = optuna.load_study(study_name=name, storage=storage)
    with warnings.catch_warnings(action="ignore"):
        dead = opened.ask()
    deadline = time.monotonic() + 20
    while opened.get_trials()[dead.number].state is TrialState.RUNNING and time.monotonic() < deadline:
        study_storage.bury(opened, storage)
        time.sleep(0.2)
    assert opened.get_trials()[dead.number].state is TrialState.FAIL


@settings(max_examples=25)
@given(
    at_once=st.integers(1, 6),
    trials=st.integers(1, 16),
    order=st.integers(0, 10**6).map(Random),
    seed=st.integers(0, 99),
)
def test_what_a_slot_is_proposed_from_does_not_hang_on_who_ran_when(
    at_once: int, trials: int, order: Random, seed: int
) -> None:
    """Whatever order the law allows trials to begin and to end in, each gets the same parameters."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    law = StudyLaw(seed, at_once, [{"x": 1.0, "y": 1.0}])
    assert _by_the_law(law, trials, order) == _by_the_law(law, trials, None)


def _by_the_law(law: StudyLaw, trials: int, order: Random | None) -> dict[int, tuple[dict[str, float], float]]:
    """Trials that begin when they may and end in any order; some die, and are run again."""
    made = optuna.create_study(sampler=LawfulSampler(law))
    running: list[optuna.Trial] = []
    while len(trial_slots.settled_slots(made.get_trials(deepcopy=False))) < trials:
        ready = law.ready(made.get_trials(deepcopy=False), trials)
        if ready and (not running or order is None or order.random() < 0.6):
            law.enqueue(made, ready[0] if order is None else order.choice(ready))
            running.append(made.ask())
            continue
        trial = running.pop(0 if order is None else order.randrange(len(running)))
        value = bowl(trial)
        if order is not None and order.random() < 0.2:
            made.tell(trial, state=TrialState.FAIL)
        else:
            made.tell(trial, value)
    settled = trial_slots.settled_slots(made.get_trials())
    return {slot: (trial.params, trial.values[0]) for slot, trial in settled.items()}
