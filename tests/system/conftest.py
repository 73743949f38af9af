"""One shop brought as a CSV file, taken through every command once; the tests look at what came of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import locks
from pipelines.cli.main import build
from pipelines.processes import Processes, Server, free_port
from tests.support.shop import frames
from tests.system.cli import regulars

MODELS = ("churn", "demand", "recommendation", "value")


@pytest.fixture(scope="session")
def orders_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Order lines as a shop's own export names them."""
    path = tmp_path_factory.mktemp("export") / "orders.csv"
    names = {
        "customer_id": "CustomerID",
        "order_id": "InvoiceNo",
        "product_id": "StockCode",
        "ordered_at": "InvoiceDate",
        "quantity": "Quantity",
        "revenue": "Amount",
        "region": "Country",
    }
    orders = frames()["orders"][list(names)].rename(columns=names)
    orders.to_csv(path, index=False, date_format="%Y-%m-%d %H:%M:%S")
    return path


@pytest.fixture(scope="session")
def products_csv(orders_csv: Path) -> Path:
    """The product table of the same shop."""
    path = orders_csv.with_name("products.csv")
    frames()["products"].to_csv(path, index=False)
    return path


MAPPING = """\
timezone: Europe/London
base_currency: GBP
tables:
  orders:
    from: {orders}
    columns:
      customer_id: CustomerID
      order_id: InvoiceNo
      product_id: StockCode
      ordered_at: InvoiceDate
      quantity: Quantity
      revenue: Amount
      region: Country
    timestamps: {{format: "%Y-%m-%d %H:%M:%S", zone: Europe/London}}
  products:
    from: {products}
    columns:
      product_id: product_id
      name: name
      category: category
      department: department
      brand: brand
      list_price: list_price
"""


@pytest.fixture(scope="session")
def own_shop(tmp_path_factory: pytest.TempPathFactory, orders_csv: Path, products_csv: Path) -> Path:
    """A workspace with promoted models and a filled online store; made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "own"
    folder.mkdir(exist_ok=True)
    with locks.waiting(folder / "lock"):
        if not (folder / "done").exists():
            make_own_shop(folder / "shop", orders_csv, products_csv)
            (folder / "done").touch()
    return folder / "shop"


def make_own_shop(root: Path, orders_csv: Path, products_csv: Path) -> None:
    """Every command between a CSV file and predictions, once."""
    regulars("init", root, "--from", orders_csv)
    (root / "mapping.yaml").write_text(MAPPING.format(orders=orders_csv, products=products_csv))
    settings = root / "regulars.toml"
    settings.write_text(settings.read_text().replace("min_purchases = 5", "min_purchases = 3"))
    regulars("ingest", folder=root)
    for model in MODELS:
        command = in_a_process if model == MODELS[0] else in_this_process
        command(root, "train", model, "--trials", 1)
        promote_or_approve(root, model, command)
    regulars("materialize", folder=root)


Command = Callable[..., int]
"""Runs a command in a workspace and returns its exit code: 0, or one of `others`."""


def promote_or_approve(root: Path, model: str, command: Command) -> None:
    """Promote version 1; where fairness blocks it (chance, on a small shop), approve it with a reason first."""
    if command(root, "promote", model, 1, others=(3,)) == 3:
        command(root, "approve", model, 1, "--reason", "seen by the system test")
        command(root, "promote", model, 1, others=(3,))


def in_a_process(root: Path, *words: object, others: tuple[int, ...] = ()) -> int:
    ended = regulars(*words, folder=root, code=None)
    assert ended.code in (0, *others), ended.err
    return ended.code


def in_this_process(root: Path, *words: object, others: tuple[int, ...] = ()) -> int:
    """The same where it was shown in a process before: importing a model's libraries takes most of its time."""
    ended = CliRunner().invoke(build(), [*map(str, words), "--workspace", str(root)])  # type: ignore[arg-type]
    assert ended.exit_code in (0, *others), ended.output
    return ended.exit_code


@pytest.fixture
def a_copy(own_shop: Path, tmp_path: Path) -> Path:
    """The finished workspace, in a folder of the test's own."""
    return Path(shutil.copytree(own_shop, tmp_path / "shop"))


@pytest.fixture(scope="session")
def served_shop(own_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished workspace, in a copy that the service may change."""
    return Path(shutil.copytree(own_shop, tmp_path_factory.mktemp("served") / "shop"))


@pytest.fixture(scope="session")
def service(served_shop: Path) -> Iterator[str]:
    """The address of a running service."""
    with running(served_shop, "serve", "/readyz") as address:
        yield address


@pytest.fixture(scope="session")
def make_key(served_shop: Path) -> Callable[..., str]:
    """Makes a key with the rights named and returns its token."""

    def make(name: str, *rights: str) -> str:
        options = [part for right in rights for part in ("--right", right)]
        token: str = regulars("keys", "create", name, *options, "--json", folder=served_shop).document["token"]
        return token

    return make


class running:  # noqa: N801 - reads as a word: `with running(root, "serve", "/readyz") as address`
    """Starts `regulars serve` or `regulars review` and stops it at the end."""

    def __init__(self, root: Path, command: str, ready: str) -> None:
        self.port = free_port("127.0.0.1", 39100)
        self.address = f"http://127.0.0.1:{self.port}"
        arguments = [command, "--workspace", str(root), "--port", str(self.port)]
        self.server = Server(command, arguments, self.address + ready, root / "logs" / f"{command}.log")
        self.processes = Processes()

    def __enter__(self) -> str:
        self.processes.start(self.server)
        try:
            self.processes.wait_ready(self.server)
        except BaseException:
            self.processes.stop()
            raise
        return self.address

    def __exit__(self, *_: object) -> None:
        self.processes.stop()
