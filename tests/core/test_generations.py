"""A pinned generation of the tables is read to its end, whatever is committed and collected meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import date
from itertools import count
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from core import manifest, query_engine
from core.errors import StoreError
from core.manifest import PROTECTED, TableChange
from core.table_store import TableStore
from core.tables import Tables
from core.workspace import Workspace, of_one_generation

HOLDER = """
import sys, time
from pathlib import Path
from core.workspace import Workspace
with Workspace.open(Path(sys.argv[1])).pinned() as workspace:
    print(workspace.tables.generation, flush=True)
    time.sleep(60)
"""
DAY = date(2024, 1, 1)


def put(store: TableStore, **values: int) -> None:
    """Commit tables of one row and a column `value`, all at once."""
    changes = {}
    for name, value in values.items():
        path = store.directory / name / f"{name}-{store.current().generation + 1}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        duckdb.execute(f"COPY (SELECT {value} AS value) TO '{path}' (FORMAT parquet)")
        changes[name] = TableChange([path], 1, DAY, DAY, DAY)
    store.commit(changes, timezone="UTC")


def read(workspace: Workspace, table: str) -> int:
    with query_engine.on_tables(workspace) as connection:
        [(value,)] = connection.execute(f"SELECT value FROM {table}").fetchall()
    return int(value)


def collect(workspace: Workspace) -> int:
    with workspace.table_store.lock():
        return workspace.table_store.collect_garbage()


def test_a_commit_between_two_reads_of_a_job_is_not_seen(new_workspace: Workspace) -> None:
    put(new_workspace.table_store, orders=1, products=1)

    @of_one_generation
    def job(workspace: Workspace) -> list[int]:
        before = read(workspace, "orders")
        put(new_workspace.table_store, orders=2, products=2)
        return [before, read(workspace, "orders"), read(workspace, "products"), workspace.tables.generation]

    assert job(new_workspace) == [1, 1, 1, 1]
    assert job(new_workspace) == [2, 2, 2, 2]


def test_one_connection_shows_one_generation(new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    put(new_workspace.table_store, orders=1, products=1)
    files = Tables.files

    def commit_meanwhile(tables: Tables, name: str) -> list[Path]:
        found = files(tables, name)
        if name == "orders" and tables.generation == 1:
            put(new_workspace.table_store, orders=2, products=2)
        return found

    monkeypatch.setattr(Tables, "files", commit_meanwhile)
    with query_engine.on_tables(new_workspace) as connection:
        assert connection.execute("SELECT o.value, p.value FROM orders o, products p").fetchall() == [(1, 1)]


def test_a_look_at_the_tables_reads_the_manifest_once(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(new_workspace.table_store, orders=1, products=1, events=1)
    looks = []
    real = manifest.read
    monkeypatch.setattr(manifest, "read", lambda path: looks.append(path) or real(path))
    with query_engine.connect(new_workspace) as connection:
        new_workspace.tables.register(connection)
    assert len(looks) == 1


def test_a_manifest_is_parsed_again_where_another_has_taken_its_place(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    assert manifest.read(path) == manifest.Manifest()
    manifest.write(path, manifest.Manifest(1))
    assert manifest.read(path) is manifest.read(path)
    manifest.write(path, manifest.Manifest(2))
    assert manifest.read(path).generation == 2
    for _ in range(2):
        path.write_text("{")
        with pytest.raises(StoreError, match="damaged"):
            manifest.read(path)
    path.unlink()
    assert manifest.read(path) == manifest.Manifest()


def test_a_commit_while_a_job_pins_leaves_it_a_generation_that_stays(
    new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job has read the manifest, and not yet noted it, when the files it names go."""
    put(new_workspace.table_store, orders=1)
    write, rounds = manifest.write, []

    def overtaken(path: Path, content: manifest.Manifest) -> None:
        if path.parent.name == ".pins" and not rounds:
            rounds.append(path)
            put(new_workspace.table_store, orders=2)
            assert collect(new_workspace) == 1
        write(path, content)

    monkeypatch.setattr(manifest, "write", overtaken)
    with new_workspace.pinned() as workspace:
        assert read(workspace, "orders") == 2


def test_garbage_collection_keeps_pinned_files_and_frees_them_afterwards(new_workspace: Workspace) -> None:
    put(new_workspace.table_store, orders=1)
    with new_workspace.pinned() as workspace:
        put(new_workspace.table_store, orders=2)
        assert collect(new_workspace) == 0
        assert read(workspace, "orders") == 1
    assert collect(new_workspace) == 1
    assert list((new_workspace.tables_dir / ".pins").iterdir()) == []


def test_a_job_that_fails_frees_what_it_pinned(new_workspace: Workspace) -> None:
    put(new_workspace.table_store, orders=1)
    with pytest.raises(ValueError, match="failed"), new_workspace.pinned():
        raise ValueError("failed")
    put(new_workspace.table_store, orders=2)
    assert collect(new_workspace) == 1


def test_a_pinned_workspace_is_the_same_but_for_its_tables(new_workspace: Workspace) -> None:
    with new_workspace.pinned() as workspace, workspace.pinned() as again:
        assert again is workspace
        assert workspace.root == new_workspace.root
        assert workspace.database is new_workspace.database


def test_the_pin_of_a_killed_process_is_freed(new_workspace: Workspace) -> None:
    put(new_workspace.table_store, orders=1)
    command = [sys.executable, "-c", HOLDER, str(new_workspace.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "1\n"
        put(new_workspace.table_store, orders=2)
        assert collect(new_workspace) == 0
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert list((new_workspace.tables_dir / ".pins").iterdir()) != []
    assert collect(new_workspace) == 1
    assert list((new_workspace.tables_dir / ".pins").iterdir()) == []


class Generations(RuleBasedStateMachine):
    """Commits, collections and readers in any order: what they read is there, and after a collection nothing else."""

    pins = Bundle("pins")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = TableStore(Path(self.folder.name) / "tables", Path(self.folder.name) / "protected")
        self.pinned: dict[int, tuple[ExitStack, list[Path]]] = {}
        self.files = count()

    def teardown(self) -> None:
        for stack, _ in self.pinned.values():
            stack.close()
        self.folder.cleanup()

    @rule(names=st.sets(st.sampled_from(["orders", "products", PROTECTED]), min_size=1), keeps=st.booleans())
    def commit(self, names: set[str], keeps: bool) -> None:
        self.store.commit({name: self.change(name, keeps=keeps) for name in names})

    def change(self, name: str, *, keeps: bool) -> TableChange:
        """One more file, or one in the place of those before."""
        folder = self.store.protected_directory if name == PROTECTED else self.store.directory / name
        old = [path for path in self.store.current().all_files() if path.parent == folder]
        new = folder / f"{next(self.files)}.parquet"
        new.parent.mkdir(parents=True, exist_ok=True)
        new.touch()
        return TableChange([*(old if keeps else []), new], 1, None)

    @rule(target=pins)
    def pin(self) -> int:
        stack, number = ExitStack(), next(self.files)
        self.pinned[number] = stack, stack.enter_context(self.store.pinned()).all_files()
        return number

    @rule(number=consumes(pins))
    def let_go(self, number: int) -> None:
        self.pinned.pop(number)[0].close()

    @rule()
    def collect(self) -> None:
        self.store.collect_garbage()
        there = {*self.store.directory.glob("*/*.parquet"), *self.store.protected_directory.glob("*.parquet")}
        assert there == self.in_use()

    @invariant()
    def what_is_read_is_there(self) -> None:
        assert all(path.exists() for path in self.in_use())

    def in_use(self) -> set[Path]:
        return {path for _, files in self.pinned.values() for path in files} | set(self.store.current().all_files())


TestGenerations = Generations.TestCase
TestGenerations.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
