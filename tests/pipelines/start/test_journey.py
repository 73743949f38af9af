"""The first start: what the data do not allow is said, what they allow is done, and what is done stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import DataError, UsageError
from core.workspace import SETTINGS_FILE
from models.kinds import names
from pipelines import first_models, ingest
from pipelines.start import questions, start
from pipelines.start.page import FILE

HEADER = "Order,Customer,SKU,Product,Date,Qty,Line total"
FEW = [f"{i},c{i % 5},p{i % 4},Tea {i % 4},2024-03-{1 + i % 28:02d},1,$2.50" for i in range(60)]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([HEADER, *FEW]) + "\n")
    return path


def test_a_shop_too_young_for_models_is_told_so_and_its_orders_are_in(export: Path, tmp_path: Path) -> None:
    started = start([export], tmp_path / "shop", questions.likely)
    assert set(started.refused) == set(names()) - {"uplift"}
    assert (started.understood.lines, started.understood.base_currency) == (60, "USD")
    page = (tmp_path / "shop" / FILE).read_text()
    assert "2024-03" in page
    assert "150.00" in page
    assert all(why.split(" (")[0][:40] in page for why in started.refused.values())


def test_the_parts_of_an_export_are_one_table(export: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text("\n".join([HEADER, "900,c1,p1,Tea 1,2024-04-02,2,$5.00"]) + "\n")
    started = start([export, more], tmp_path / "shop", questions.likely)
    assert started.understood.lines == 61


def test_started_again_it_goes_on_with_the_mapping_that_is_there(export: Path, tmp_path: Path) -> None:
    start([export], tmp_path / "shop", questions.likely)
    mapping = tmp_path / "shop" / "mapping.yaml"
    mapping.write_text(mapping.read_text() + "# mine\n")
    again = start([export], tmp_path / "shop", questions.refuse)
    assert again.understood.lines == 60
    assert mapping.read_text().endswith("# mine\n")


def test_stopped_half_way_nothing_is_lost(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(first_models, "make", stopped)
        with pytest.raises(KeyboardInterrupt):
            start([export], tmp_path / "shop", questions.likely)
    taken = []
    monkeypatch.setattr(ingest, "run", lambda workspace: taken.append(workspace.tables.rows("orders")))
    start([export], tmp_path / "shop", questions.refuse)
    assert taken == [60]


def test_a_file_without_what_orders_need_makes_no_workspace(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("article,on hand,shelf\n" + "".join(f"a{i},{i},s{i % 3}\n" for i in range(30)))
    with pytest.raises(DataError, match=r"no column tells .*ordered_at.*found: .*article"):
        start([path], tmp_path / "shop", questions.likely)
    assert not (tmp_path / "shop" / SETTINGS_FILE).exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no file .*nothing\.csv"):
        start([tmp_path / "nothing.csv"], tmp_path / "shop", questions.likely)
