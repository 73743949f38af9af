"""Locks hold between processes, and end with them."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core import locks

HOLDER = """
import sys, time
from pathlib import Path
from core import locks
with locks.waiting(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_that_is_held_is_not_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with locks.trying(path) as first, locks.trying(path) as second:
        assert (first, second) == (True, False)
    with locks.trying(path) as again:
        assert again


def test_it_is_let_go_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), locks.trying(tmp_path / "lock"):
        raise ValueError("inside")
    with locks.trying(tmp_path / "lock") as is_alone:
        assert is_alone


def test_one_waits_for_the_other(tmp_path: Path) -> None:
    path, seen = tmp_path / "lock", []

    def wait() -> None:
        with locks.waiting(path):
            seen.append("second")

    with locks.waiting(path):
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.1)
        seen.append("first")
    thread.join()
    assert seen == ["first", "second"]


def test_patience_outlasts_a_short_hold(tmp_path: Path) -> None:
    path, is_held = tmp_path / "lock", threading.Event()

    def hold() -> None:
        with locks.waiting(path):
            is_held.set()
            threading.Event().wait(0.1)

    thread = threading.Thread(target=hold)
    thread.start()
    is_held.wait()
    with locks.trying(path, patience=10) as is_alone:
        assert is_alone
    thread.join()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with locks.trying(path) as is_alone:
            assert not is_alone
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with locks.trying(path) as is_alone:
        assert is_alone
