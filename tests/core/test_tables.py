"""Tables: one generation at a time, replaced as a whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from core.errors import NotReady, StoreError
from core.manifest import TableChange
from core.table_store import TableStore


@pytest.fixture
def store(tmp_path: Path) -> TableStore:
    return TableStore(tmp_path / "tables", tmp_path / "protected")


def write(store: TableStore, table: str, name: str, value: int) -> Path:
    folder = store.protected_directory if table == "protected" else store.directory / table
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    duckdb.execute(f"COPY (SELECT {value} AS value) TO '{path}' (FORMAT parquet)")
    return path


def put(store: TableStore, table: str, name: str, value: int, since: date | None = None) -> int:
    change = TableChange([write(store, table, name, value)], 1, since, since, since)
    return store.commit({table: change}, timezone="UTC")


def test_nothing_is_there_before_the_first_commit(store: TableStore) -> None:
    assert store.current().names() == []
    assert store.current().generation == 0
    with pytest.raises(NotReady, match="regulars ingest"):
        store.current().last_day()


def test_a_commit_puts_new_files_in_the_place_of_the_old(store: TableStore) -> None:
    put(store, "orders", "a.parquet", 1, date(2024, 1, 1))
    assert put(store, "orders", "b.parquet", 2, date(2024, 1, 5)) == 2
    with duckdb.connect() as connection:
        store.current().register(connection)
        assert connection.execute("SELECT value FROM orders").fetchall() == [(2,)]


def test_files_written_without_a_commit_do_not_count_and_are_collected(store: TableStore) -> None:
    put(store, "orders", "a.parquet", 1, date(2024, 1, 1))
    stray = write(store, "orders", "crashed.parquet", 9)
    assert [path.name for path in store.current().files("orders")] == ["a.parquet"]
    assert store.collect_garbage() == 1
    assert not stray.exists()
    assert store.current().files("orders")[0].exists()


def test_protected_attributes_are_offered_nowhere_but_by_name(store: TableStore) -> None:
    put(store, "protected", "p.parquet", 1)
    assert store.current().names() == []
    assert not store.current().has("protected")
    assert store.current().files("protected") == []
    with duckdb.connect() as connection:
        store.current().register(connection)
        assert connection.execute("SHOW TABLES").fetchall() == []
    assert [path.name for path in store.current().protected_files()] == ["p.parquet"]


def test_a_snapshot_is_stale_only_if_rows_before_its_day_changed(store: TableStore) -> None:
    put(store, "orders", "a.parquet", 1, date(2024, 1, 1))
    put(store, "products", "p.parquet", 1)
    first = store.current()
    put(store, "orders", "b.parquet", 2, date(2024, 3, 1))
    second = store.current()
    assert second.digest(date(2024, 3, 1)) == first.digest(date(2024, 3, 1))
    assert second.digest(date(2024, 3, 2)) != first.digest(date(2024, 3, 2))
    put(store, "products", "q.parquet", 3)
    assert store.current().digest(date(2024, 1, 2)) != second.digest(date(2024, 1, 2))


def test_the_digest_as_of_a_day_does_not_see_later_facts(store: TableStore) -> None:
    put(store, "orders", "a.parquet", 1, date(2024, 1, 1))
    early, whole = store.current().digest(date(2024, 3, 1)), store.current().digest()
    put(store, "orders", "b.parquet", 2, date(2024, 3, 1))
    assert store.current().digest(date(2024, 3, 1)) == early
    assert store.current().digest() != whole


def test_two_writers_at_once_are_refused(store: TableStore) -> None:
    with store.lock(), pytest.raises(StoreError, match="another ingest"), store.lock():
        pass


def test_a_damaged_manifest_says_so(store: TableStore) -> None:
    store.directory.mkdir(parents=True)
    (store.directory / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        store.current().names()
