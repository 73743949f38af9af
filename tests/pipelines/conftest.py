"""A shop made of files a test writes, and its ingest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from core import settings_template
from core.workspace import Workspace
from pipelines.ingest import IngestReport, TableReport
from tests.conftest import need, need_program
from tests.support.mysql import served
from tests.support.state import give_empty_state

HEADER = "customer,order,product,at,qty,price"


class Shop:
    """A workspace beside files; `lines` writes orders.csv, `map` the mapping, `rows` reads a committed table."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root.mkdir(parents=True, exist_ok=True)
        (root / "regulars.toml").write_text(settings_template.render())
        give_empty_state(root)
        self.mapping: dict[str, Any] = {
            "timezone": "Europe/London",
            "base_currency": "GBP",
            "tables": {
                "orders": {
                    "from": "orders.csv",
                    "columns": {
                        "customer_id": "customer",
                        "order_id": "order",
                        "product_id": "product",
                        "ordered_at": "at",
                        "quantity": "qty",
                        "revenue": "qty * price",
                    },
                }
            },
        }
        self.map()

    @property
    def workspace(self) -> Workspace:
        return Workspace.open(self.root)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_bytes(text.encode())
        return path

    def lines(self, lines: Sequence[str], header: str = HEADER, name: str = "orders.csv") -> Path:
        return self.write(name, "\n".join([header, *lines]) + "\n")

    def map(self, **orders: Any) -> None:
        self.mapping["tables"]["orders"].update(orders)
        self.write("mapping.yaml", yaml.safe_dump(self.mapping))

    def add_table(self, name: str, **spec: Any) -> None:
        self.mapping["tables"][name] = spec
        self.map()

    def rows(self, select: str, table: str = "orders") -> list[tuple[Any, ...]]:
        files = [str(path) for path in self.workspace.tables.files(table)]
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(f"SELECT {select} FROM read_parquet(?)", [files]).fetchall()

    def rewrite(self, file: Path, select: str) -> None:
        """Put other rows into a committed file, as an earlier release would have written them."""
        with duckdb.connect() as connection:
            other = file.with_suffix(".other")
            connection.execute(f"COPY ({select} FROM read_parquet('{file}')) TO '{other}' (FORMAT parquet)")
            other.replace(file)

    def quarantine(self, table: str = "orders") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for path in sorted((self.root / "quarantine" / table).glob("*.parquet")):
            rows += pq.read_table(path).to_pylist()
        return rows

    def files(self) -> dict[str, bytes]:
        """Everything under the workspace, without locks and the database, which SQLite tidies when it likes."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and path.name != ".lock" and not path.name.startswith("state.db")
        }


def orders(report: IngestReport) -> TableReport:
    """What an ingest says of the table `orders`."""
    return next(table for table in report.tables if table.table == "orders")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


@pytest.fixture
def good_lines() -> Callable[[int], list[str]]:
    """`n` valid order lines, all different, from 1 March 2024 on."""

    def make(n: int) -> list[str]:
        return [
            f"{i % 7:03d},o{i // 2},p{i % 5},2024-03-{1 + i % 28:02d} 1{i % 10}:00:{i % 60:02d},"
            f"{1 + i % 3},{1 + i / 100}"
            for i in range(n)
        ]

    return make


@pytest.fixture(scope="session")
def mysql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MariaDB server on this machine, without a network."""
    need("pymysql")
    install, server = need_program("mariadb-install-db", "mysql_install_db"), need_program("mariadbd", "mysqld")
    with served(install, server, tmp_path_factory.mktemp("mysql")) as url:
        yield url
