"""The same rows come out of every kind of place they may lie in."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from core.errors import DataError, MappingError, RegularsError
from pipelines.ingest import run
from pipelines.sources.csv_dialect import look
from tests.pipelines.conftest import HEADER, Shop

LINES = ["007,o1,p1,2024-03-01 10:00:00,2,1.5", ",o2,12,2024-03-02 11:00:00,-1,4"]
EXPECTED = [
    ("007", "o1", "p1", datetime(2024, 3, 1, 10), 2.0, 3.0),
    (None, "o2", "12", datetime(2024, 3, 2, 11), -1.0, -4.0),
]
SELECT = "customer_id, order_id, product_id, ordered_at, quantity, revenue"


def as_csv(shop: Shop) -> str:
    shop.lines(LINES)
    return "orders.csv"


def as_gzip(shop: Shop) -> str:
    (shop.root / "orders.csv.gz").write_bytes(gzip.compress("\n".join([HEADER, *LINES]).encode()))
    return "orders.csv.gz"


def as_semicolons(shop: Shop) -> str:
    shop.write("orders.csv", "\n".join([HEADER, *LINES]).replace(",", ";"))
    return "orders.csv"


def as_tabs_with_windows_breaks(shop: Shop) -> str:
    shop.write("orders.tsv", "\ufeff" + "\r\n".join([HEADER, *LINES]).replace(",", "\t") + "\r\n")
    return "orders.tsv"


def as_utf16(shop: Shop) -> str:
    (shop.root / "orders.csv").write_bytes("\n".join([HEADER, *LINES]).encode("utf-16"))
    return "orders.csv"


def select_rows() -> str:
    rows = ", ".join(f"({','.join(_sql(value) for value in line.split(','))})" for line in LINES)
    types = ("VARCHAR", "VARCHAR", "VARCHAR", "TIMESTAMP", "BIGINT", "DOUBLE")
    names = HEADER.split(",")
    casts = ", ".join(f'CAST("{n}" AS {t}) AS "{n}"' for n, t in zip(names, types, strict=True))
    columns = ", ".join(f'"{name}"' for name in names)
    return f"SELECT {casts} FROM (VALUES {rows}) AS v({columns})"


def _sql(value: str) -> str:
    return f"'{value}'" if value else "NULL"


def as_parquet(shop: Shop) -> str:
    duckdb.execute(f"COPY ({select_rows()}) TO '{shop.root / 'orders.parquet'}' (FORMAT parquet)")
    return "orders.parquet"


def as_duckdb(shop: Shop) -> str:
    with duckdb.connect(str(shop.root / "shop.duckdb")) as connection:
        connection.execute(f"CREATE TABLE lines AS {select_rows()}")
    return "duckdb:shop.duckdb#lines"


def as_sqlite(shop: Shop) -> str:
    with sqlite3.connect(shop.root / "shop.db") as connection:
        connection.execute(
            'CREATE TABLE lines (customer TEXT, "order" TEXT, product, at DATETIME, qty INT, price REAL)'
        )
        rows = [[value or None for value in line.split(",")] for line in LINES]
        connection.executemany("INSERT INTO lines VALUES (?,?,?,?,?,?)", rows)
    return f"sqlite:///{shop.root / 'shop.db'}#lines"


PLACES = [as_csv, as_gzip, as_semicolons, as_tabs_with_windows_breaks, as_utf16, as_parquet, as_duckdb, as_sqlite]


@pytest.mark.parametrize("place", PLACES)
def test_the_same_rows_come_out_of_every_place(shop: Shop, place: Callable[[Shop], str]) -> None:
    source = place(shop)
    shop.map(**{"from": source, "timestamps": {"zone": "UTC"}})
    run(shop.workspace)
    assert sorted(shop.rows(SELECT), key=lambda row: row[1]) == EXPECTED
    again = run(shop.workspace)
    assert (again.generation, again.tables[0].unchanged) == (1, 2)


@pytest.mark.parametrize("place", [as_parquet, as_duckdb, as_sqlite])
def test_a_column_that_is_not_there_is_named_everywhere(shop: Shop, place: Callable[[Shop], str]) -> None:
    shop.map(**{"from": place(shop)})
    shop.mapping["tables"]["orders"]["columns"]["product_id"] = "produkt"
    shop.map()
    with pytest.raises(MappingError, match="did you mean 'product'"):
        run(shop.workspace)


@pytest.mark.parametrize("source", ["duckdb:shop.duckdb#line", "sqlite:///{root}/shop.db#line"])
def test_a_table_that_is_not_there_brings_the_nearest(shop: Shop, source: str) -> None:
    as_duckdb(shop), as_sqlite(shop)
    shop.map(**{"from": source.format(root=shop.root)})
    with pytest.raises(MappingError, match="did you mean 'lines'"):
        run(shop.workspace)


def test_postgresql_rows_come_out_typed(shop: Shop, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlalchemy as sa

    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS lines"))
        connection.execute(
            sa.text(
                'CREATE TABLE lines (customer TEXT, "order" TEXT, product NUMERIC(12,0), at TIMESTAMPTZ, qty INT,'
                " price NUMERIC(10,2))"
            )
        )
        connection.execute(sa.text("INSERT INTO lines VALUES ('007','o1',12,'2024-03-01 10:00:00+02',2,1.50)"))
    monkeypatch.setenv("SHOP_DB", url)
    shop.map(**{"from": "${SHOP_DB}#lines"})
    run(shop.workspace)
    assert shop.rows(SELECT) == [("007", "o1", "12", datetime(2024, 3, 1, 8), 2.0, 3.0)]


def test_latin_letters_of_an_old_program_are_read(shop: Shop) -> None:
    (shop.root / "orders.csv").write_bytes("\n".join([HEADER, "Zoë,o1,Café,2024-03-01,1,1"]).encode("latin-1"))
    run(shop.workspace)
    assert shop.rows("customer_id, product_id") == [("Zoë", "Café")]


def test_decimal_commas_and_dots_for_thousands_are_read(shop: Shop) -> None:
    shop.map(csv={"separator": ";", "decimal": ",", "thousands": "."})
    shop.lines(["c;o;p;2024-03-01;2;1.234,50"], HEADER.replace(",", ";"))
    run(shop.workspace)
    assert shop.rows("revenue") == [(2469.0,)]


def test_words_for_nothing_are_null(shop: Shop) -> None:
    shop.map(csv={"nulls": ["NULL", "-"]})
    shop.lines(["NULL,o,p,2024-03-01,1,1", "-,o2,p,2024-03-01,1,1"])
    run(shop.workspace)
    assert shop.rows("DISTINCT customer_id") == [(None,)]


@pytest.mark.parametrize(
    ("written", "format_", "moment"),
    [
        ("31/12/2024 23:30", "%d/%m/%Y %H:%M", datetime(2024, 12, 31, 23, 30)),
        ("12/31/2024 11:30 PM", "%m/%d/%Y %I:%M %p", datetime(2024, 12, 31, 23, 30)),
        ("20240701", "%Y%m%d", datetime(2024, 6, 30, 23, 0)),
        ("01.07.2024 00:30 +0200", "%d.%m.%Y %H:%M %z", datetime(2024, 6, 30, 22, 30)),
    ],
)
def test_times_are_read_as_the_format_says(shop: Shop, written: str, format_: str, moment: datetime) -> None:
    shop.map(timestamps={"format": format_})
    shop.lines([f"c,o,p,{written},1,1"])
    run(shop.workspace)
    assert shop.rows("ordered_at") == [(moment,)]


def test_seconds_since_1970_are_read_by_an_expression(shop: Shop) -> None:
    shop.mapping["tables"]["orders"]["columns"]["ordered_at"] = "to_timestamp(cast(at as bigint))"
    shop.map()
    shop.lines(["c,o,p,1709287200,1,1"])
    run(shop.workspace)
    assert shop.rows("ordered_at") == [(datetime(2024, 3, 1, 10),)]


def test_a_damaged_archive_is_not_taken_for_text(shop: Shop) -> None:
    (shop.root / "orders.csv").write_bytes(b"PK\x03\x04something")
    with pytest.raises(DataError, match="the archive is damaged"):
        run(shop.workspace)


def test_an_empty_file_is_said_to_be_empty(shop: Shop) -> None:
    shop.write("orders.csv", "")
    with pytest.raises(DataError, match="the file is empty"):
        run(shop.workspace)


def test_a_damaged_parquet_file_is_named(shop: Shop) -> None:
    shop.write("orders.parquet", "PAR1 and then nothing that makes sense")
    shop.map(**{"from": "orders.parquet"})
    with pytest.raises(RegularsError, match=r"orders\.parquet"):
        run(shop.workspace)


def test_columns_without_a_name_or_with_the_same_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,,A,a\n1,2,3,4\n")
    assert look(tmp_path / "a.csv").header == ("a", "column2", "A_1", "a_2")
