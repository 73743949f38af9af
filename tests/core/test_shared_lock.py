"""One lock for all processes on a database, whatever folder each works in."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core import shared_lock
from core.workspace import Workspace
from tests.support.postgres import new_database
from tests.support.shop import empty_workspace

HOLD = """
import sys, time
from pathlib import Path
from core import shared_lock
from core.workspace import Workspace
with shared_lock.waiting(Workspace.open(Path(sys.argv[1])), "store"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def workspaces(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Workspace]:
    """Two ways to the same state: one folder on SQLite, two folders on PostgreSQL."""
    folders = ["one", "one"]
    if request.param == "postgresql":
        folders = ["one", "other"]
        monkeypatch.setenv("REGULARS_STORES__DATABASE", new_database(request.getfixturevalue("postgres_url")))
    return [empty_workspace(tmp_path / folder) for folder in folders]


def test_one_at_a_time_and_each_name_for_itself(workspaces: list[Workspace]) -> None:
    one, other = workspaces
    hold = shared_lock.trying
    with hold(one, "store", 0) as first, hold(other, "store", 0.1) as second, hold(other, "tables", 0) as third:
        assert (first, second, third) == (True, False, True)
    with shared_lock.trying(other, "store", 0) as again:
        assert again


def test_who_waits_gets_it_when_it_is_let_go(workspaces: list[Workspace]) -> None:
    one, other = workspaces
    order: list[str] = []

    def wait() -> None:
        with shared_lock.waiting(other, "store"):
            order.append("other")

    with shared_lock.waiting(one, "store"):
        waiter = threading.Thread(target=wait)
        waiter.start()
        waiter.join(0.3)
        order.append("one")
    waiter.join(30)
    assert order == ["one", "other"]


def test_a_holder_that_is_killed_lets_it_go(workspaces: list[Workspace]) -> None:
    one, other = workspaces
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(one.root)], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with shared_lock.trying(other, "store", 0) as is_alone:
        assert not is_alone
    holder.kill()
    holder.wait()
    with shared_lock.trying(other, "store", 30) as is_alone:
        assert is_alone
