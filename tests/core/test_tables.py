"""Tables: one generation at a time, replaced as a whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from core.errors import NotReady, StoreError
from core.tables import TableChange, Tables


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "tables", tmp_path / "protected")


def write(tables: Tables, table: str, name: str, value: int) -> Path:
    folder = tables.protected_directory if table == "protected" else tables.directory / table
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    duckdb.execute(f"COPY (SELECT {value} AS value) TO '{path}' (FORMAT parquet)")
    return path


def put(tables: Tables, table: str, name: str, value: int, since: date | None = None) -> int:
    change = TableChange([write(tables, table, name, value)], 1, since, since, since)
    return tables.commit({table: change}, timezone="UTC")


def test_nothing_is_there_before_the_first_commit(tables: Tables) -> None:
    assert tables.names() == []
    assert tables.generation == 0
    with pytest.raises(NotReady, match="regulars ingest"):
        tables.last_day()


def test_a_commit_puts_new_files_in_the_place_of_the_old(tables: Tables) -> None:
    put(tables, "orders", "a.parquet", 1, date(2024, 1, 1))
    assert put(tables, "orders", "b.parquet", 2, date(2024, 1, 5)) == 2
    with duckdb.connect() as connection:
        tables.register(connection)
        assert connection.execute("SELECT value FROM orders").fetchall() == [(2,)]


def test_files_written_without_a_commit_do_not_count_and_are_collected(tables: Tables) -> None:
    put(tables, "orders", "a.parquet", 1, date(2024, 1, 1))
    stray = write(tables, "orders", "crashed.parquet", 9)
    assert [path.name for path in tables.files("orders")] == ["a.parquet"]
    assert tables.collect_garbage() == 1
    assert not stray.exists()
    assert tables.files("orders")[0].exists()


def test_protected_attributes_are_offered_nowhere_but_by_name(tables: Tables) -> None:
    put(tables, "protected", "p.parquet", 1)
    assert tables.names() == []
    assert not tables.has("protected")
    assert tables.files("protected") == []
    with duckdb.connect() as connection:
        tables.register(connection)
        assert connection.execute("SHOW TABLES").fetchall() == []
    assert [path.name for path in tables.protected_files()] == ["p.parquet"]


def test_a_snapshot_is_stale_only_if_rows_before_its_day_changed(tables: Tables) -> None:
    first = put(tables, "orders", "a.parquet", 1, date(2024, 1, 1))
    put(tables, "orders", "b.parquet", 2, date(2024, 3, 1))
    assert not tables.changed_since(first, date(2024, 3, 1))
    assert tables.changed_since(first, date(2024, 3, 2))
    put(tables, "products", "p.parquet", 3)
    assert tables.changed_since(first, date(2024, 1, 2))


def test_the_digest_as_of_a_day_does_not_see_later_facts(tables: Tables) -> None:
    put(tables, "orders", "a.parquet", 1, date(2024, 1, 1))
    early, whole = tables.digest(date(2024, 3, 1)), tables.digest()
    put(tables, "orders", "b.parquet", 2, date(2024, 3, 1))
    assert tables.digest(date(2024, 3, 1)) == early
    assert tables.digest() != whole


def test_two_writers_at_once_are_refused(tables: Tables) -> None:
    with tables.lock(), pytest.raises(StoreError, match="another ingest"), tables.lock():
        pass


def test_a_damaged_manifest_says_so(tables: Tables) -> None:
    tables.directory.mkdir(parents=True)
    (tables.directory / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        tables.names()
