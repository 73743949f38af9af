"""A .zip is read as the files in it; one that is not what it seems is refused before anything is unpacked."""

from __future__ import annotations

import gc
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import RegularsError
from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources import archive_limits
from tests.pipelines import field, workbooks
from tests.pipelines.conftest import HEADER, Shop, orders

MARCH = f"{HEADER}\na,o1,p1,2024-03-01,1,2\nb,o2,p1,2024-03-02,1,3\n"
APRIL = f"{HEADER}\na,o3,p1,2024-04-01,1,5\n"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def pack(shop: Shop, members: dict[str, str], place: str = "orders.zip") -> Path:
    with zipfile.ZipFile(shop.root / "orders.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    shop.map(**{"from": place})
    return shop.root / "orders.zip"


def refusal(shop: Shop, temporary: Path) -> str:
    with pytest.raises(RegularsError) as caught:
        run(shop.workspace)
    text = str(caught.value)
    del caught
    gc.collect()
    assert not shop.workspace.tables.manifest.tables
    assert not [path for path in temporary.rglob("*") if path.is_file()]
    return text


def test_a_draft_is_made_of_an_archive(tmp_path: Path, temporary: Path) -> None:
    file = field.write(tmp_path / "orders.csv", field.lines())
    with zipfile.ZipFile(tmp_path / "orders.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(file, "export/orders.csv")
    initialise(tmp_path / "shop", str(tmp_path / "orders.zip"))
    workspace = Workspace.open(tmp_path / "shop")
    run(workspace)
    assert field.ask(workspace, field.TOTALS) == field.SHOP
    gc.collect()
    assert not list(temporary.iterdir())


def test_the_files_of_an_archive_are_one_table(shop: Shop) -> None:
    pack(shop, {"march.csv": MARCH, "april.csv": APRIL, "__MACOSX/._march.csv": "x", ".DS_Store": "x"})
    report = run(shop.workspace)
    assert orders(report).added == 3
    read = "2 files are read as one table, in this order: orders.zip/april.csv, orders.zip/march.csv"
    assert read in orders(report).notes


def test_a_note_to_the_reader_beside_the_files_is_left_out_and_named(shop: Shop) -> None:
    note = "The orders of your shop.\nThank you, dear customer, for asking.\nThe team\n"
    pack(shop, {"a-readme.txt": note, "march.csv": MARCH, "one.txt": "hello\n"})
    report = run(shop.workspace)
    assert orders(report).added == 2
    left = [note for note in orders(report).notes if "holds no table" in note]
    assert left == [f"orders.zip/{name} holds no table, and is left out" for name in ("a-readme.txt", "one.txt")]


def test_a_pattern_takes_some_of_its_files(shop: Shop) -> None:
    members = {"a/orders-1.csv": MARCH, "a/orders-2.csv": APRIL, "readme.txt": "made,by\ntill,4\n"}
    pack(shop, members, "orders.zip#orders-*.csv")
    run(shop.workspace)
    assert shop.rows("count(*)") == [(3,)]


def test_a_bad_row_names_the_file_in_the_archive(shop: Shop, good_lines) -> None:
    lines = [*good_lines(40), "x,o99,p1,2024-04-01,many,5"]
    pack(shop, {"march.csv": "\n".join([HEADER, *lines])})
    run(shop.workspace)
    assert [(row["source"], row["position"]) for row in shop.quarantine()] == [("orders.zip/march.csv", 42)]


def test_a_packed_workbook_is_read(shop: Shop) -> None:
    workbooks.xlsx(shop.root / "a.xlsx", {"S": [HEADER.split(","), ["a", "o1", "p1", "2024-03-01", 1, 2]]})
    with zipfile.ZipFile(shop.root / "orders.zip", "w") as archive:
        archive.write(shop.root / "a.xlsx", "a.xlsx")
    shop.map(**{"from": "orders.zip"})
    run(shop.workspace)
    assert shop.rows("revenue") == [(2.0,)]


MEMBERS: dict[str, tuple[dict[str, str], str]] = {
    "nothing": ({}, "the archive holds no file"),
    "a way out": ({"../evil.csv": MARCH}, "../evil.csv in the archive leads out of the folder"),
    "a way to the root": ({"/etc/evil.csv": MARCH}, "leads out of the folder"),
    "another drive": ({"C:/evil.csv": MARCH}, "leads out of the folder"),
    "another archive": ({"more.zip": "x"}, "the archive holds another archive (more.zip)"),
    "two kinds": ({"a.csv": MARCH, "b.parquet": "PAR1 and more"}, "files of one table are of one kind"),
    "two tables": ({"a.csv": MARCH, "b.csv": "sku,label\n1,Mug\n"}, "have no column in common"),
    "an empty file": ({"a.csv": ""}, "orders.zip/a.csv: the file is empty"),
    "a mountain": ({"a.csv": MARCH + " " * (80 << 20)}, "the archive unpacks to far more than a table of its size"),
}


@pytest.mark.parametrize(("members", "text"), MEMBERS.values(), ids=MEMBERS.keys())
def test_what_an_archive_may_not_hold_is_said(shop: Shop, temporary: Path, members: dict[str, str], text: str) -> None:
    pack(shop, members)
    error = refusal(shop, temporary)
    assert text in error
    assert "orders.zip" in error


def test_a_file_that_is_not_in_it_brings_those_that_are(shop: Shop, temporary: Path) -> None:
    pack(shop, {"march.csv": MARCH}, "orders.zip#orders.csv")
    assert "no file in it is called 'orders.csv'; there is: march.csv" in refusal(shop, temporary)


def test_more_than_a_table_ever_needs_is_refused(shop: Shop, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_limits, "MAX_UNPACKED", 50)
    pack(shop, {"march.csv": MARCH})
    assert "unpacks to far more" in refusal(shop, temporary)


def lie_about_the_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("march.csv").file_size
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (40).to_bytes(4, "little")))


def lock(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)


def link(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("march.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a size that is a lie": (lie_about_the_size, "the archive is damaged"),
    "a password": (lock, "the archive is encrypted (march.csv needs a password)"),
    "a link": (link, "march.csv in the archive is a link"),
    "no end": (cut_off, "the archive is damaged"),
}


@pytest.mark.parametrize(("damage", "text"), DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_archive_is_refused(shop: Shop, temporary: Path, damage: Callable[[Path], None], text: str) -> None:
    damage(pack(shop, {"march.csv": MARCH}))
    gc.collect()
    assert text in refusal(shop, temporary)
