"""The online store is filled in pieces, and a filling that was killed goes on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.workspace import Workspace
from feature_repo import catalog, partitions
from feature_repo.materialization import Content, Materialization
from feature_repo.packed import filling
from feature_repo.packed.backend import Backend, Found, open_backend
from feature_repo.packed.entity_keys import entity_keys
from feature_repo.packed.filling import Piece, fill
from feature_repo.packed.view_tables import table_of
from tests.feature_repo.conftest import D


class Killed(BaseException):
    """Nobody is left to tidy up."""


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pieces that were put, in their order."""
    put, names = Piece.put, list[str]()

    def noted(piece: Piece, new: filling.Filling) -> None:
        put(piece, new)
        names.append(piece.name)

    monkeypatch.setattr(Piece, "put", noted)
    return names


def from_snapshots(workspace: Workspace, token: str) -> Materialization:
    days = {name: D for name in catalog.VIEWS if partitions.partition(workspace, name, D).exists()}
    return Materialization(1, D, Content.now(workspace, days), token)


def rows(backend: Backend) -> Found:
    keys = {
        key: entity_keys(key, [f"{letter}{n:03}" for letter in "cp" for n in range(200)])
        for key in ("customer_id", "product_id")
    }
    return backend.read([(table_of(view.name), keys.get(view.key, [])) for view in catalog.VIEWS.values()])[1]


@contextlib.contextmanager
def killed_after(pieces: int) -> Iterator[None]:
    """Whoever fills a store inside is killed once it has put so many pieces."""
    left = iter(range(pieces))
    put = Piece.put

    def kill(piece: Piece, new: filling.Filling) -> None:
        if next(left, None) is None:
            raise Killed
        put(piece, new)

    with pytest.MonkeyPatch.context() as patched, contextlib.suppress(Killed):
        patched.setattr(Piece, "put", kill)
        yield


@pytest.mark.fault(
    "online store",
    "a filling killed midway, SQLite, PostgreSQL or Valkey",
    "what was there is read on; the next from the same snapshots goes on with what is missing, and doubles nothing",
)
def test_a_filling_that_was_killed_goes_on_and_gives_the_same_rows(
    filled: Workspace, backend: Backend, tmp_path: Path, said: list[str]
) -> None:
    whole = open_backend(f"sqlite:///{tmp_path / 'whole.db'}")
    fill(filled, whole, from_snapshots(filled, "whole"))
    pieces = sorted(said)
    said.clear()
    with killed_after(3):
        fill(filled, backend, from_snapshots(filled, "first"))
    assert backend.state() is None
    before = list(said)
    fill(filled, backend, from_snapshots(filled, "second"))
    assert len(before) == 3
    assert sorted(said) == pieces
    state = backend.state()
    assert state is not None
    assert state.filling == "second"
    assert rows(backend) == rows(whole)
    assert any(any(each) for each in rows(whole))


def test_a_killed_filling_from_snapshots_that_were_made_anew_since_begins_anew(
    filled_copy: Workspace, backend: Backend, said: list[str]
) -> None:
    with killed_after(3):
        fill(filled_copy, backend, from_snapshots(filled_copy, "first"))
    os.utime(partitions.partition(filled_copy, "customer_features", D), (1, 1))
    fill(filled_copy, backend, from_snapshots(filled_copy, "second"))
    assert len(set(said)) + 3 == len(said)


def test_what_fails_in_one_thread_fails_the_filling(
    filled: Workspace, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(piece: Piece, new: filling.Filling) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Piece, "put", fail)
    with pytest.raises(OSError, match="no space left"):
        fill(filled, backend, from_snapshots(filled, "first"))
    assert backend.state() is None
