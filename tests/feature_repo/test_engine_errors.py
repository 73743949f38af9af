"""Damaged files and a full disk are said with what to do, and the next build goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core import query_engine
from core.errors import DataError, StoreError
from core.workspace import Workspace
from feature_repo import kept_aggregates, snapshots
from feature_repo.engine_errors import engine_errors
from tests.feature_repo.conftest import D

VIEW = "customer_features"
HEAD, BLOCK = 3 * 4_096, 256 * 1_024
"""Bytes of a database file before its first block, and of each block, which is checked when it is read."""


def without_middle(content: bytes) -> bytes:
    return content[:100] + bytes(len(content) // 2) + content[100 + len(content) // 2 :]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.fault("disk", "a file of a table damaged or cut", "a build of features names it; with it back, it goes on")
@pytest.mark.parametrize("least", [0, kept_aggregates.LEAST_LINES], ids=["kept aggregates", "none"])
@pytest.mark.parametrize("damage", [without_middle, cut])
def test_a_damaged_file_of_a_table_is_named(
    small_shop: Workspace, monkeypatch: pytest.MonkeyPatch, damage: Callable[[bytes], bytes], least: int
) -> None:
    monkeypatch.setattr(kept_aggregates, "LEAST_LINES", least)
    file = small_shop.tables.files("orders")[0]
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    with pytest.raises(DataError, match="a file of the table orders is damaged") as caught:
        snapshots.ensure(small_shop, VIEW, [D])
    assert str(file) in str(caught.value)
    assert "regulars ingest --replace orders" in str(caught.value)
    file.write_bytes(whole)
    assert snapshots.ensure(small_shop, VIEW, [D]).built == (D,)


@pytest.mark.fault("disk", "kept aggregates damaged", "a build of features says which folder to remove")
def test_damaged_aggregates_are_said(small_shop: Workspace, tmp_path: Path) -> None:
    file, said = tmp_path / "kept.duckdb", list[str]()
    with query_engine.connect(small_shop) as connection:
        connection.execute(f"ATTACH '{file}' AS kept")
        connection.execute("CREATE TABLE kept.main.rows AS SELECT range AS number, random() AS other FROM range(4_000)")
        connection.execute("DETACH kept")
        whole = file.read_bytes()
        for block in range(HEAD, len(whole), BLOCK):  # whichever of them the rows lie in
            file.write_bytes(whole[: block + 1_000] + bytes(1_000) + whole[block + 2_000 :])
            try:
                with engine_errors(small_shop.tables, ["orders"], tmp_path):
                    connection.execute(f"ATTACH '{file}' AS kept (READ_ONLY)")
                    connection.execute("SELECT sum(other) FROM kept.main.rows")
            except DataError as error:
                said.append(str(error))
            connection.execute("DETACH DATABASE IF EXISTS kept")
    assert said
    assert all(f"remove {tmp_path}: what is in it is made anew" in each for each in said)


@pytest.mark.fault("disk", "no room for what features spill", "the build says so, and what there was before stays")
def test_a_full_disk_is_said(small_shop: Workspace, tmp_path: Path) -> None:
    tables = small_shop.tables
    large = "CREATE TEMP TABLE large AS SELECT range AS number, random() AS other FROM range(4_000_000)"
    with query_engine.connect(small_shop) as connection:
        connection.execute("SET memory_limit = '40MB'")
        connection.execute("SET max_temp_directory_size = '1MB'")
        with pytest.raises(StoreError, match="no room on the disk"), engine_errors(tables, ["orders"], tmp_path):
            connection.execute(large)


def test_what_is_no_fault_of_files_is_raised_as_it_is(small_shop: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), engine_errors(small_shop.tables, ["orders"], tmp_path):
        _ = 1 / 0
    with pytest.raises(DataError, match="of another kind"), engine_errors(small_shop.tables, ["orders"], tmp_path):
        raise DataError("of another kind")
