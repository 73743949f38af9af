"""Threads that wait for work sleep: they do not take the core from the thread they wait for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core import idle_threads


def test_the_library_that_runs_the_threads_hears_of_it_before_it_starts() -> None:
    told = "from core import idle_threads; idle_threads.let_sleep(); import xgboost"
    environment = {name: value for name, value in os.environ.items() if name != idle_threads.POLICY}
    ran = subprocess.run(
        [sys.executable, "-c", told],
        env=environment | {"OMP_DISPLAY_ENV": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in ran.stderr


def test_what_a_person_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(idle_threads.POLICY, "active")
    idle_threads.let_sleep()
    assert os.environ[idle_threads.POLICY] == "active"
