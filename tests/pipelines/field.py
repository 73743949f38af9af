"""The invented shop behind the cases from the field, and the shapes its order lines are written in.

cases/shop.csv has 3,554 order lines of 150 customers and 34 products: revenue 65,106.60, 6,052 units, the first
line of 2022-01-03, the last of 2022-10-29.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import duckdb
from typer.testing import CliRunner, Result

from core.workspace import Workspace
from pipelines.cli.main import build
from pipelines.initialise import initialise

LINES, CUSTOMERS, PRODUCTS, ORDERS, UNITS, REVENUE = 3_554, 150, 34, 1_649, 6_052, 65_106.60
Line = dict[str, str]


def lines() -> list[Line]:
    """The order lines, each a copy, with the contract's names of columns (and a name and a category)."""
    return [dict(line) for line in _read()]


@cache
def _read() -> tuple[Line, ...]:
    with (Path(__file__).parent / "cases" / "shop.csv").open() as file:
        return tuple(csv.DictReader(file))


def write(path: Path, rows: Iterable[Mapping[str, object]], separator: str = ",") -> Path:
    """A text file of rows, its header the keys of the first."""
    listed = list(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(listed)
    return path


def drafted(root: Path, file: Path) -> Workspace:
    """A workspace whose mapping was drafted from the file."""
    initialise(root, str(file))
    return Workspace.open(root)


def command(workspace: Workspace, *words: str) -> Result:
    """What a `regulars` command says of the workspace."""
    return CliRunner().invoke(build(), [*words, "-w", str(workspace.root)])


def ask(workspace: Workspace, select: str, table: str = "orders") -> tuple[object, ...]:
    """One row of values over a table in force."""
    with duckdb.connect() as connection:
        workspace.tables.register(connection)
        [row] = connection.execute(f"SELECT {select} FROM {table}").fetchall()
    return tuple(round(value, 2) if isinstance(value, float) else value for value in row)


SHOP = (LINES, float(UNITS), REVENUE)
"""What `TOTALS` has to be."""
TOTALS = "count(*), sum(quantity), sum(revenue)"
