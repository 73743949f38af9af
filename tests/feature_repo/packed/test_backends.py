"""What an online store must be able to do, on each of the three."""

from __future__ import annotations

import contextlib
import threading

import pytest

from core.errors import SettingsError
from feature_repo.packed.backend import Backend, StoreState, open_backend

A, B, C = b"a", b"b", b"c"
STATE = StoreState("first", {"view": "00"})


def fill(backend: Backend, token: str = "first", **tables: list[tuple[bytes, bytes]]) -> StoreState:
    state = StoreState(token, {"view": "00"})
    with backend.filling(list(tables), "source") as new:
        for table, rows in tables.items():
            new.put(table, rows, table)
        new.switch(state)
    return state


def content(backend: Backend, table: str = "t") -> list[bytes | None]:
    return backend.read([(table, [A, B, C])])[1][0]


def test_an_empty_store_holds_nothing_and_says_so(backend: Backend) -> None:
    assert backend.state() is None
    assert backend.read([("t", [A, B]), ("u", [])]) == (None, [[None, None], []])


def test_several_tables_are_read_in_the_order_asked(backend: Backend) -> None:
    fill(backend, t=[(A, b"1"), (B, b"2")], u=[(B, b"3")])
    assert backend.read([("u", [A, B, B]), ("t", [B, C, A])]) == (STATE, [[None, b"3", b"3"], [b"2", None, b"1"]])


def test_what_is_written_takes_the_place_of_what_was_there(backend: Backend) -> None:
    backend.create(["t"])
    backend.write("t", [(A, b"1"), (B, b"2")])
    backend.write("t", [(B, b"3")])
    assert content(backend) == [b"1", b"3", None]
    assert backend.state() is None


def test_a_filling_takes_the_place_of_all_at_once(backend: Backend) -> None:
    fill(backend, t=[(A, b"1"), (B, b"2")])
    with backend.filling(["t"], "source") as new:
        new.put("t", [(B, b"3")], "1")
        new.put("t", [(C, b"4")], "2")
        assert content(backend) == [b"1", b"2", None]
        new.switch(StoreState("second"))
    assert content(backend) == [None, b"3", b"4"]
    assert backend.state() == StoreState("second")


def test_a_filling_that_breaks_off_leaves_all_as_it_was(backend: Backend) -> None:
    fill(backend, t=[(A, b"1")])
    with contextlib.suppress(ZeroDivisionError), backend.filling(["t"], "source") as new:
        new.put("t", [(A, b"9")], "1")
        raise ZeroDivisionError
    assert (content(backend), backend.state()) == ([b"1", None, None], STATE)
    fill(backend, "third", t=[(A, b"2")])
    assert content(backend) == [b"2", None, None]


class Killed(BaseException):
    """Nobody is left to tidy up."""


def killed(backend: Backend, source: str, **pieces: list[tuple[bytes, bytes]]) -> None:
    """A filling of one table that ends after some pieces."""
    with contextlib.suppress(Killed), backend.filling(["t"], source) as new:
        for piece, rows in pieces.items():
            new.put("t", rows, piece)
        raise Killed


def test_a_filling_that_was_killed_goes_on_with_the_pieces_that_are_missing(backend: Backend) -> None:
    fill(backend, t=[(A, b"1")])
    killed(backend, "snapshot", one=[(A, b"2")], two=[(B, b"3")])
    assert (content(backend), backend.state()) == ([b"1", None, None], STATE)
    with backend.filling(["t"], "snapshot") as new:
        assert set(new.done) == {"one", "two"}
        new.put("t", [(C, b"4")], "three")
        new.switch(StoreState("second"))
    assert content(backend) == [b"2", b"3", b"4"]
    with backend.filling(["t"], "snapshot") as again:
        assert not again.done


def test_of_a_killed_filling_from_another_source_nothing_is_left(backend: Backend) -> None:
    killed(backend, "snapshot", one=[(A, b"2")], two=[(B, b"3")])
    with backend.filling(["t"], "another") as new:
        assert not new.done
        new.put("t", [(A, b"5")], "one")
        new.switch(StoreState("second"))
    assert content(backend) == [b"5", None, None]


def test_of_a_filling_that_failed_nothing_is_left(backend: Backend) -> None:
    with contextlib.suppress(ZeroDivisionError), backend.filling(["t"], "snapshot") as new:
        new.put("t", [(A, b"9")], "one")
        raise ZeroDivisionError
    with backend.filling(["t"], "snapshot") as again:
        assert not again.done
        again.put("t", [(A, b"9")], "one")
        again.switch(STATE)
    assert content(backend) == [b"9", None, None]


def test_pieces_go_in_from_several_threads(backend: Backend) -> None:
    with backend.filling(["t"], "snapshot") as new:
        threads = [threading.Thread(target=new.put, args=("t", [(key, b"1")], str(key))) for key in (A, B, C)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        new.switch(STATE)
    assert content(backend) == [b"1", b"1", b"1"]


def test_a_view_without_rows_is_filled_with_nothing(backend: Backend) -> None:
    fill(backend, t=[(A, b"1")])
    fill(backend, "second", t=[])
    assert content(backend) == [None, None, None]


def test_events_are_folded_in_with_the_note_of_how_far_they_go(backend: Backend) -> None:
    seen = fill(backend, t=[(A, b"1")])
    assert backend.fold(seen, 7, {"t": [(A, b"2"), (B, b"3")]})
    assert (content(backend), backend.state()) == ([b"2", b"3", None], StoreState("first", {"view": "00"}, 7))


def test_who_has_read_an_earlier_state_folds_nothing_in(backend: Backend) -> None:
    seen = fill(backend, t=[(A, b"1")])
    assert backend.fold(seen, 7, {"t": [(A, b"2")]})
    assert not backend.fold(seen, 8, {"t": [(A, b"3")]})
    fill(backend, "second", t=[(A, b"4")])
    assert not backend.fold(StoreState("first", {"view": "00"}, 7), 8, {"t": [(A, b"5")]})
    assert content(backend) == [b"4", None, None]


def test_many_who_fold_at_the_same_time_lose_nothing(backend: Backend) -> None:
    fill(backend, t=[(A, b"0")])

    def add() -> None:
        for _ in range(5):
            while True:
                state, ((row,),) = backend.read([("t", [A])])
                assert state is not None
                assert row is not None
                if backend.fold(state, state.folded + 1, {"t": [(A, str(int(row) + 1).encode())]}):
                    break

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state, ((row,),) = backend.read([("t", [A])])
    assert state is not None
    assert (row, state.folded) == (b"15", 15)


def test_many_rows_go_in_and_come_out(backend: Backend) -> None:
    rows = [(f"{number}".encode(), bytes(number % 300)) for number in range(2_500)]
    fill(backend, t=rows)
    assert backend.read([("t", [key for key, _ in rows])])[1] == [[row for _, row in rows]]


def test_a_store_that_was_cleared_was_never_filled(backend: Backend) -> None:
    fill(backend, t=[(A, b"1")])
    backend.clear(["t"])
    assert (content(backend), backend.state()) == ([None, None, None], None)


def test_it_answers(backend: Backend) -> None:
    fill(backend, t=[])
    backend.ping()
    assert backend.state() is not None


def test_a_store_of_another_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="use redis://, postgresql://, or leave it empty"):
        open_backend("s3://bucket/features")
