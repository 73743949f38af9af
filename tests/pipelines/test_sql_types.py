"""What the columns of real database servers hold comes out as it is: money, moments, ids, letters, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.ingest import run
from pipelines.sources import sql_database
from tests.pipelines.conftest import Shop, orders

MAPPED = {
    "customer_id": "customer",
    "order_id": "id",
    "product_id": "sku",
    "ordered_at": "at",
    "quantity": "qty",
    "revenue": "qty * price",
    "channel": "channel",
}
STORED = "customer_id, order_id, product_id, ordered_at, quantity, revenue, channel"


@pytest.fixture
def on_mysql(shop: Shop, mysql_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Connection]:
    monkeypatch.setenv("SHOP_DB", mysql_url)
    engine = sa.create_engine(mysql_url.replace("mysql://", "mysql+pymysql://"))
    with engine.connect() as connection:
        connection.exec_driver_sql("SET SESSION sql_mode = '', time_zone = '+02:00'")
        yield connection
    engine.dispose()


@pytest.fixture
def on_postgresql(shop: Shop, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Connection]:
    monkeypatch.setenv("SHOP_DB", postgres_url)
    engine = sa.create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def make(connection: sa.Connection, types: str, *rows: str) -> None:
    connection.exec_driver_sql("DROP TABLE IF EXISTS sold_lines")
    connection.exec_driver_sql(f"CREATE TABLE sold_lines ({types})")
    for row in rows:
        connection.exec_driver_sql(f"INSERT INTO sold_lines VALUES ({row})".replace("%", "%%"))
    connection.commit()


def ingested(shop: Shop, **mapped: Any) -> list[tuple[Any, ...]]:
    shop.map(**{"from": "${SHOP_DB}#sold_lines", "columns": MAPPED, **mapped})
    run(shop.workspace)
    return sorted(shop.rows(STORED), key=str)


@pytest.mark.long
def test_mysql(shop: Shop, on_mysql: sa.Connection) -> None:
    make(
        on_mysql,
        "customer VARCHAR(40), id BIGINT UNSIGNED, sku DECIMAL(20, 0), at TIMESTAMP NULL, qty DOUBLE,"
        " price DECIMAL(10, 2), channel VARCHAR(20)",
        "'Zoë 山田 😀', 18446744073709551615, 12345678901234567890, '2024-07-01 12:00:00', 2.5, 19.99, 'web'",
        "NULL, 7, 12, '2024-07-01 13:00:00', 1, 0.10, NULL",
    )
    assert ingested(shop) == [
        (
            "Zoë 山田 😀",
            "18446744073709551615",
            "12345678901234567890",
            datetime(2024, 7, 1, 10),
            2.5,
            pytest.approx(49.975),
            "web",
        ),
        (None, "7", "12", datetime(2024, 7, 1, 11), 1.0, 0.1, None),
    ]


@pytest.mark.long
def test_mysql_has_days_that_are_none(shop: Shop, on_mysql: sa.Connection) -> None:
    make(
        on_mysql,
        "customer VARCHAR(40), id INT, sku VARCHAR(9), at DATETIME, qty INT, price DECIMAL(10, 2), channel BIT(1)",
        "'c', 1, 'p', '2024-07-01 12:00:00', 1, 1, b'1'",
        "'c', 2, 'p', '0000-00-00 00:00:00', 1, 1, b'0'",
    )
    shop.write("regulars.toml", "max_rejected_share = 0.6\n")
    shop.map(**{"from": "${SHOP_DB}#sold_lines", "columns": MAPPED})
    report = orders(run(shop.workspace))
    assert report.quarantined == {"ordered_at is empty": 1}
    assert any("at: 0000-00-00 counts as empty: 1 rows" in note for note in report.notes)
    # A DATETIME has no zone: it is on the shop's clock.
    assert shop.rows(STORED) == [("c", "1", "p", datetime(2024, 7, 1, 11), 1.0, 1.0, "1")]


def test_postgresql(shop: Shop, on_postgresql: sa.Connection) -> None:
    make(
        on_postgresql,
        "customer TEXT, id BIGINT, sku NUMERIC(20, 0), at TIMESTAMPTZ, qty REAL, price NUMERIC(10, 2), channel BOOLEAN",
        "'Zoë 山田 😀', 9007199254740993, 12345678901234567890, '2024-07-01 12:00:00+02', 2.5, 19.99, true",
        "NULL, 7, 12, '2024-07-01 13:00:00+02', 1, 0.10, NULL",
    )
    assert ingested(shop) == [
        (
            "Zoë 山田 😀",
            "9007199254740993",
            "12345678901234567890",
            datetime(2024, 7, 1, 10),
            2.5,
            pytest.approx(49.975),
            "true",
        ),
        (None, "7", "12", datetime(2024, 7, 1, 11), 1.0, 0.1, None),
    ]


def test_postgresql_times_without_a_zone_are_on_the_clock_that_the_mapping_names(
    shop: Shop, on_postgresql: sa.Connection
) -> None:
    make(
        on_postgresql,
        "customer TEXT, id INT, sku TEXT, at TIMESTAMP, qty INT, price DOUBLE PRECISION, channel TEXT",
        "'c', 1, 'p', '2024-07-01 12:00:00', 1, 0.5, NULL",
    )
    [row] = ingested(shop, timestamps={"zone": "America/New_York"})
    assert (row[3], row[5]) == (datetime(2024, 7, 1, 16), 0.5)


def test_rows_come_in_chunks(shop: Shop, on_postgresql: sa.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = "customer TEXT, id INT, sku TEXT, at TIMESTAMP, qty INT, price INT, channel TEXT"
    make(on_postgresql, columns)
    on_postgresql.exec_driver_sql(
        "INSERT INTO sold_lines SELECT 'c', n, 'p', '2024-01-01', 1, 1, NULL FROM generate_series(1, 250) AS n"
    )
    on_postgresql.commit()
    monkeypatch.setattr(sql_database, "CHUNK", 100)
    assert len(ingested(shop)) == 250
