"""An online store in a file that another process writes into meanwhile."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Thread

import pytest

from feature_repo.packed import sqlite_backend
from feature_repo.packed.backend import StoreState
from feature_repo.packed.sqlite_backend import SqliteBackend


def test_an_event_does_not_wait_for_a_long_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept already, and shown later; whoever sent it waits for the answer."""
    monkeypatch.setattr(sqlite_backend, "FOLD_SECONDS", 0.01)
    path, state, refused = tmp_path / "online.db", StoreState("first"), []
    backend = SqliteBackend(str(path))
    with backend.filling(["t"], "source") as filling:
        filling.switch(state)

    def fold() -> None:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            backend.fold(state, 1, {"t": [(b"a", b"1")]})
        refused.append(True)

    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    folding = Thread(target=fold, daemon=True)
    folding.start()
    folding.join(20)
    assert refused
    other.execute("COMMIT")
    assert backend.fold(state, 1, {"t": [(b"a", b"1")]})
    other.close()
