"""An online store whose file, or what SQLite keeps beside it, is taken away while two processes have it open."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from feature_repo.packed.backend import Damaged, StoreState
from feature_repo.packed.sqlite_backend import SqliteBackend
from tests.support.online_file import held_open

ROWS = [(b"%d" % number, b"x" * 50) for number in range(3000)]
FIRST = StoreState("first")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "online.db"


def fill(backend: SqliteBackend, name: str) -> None:
    with backend.filling(["t"], name) as filling:
        filling.put("t", ROWS, "piece")
        filling.switch(StoreState(name))


def held_by_this_process(path: Path) -> SqliteBackend:
    """Filled, and with events in the log that the file does not have yet: it stays while somebody reads."""
    backend = SqliteBackend(str(path))
    fill(backend, "first")
    return backend


def fold(backend: SqliteBackend) -> None:
    backend.state()
    assert backend.fold(FIRST, 7, {"t": [(b"new" + key, row) for key, row in ROWS]})


@pytest.mark.parametrize("gone", [("",), ("", "-wal"), ("", "-shm"), ("-wal",), ("-wal", "-shm")], ids="+".join)
def test_whatever_is_deleted_the_next_filling_is_read_by_all(path: Path, gone: tuple[str, ...]) -> None:
    backend = held_by_this_process(path)
    with held_open(path) as other:
        fold(backend)
        assert other.finds() == "first 7"
        for ending in gone:
            Path(f"{path}{ending}").unlink()
        fill(backend, "second")
        assert backend.state() == StoreState("second")
        assert backend.read([("t", [ROWS[0][0], b"new0"])])[1] == [[ROWS[0][1], None]]
        assert other.finds() == "second 0"
        assert backend.fold(StoreState("second"), 9, {"t": [(b"a", b"1")]})
        assert other.finds() == "second 9"


@pytest.mark.parametrize("gone", [("",), ("-wal",), ("-wal", "-shm")], ids="+".join)
def test_so_it_is_where_nothing_was_in_the_log(path: Path, gone: tuple[str, ...]) -> None:
    """Nobody finds anything damaged then, and who reads holds a log that nobody writes into any more."""
    backend = held_by_this_process(path)
    with held_open(path) as other:
        assert (backend.state(), other.finds()) == (FIRST, "first 0")
        for ending in gone:
            Path(f"{path}{ending}").unlink()
        fill(backend, "second")
        assert (backend.state(), other.finds()) == (StoreState("second"), "second 0")


def test_a_file_that_is_none_of_sqlites_is_said_to_be_damaged_and_made_anew(path: Path) -> None:
    backend = held_by_this_process(path)
    with held_open(path) as other:
        path.write_bytes(b"no database " * 10_000)
        assert other.finds() == "Damaged"
        with pytest.raises(Damaged):
            backend.state()
        fill(backend, "second")
        assert (backend.state(), other.finds()) == (StoreState("second"), "second 0")


def test_who_could_not_read_rows_says_so_also_where_the_state_can_be_read(path: Path) -> None:
    """What is read often stays in memory."""
    backend = held_by_this_process(path)
    with held_open(path):
        fold(backend)
        assert backend.state() == StoreState("first", folded=7)
        Path(f"{path}-wal").unlink()
        backend.close()  # what it keeps in memory goes
        with pytest.raises((sqlite3.OperationalError, Damaged), match="disk I/O error"):
            all_rows(backend)
        with pytest.raises(Damaged):
            backend.state()
        fill(backend, "second")
        assert backend.state() == StoreState("second")


def all_rows(backend: SqliteBackend) -> None:
    backend.read([("t", [b"new" + key for key, _ in ROWS])])


def test_of_many_who_find_no_file_one_makes_it_and_none_loses_its_rows(path: Path) -> None:
    """Whoever comes second must not take the log away into which the first has written."""
    stores = [SqliteBackend(str(path)) for _ in range(8)]
    together = threading.Barrier(len(stores))

    def write(store: SqliteBackend, number: int) -> None:
        together.wait()
        store.write("t", [(b"%d" % number, b"row")])

    in_threads([lambda store=store, number=number: write(store, number) for number, store in enumerate(stores)])
    assert stores[0].read([("t", [b"%d" % number for number in range(8)])])[1] == [[b"row"] * 8]


def in_threads(tasks: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
