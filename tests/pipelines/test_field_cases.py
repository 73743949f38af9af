"""Files as shops really write them: one table of an invented shop, written in each of those ways, comes out the same.

`cases/shop.csv` is that table: 3,554 order lines of 150 customers and 34 products. What is right was computed
from it, not from what this project makes of it.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from core.errors import DataError, MappingError
from core.workspace import Workspace
from pipelines.ingest import IngestReport, run
from pipelines.initialise import initialise
from pipelines.sources.csv_dialect import look
from pipelines.sources.csv_file import CsvFile
from pipelines.sources.encodings import open_text
from pipelines.sources.source import ROW
from tests.pipelines.conftest import HEADER, Shop

PLAIN = Path(__file__).parent / "cases" / "shop.csv"
CATEGORIES = {"Coffee": "咖啡", "Tea": "茶叶", "Mugs": "杯子", "Candles": "蜡烛", "Cards": "贺卡"}
CHINESE = "订单编号,客户编号,商品编号,商品名称,类别,下单时间,数量,金额"


@dataclass(frozen=True)
class Figures:
    """What is right of a table of order lines."""

    lines: int = 3_554
    customers: int = 150
    products: int = 34
    revenue: float = 65_106.60
    units: float = 6_052.0
    first: str = "2022-01-03 16:27:00"
    last: str = "2022-10-29 17:40:00"
    guests: int = 0


RIGHT = Figures()


@cache
def plain() -> tuple[tuple[str, ...], ...]:
    """The table's rows, the header first."""
    return tuple(tuple(row) for row in csv.reader(io.StringIO(PLAIN.read_text())))


def text(rows: Sequence[Sequence[str]], separator: str = ",", ending: str = "\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=ending).writerows(rows)
    return out.getvalue()


def with_column(name: str, change: Callable[[str, int], str]) -> list[list[str]]:
    """The table with each value of a column changed; the function takes the value and the row's number."""
    rows = [list(row) for row in plain()]
    index = rows[0].index(name)
    for number, row in enumerate(rows[1:]):
        row[index] = change(row[index], number)
    return rows


def ingested(folder: Path, file: Path, **edits: Any) -> tuple[IngestReport, Workspace]:
    """Draft a mapping from the file, edit its top level, and ingest."""
    initialise(folder, str(file))
    mapping = folder / "mapping.yaml"
    config = yaml.safe_load(mapping.read_text())
    zone = edits.pop("timezone", None)
    if zone:
        config["timezone"] = zone
        config["tables"]["orders"].setdefault("timestamps", {})["zone"] = zone
    config["tables"]["orders"].update(edits)
    mapping.write_text(yaml.safe_dump(config, allow_unicode=True))
    workspace = Workspace.open(folder)
    return run(workspace), workspace


def figures(workspace: Workspace) -> Figures:
    files = [str(path) for path in workspace.tables.files("orders")]
    select = """count(*), count(DISTINCT customer_id), count(DISTINCT product_id), round(sum(revenue), 2),
        sum(quantity), min(local_at)::VARCHAR, max(local_at)::VARCHAR, count(*) FILTER (customer_id IS NULL)"""
    [row] = duckdb.execute(f"SELECT {select} FROM read_parquet(?)", [files]).fetchall()
    return Figures(*row)


def of(workspace: Workspace, table: str, select: str) -> list[Any]:
    files = [str(path) for path in workspace.tables.files(table)]
    return sorted(row[0] for row in duckdb.execute(f"SELECT {select} FROM read_parquet(?)", [files]).fetchall())


WRITTEN: dict[str, Callable[[], bytes]] = {
    "line feeds": lambda: text(plain()).encode(),
    "a mark at the beginning": lambda: b"\xef\xbb\xbf" + text(plain()).encode(),
    "Windows line ends": lambda: text(plain(), ending="\r\n").encode(),
    "old Macintosh line ends": lambda: text(plain(), ending="\r").encode(),
    "a Windows header over Unix rows": lambda: text(plain()).encode().replace(b"\n", b"\r\n", 1),
    "one line feed among Windows ends": lambda: text(plain(), ending="\r\n").encode().replace(b"\r\n", b"\n", 40)[:-2],
    "line ends doubled": lambda: text(plain(), ending="\r\r\n").encode(),
    "no end of the last line": lambda: text(plain()).encode()[:-1],
    "UTF-16": lambda: text(plain()).encode("utf-16"),
    "UTF-16 without a mark": lambda: text(plain(), "\t").encode("utf-16-le"),
    "UTF-16 the other way around": lambda: text(plain(), ";").encode("utf-16-be"),
    "UTF-32": lambda: text(plain()).encode("utf-32"),
    "gzip by content": lambda: gzip.compress(text(plain()).encode()),
    "Excel's separator line": lambda: b"sep=;\r\n" + text(plain(), ";", "\r\n").encode(),
    "Excel's separator line, quoted": lambda: b'"sep=|"\n' + text(plain(), "|").encode(),
    "Excel's separator line for tabs": lambda: b"sep=\t\n" + text(plain(), "\t").encode(),
    "titles above the header": lambda: b"Order lines\nFrom,2022-01-01\n\n" + text(plain()).encode(),
    "titles filled up with separators": lambda: b"Order lines;;;;;;;\n;;;;;;;\n" + text(plain(), ";").encode(),
    "a comment above the header": lambda: b"# made by till 4\n" + text(plain(), "\t").encode(),
    "empty rows at the end": lambda: text(plain()).encode() + b",,,,,,,\n" * 400,
    "a separator at the end of each row": lambda: (
        text(plain(), ";").replace("\n", ";\n").replace(";\n", "\n", 1).encode()
    ),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN.keys())
def test_a_file_comes_out_the_same_however_it_is_written(tmp_path: Path, write: Callable[[], bytes]) -> None:
    (tmp_path / "orders.csv").write_bytes(write())
    with duckdb.connect() as connection:
        staged = CsvFile(tmp_path / "orders.csv", "orders.csv").stage(connection, "rows")
        rows = connection.execute(f"SELECT * EXCLUDE ({ROW}) FROM rows ORDER BY {ROW}").fetchall()
    assert (tuple(staged.types), *rows) == plain()
    assert not staged.broken


@pytest.mark.parametrize(
    "form", ["one line feed among Windows ends", "Excel's separator line", "UTF-16 without a mark"]
)
def test_such_a_file_goes_through_the_commands_without_an_edit(tmp_path: Path, form: str) -> None:
    (tmp_path / "orders.csv").write_bytes(WRITTEN[form]())
    report, workspace = ingested(tmp_path / "shop", tmp_path / "orders.csv")
    assert figures(workspace) == RIGHT
    assert not any(table.quarantined for table in report.tables)


ENCODED = {
    "cp1252": "Käse für 5 €, Tee „grün“, Brötchen, Grüße, Öl",
    "cp1250": "Świeca zapachowa, Kubek żółty, Herbata z łąki, Źródło, Kartka świąteczna",
    "iso8859_2": "Świeca zapachowa, Kubek żółty, Herbata z łąki, Źródło, Kartka świąteczna",
    "cp1251": "Кофе, Чай, Кружки, Свечи, Открытки",
    "koi8_r": "Кофе, Чай, Кружки, Свечи, Открытки",
    "cp1253": "Καφές, Τσάι, Κούπες, Κεριά, Κάρτες",
    "cp932": "コーヒー, 緑茶, マグカップ, ろうそく, 挨拶状",
    "euc_jp": "コーヒー, 緑茶, マグカップ, ろうそく, 挨拶状",
    "big5": "咖啡, 茶葉, 杯子, 蠟燭, 賀卡",
    "gb18030": "咖啡, 茶叶, 杯子, 蜡烛, 贺卡",
    "cp949": "커피, 녹차, 머그컵, 양초, 축하 카드",
}


@pytest.mark.parametrize(("encoding", "words"), ENCODED.items(), ids=ENCODED.keys())
def test_names_are_read_in_the_encoding_of_their_country(tmp_path: Path, encoding: str, words: str) -> None:
    named = dict(zip(CATEGORIES, words.split(", "), strict=True))
    rows = with_column("category", lambda category, _: named[category])
    (tmp_path / "orders.csv").write_bytes(text(rows, ";").encode(encoding))
    dialect = look(tmp_path / "orders.csv")
    assert (dialect.separator, dialect.encoding.name, dialect.encoding.guessed) == (";", encoding, True)
    assert any(word in dialect.encoding.example for word in named.values())
    with open_text(tmp_path / "orders.csv", encoding) as file:
        assert file.read() == text(rows, ";")


def test_chinese_categories_are_served_in_chinese(tmp_path: Path) -> None:
    rows = with_column("category", lambda category, _: CATEGORIES[category])
    rows[0] = CHINESE.split(",")
    (tmp_path / "orders.csv").write_bytes(text(rows).encode("gbk"))
    names = dict(zip(plain()[0], rows[0], strict=True))
    columns = {c: names[c] for c in ("order_id", "customer_id", "product_id", "ordered_at", "quantity", "revenue")}
    shop = tmp_path / "shop"
    initialise(shop, str(tmp_path / "orders.csv"))
    config = yaml.safe_load((shop / "mapping.yaml").read_text())
    config["tables"]["orders"]["columns"] = columns
    products = {"product_id": names["product_id"], "category": names["category"]}
    config["tables"]["products"] = {"from": str(tmp_path / "orders.csv"), "columns": products, "distinct": True}
    (shop / "mapping.yaml").write_text(yaml.safe_dump(config, allow_unicode=True))
    run(Workspace.open(shop))
    assert figures(Workspace.open(shop)) == RIGHT
    assert of(Workspace.open(shop), "products", "DISTINCT category") == sorted(CATEGORIES.values())


def test_a_name_of_a_column_may_break_a_line(tmp_path: Path) -> None:
    rows = [list(row) for row in plain()]
    rows[0] = ["Order ID", "Customer ID", "Product\nID", "Name", "Internal\nnote", "Order Date", "Quantity", "Total"]
    (tmp_path / "orders.csv").write_text(text(rows))
    _, workspace = ingested(tmp_path / "shop", tmp_path / "orders.csv")
    assert figures(workspace) == RIGHT


@pytest.mark.parametrize("closed", [False, True], ids=["never closed", "closed 900 lines later"])
def test_a_stray_quote_takes_no_other_line_with_it(tmp_path: Path, closed: bool) -> None:
    lines = text(plain()).split("\n")
    lines[1_200] = lines[1_200].replace(plain()[1_200][3], '"' + plain()[1_200][3])
    if closed:
        lines[2_100] = lines[2_100].replace(plain()[2_100][3], plain()[2_100][3] + '"')
    (tmp_path / "orders.csv").write_text("\n".join(lines))
    report, workspace = ingested(tmp_path / "shop", tmp_path / "orders.csv")
    lost = plain()[1_200]
    assert figures(workspace).lines == RIGHT.lines - 1
    assert figures(workspace).revenue == round(RIGHT.revenue - float(lost[-1]), 2)
    assert report.tables[0].quarantined == {"the line can't be read: a quote is opened in it and not closed": 1}


def gzipped() -> bytes:
    return gzip.compress(text(plain()).encode())


UNREADABLE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "gzip that is cut short": ("a.csv.gz", lambda: gzipped()[:-4_000], "cut short .*copy or export the file again"),
    "gzip without its last bytes": ("a.csv.gz", lambda: gzipped()[:-4], "cut short"),
    "gzip with a wrong byte": ("a.csv.gz", lambda: gzipped()[:9_000] + b"x" + gzipped()[9_001:], "damaged"),
    "no gzip": ("a.csv.gz", lambda: text(plain()).encode(), "is not gzip.*rename it to a.csv"),
    "a ZIP archive": ("a.csv", lambda: b"PK\x03\x04" + bytes(40), "the archive is damaged.*export it again"),
    "bzip2": ("a.csv", lambda: b"BZh91AY&SY" + bytes(40), "bzip2.*unpack"),
    "xz": ("a.txt", lambda: b"\xfd7zXZ\x00" + bytes(40), "xz.*unpack"),
    "an old workbook": ("a.csv", lambda: b"\xd0\xcf\x11\xe0" + bytes(40), "the workbook can't be read.*CSV UTF-8"),
    "half a Parquet file": ("a.csv", lambda: b"PAR1" + bytes(40), "the source can't be read"),
    "a picture": ("a.csv", lambda: bytes(range(256)) * 9, "not a text file"),
}


@pytest.mark.parametrize(("name", "write", "message"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_can_not_be_read_is_named_with_cause_and_cure(
    tmp_path: Path, name: str, write: Callable[[], bytes], message: str
) -> None:
    (tmp_path / name).write_bytes(write())
    with pytest.raises(DataError, match=message) as caught:
        initialise(tmp_path / "shop", str(tmp_path / name))
    assert caught.value.where == str(tmp_path / name)


@pytest.mark.parametrize("ending", [".CSV.GZ", ".Tsv.gz", ".TXT"])
def test_the_case_of_a_files_ending_does_not_matter(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"orders{ending}").write_bytes(gzipped())
    assert initialise(tmp_path / "shop", str(tmp_path / f"orders{ending}")).missing == ()


@pytest.mark.parametrize("ending", ["bz2", "xz", "zst"])
def test_other_packing_is_refused_with_what_to_do(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"orders.csv.{ending}").write_bytes(b"something")
    with pytest.raises(MappingError, match=r"of packed files only .zip and .gz are read.*unpack it"):
        initialise(tmp_path / "shop", str(tmp_path / f"orders.csv.{ending}"))


BLANK: dict[str, Callable[[str, int], str]] = {
    "tabs, no-break and zero-width blanks": lambda v, n: [
        v, f"\t{v}", f"{v}\u00a0", f"\u200b{v}", f"{v[:2]}\u2060{v[2:]}",
    ][n % 5],
    "marks of byte order and direction": lambda v, n: [v, f"\ufeff{v}", f"\u200e{v}\u200f", f" {v}\u3000"][n % 4],
    "Excel's formula for text": lambda v, n: [v, f'="{v}"', f'= "{v}"'.replace("= ", "=")][n % 3],
}  # fmt: skip


@pytest.mark.parametrize("change", BLANK.values(), ids=BLANK.keys())
def test_an_id_is_the_same_with_what_nobody_sees(tmp_path: Path, change: Callable[[str, int], str]) -> None:
    (tmp_path / "orders.csv").write_text(text(with_column("customer_id", change)))
    _, workspace = ingested(tmp_path / "shop", tmp_path / "orders.csv")
    assert figures(workspace) == RIGHT


def test_a_formula_keeps_its_zeros(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(text(with_column("customer_id", lambda v, _: f'="00{v}"')))
    _, workspace = ingested(tmp_path / "shop", tmp_path / "orders.csv")
    assert figures(workspace) == RIGHT
    assert "0012447" in of(workspace, "orders", "DISTINCT customer_id")


@pytest.mark.parametrize("word", ["NULL", "nan", "None", "N/A", "NA", "#N/A", "-", r"\N", "<NA>", "(null)"])
def test_a_word_for_nothing_is_no_customer_and_is_counted(
    shop: Shop, good_lines: Callable[[int], list[str]], word: str
) -> None:
    shop.lines([line.replace("003,", f"{word},", 1) for line in good_lines(70)])
    [report] = run(shop.workspace).tables
    assert shop.rows("count(DISTINCT customer_id), count(*) FILTER (customer_id IS NULL)") == [(6, 10)]
    assert report.notes == ("orders: customer_id is a word for nothing, such as NULL, and counts as empty: 10 rows",)


def test_a_text_may_be_called_none_and_na_but_not_null(shop: Shop) -> None:
    shop.map(columns={**shop.mapping["tables"]["orders"]["columns"], "region": "region"})
    words = ["NA", "None", "NULL", "n/a", "DE"]
    shop.lines([f"c,o{i},p,2024-03-01,1,1,{word}" for i, word in enumerate(words)], f"{HEADER},region")
    run(shop.workspace)
    assert sorted(shop.rows("order_id, region")) == [
        (f"o{i}", w if w in {"NA", "None", "DE"} else None) for i, w in enumerate(words)
    ]


def test_the_mapping_may_say_that_no_word_is_nothing(shop: Shop) -> None:
    shop.map(csv={"nulls": []})
    shop.lines(["NULL,o1,p,2024-03-01,1,1", ",o2,p,2024-03-01,1,1"])
    run(shop.workspace)
    assert sorted(shop.rows("order_id, customer_id")) == [("o1", "NULL"), ("o2", None)]


def test_conditions_and_sums_see_values_without_blanks_and_words_for_nothing(shop: Shop) -> None:
    shop.map(where="customer is not null and product <> 'x'")
    shop.lines(["c,o1,p,2024-03-01,1\u00a0200,0.5", "NULL,o2,p,2024-03-01,1,1", "c,o3,\u200bx\t,2024-03-01,1,1"])
    run(shop.workspace)
    assert shop.rows("order_id, quantity, revenue") == [("o1", 1200.0, 600.0)]


def test_one_thousand_does_not_change_what_a_point_means(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(text(with_column("quantity", lambda v, n: "1,200" if n == 100 else v)))
    _, workspace = ingested(tmp_path / "shop", tmp_path / "orders.csv")
    was = float(plain()[101][6])
    assert (figures(workspace).units, figures(workspace).revenue) == (RIGHT.units - was + 1_200, RIGHT.revenue)


def test_codes_of_currencies_may_be_small(tmp_path: Path) -> None:
    rows = [[*row, "gbp" if n else "currency"] for n, row in enumerate(plain())]
    (tmp_path / "orders.csv").write_text(text(rows))
    _, workspace = ingested(tmp_path / "shop", tmp_path / "orders.csv")
    assert figures(workspace) == RIGHT
    assert workspace.tables.manifest.base_currency == "GBP"


def test_codes_of_currencies_may_have_blanks_around_them(shop: Shop) -> None:
    shop.map(columns={**shop.mapping["tables"]["orders"]["columns"], "currency": "code"})
    codes = ["GBP", "gbp", "Gbp", " gbp ", "gbp\u00a0", ""]
    shop.lines([f"c,o{n},p,2024-03-01,1,1,{code}" for n, code in enumerate(codes)], f"{HEADER},code")
    run(shop.workspace)
    assert shop.rows("DISTINCT coalesce(currency, 'GBP')") == [("GBP",)]


def test_amounts_with_a_sign_say_their_currency(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(text(with_column("revenue", lambda v, _: f"£{float(v):,.2f}")))
    _, workspace = ingested(tmp_path / "shop", tmp_path / "orders.csv")
    assert figures(workspace) == RIGHT
    assert workspace.tables.manifest.base_currency == "GBP"


def test_ids_that_lost_their_digits_are_refused_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(text(with_column("product_id", lambda v, n: "4.00638E+12" if n % 3 else v)))
    with pytest.raises(DataError, match=r"product_id is not an id: digits are lost.*export ids as text"):
        ingested(tmp_path / "shop", tmp_path / "orders.csv")
    report = run(Workspace.open(tmp_path / "shop"), dry_run=True)
    [failed] = [check for check in report.checks if "orders: never 'product_id is not an id" in check.name]
    assert failed.examples[0] == "line 3 product_id='4.00638E+12'"


@pytest.mark.parametrize("id_", ["4,00638E+12", "4.00638e+12", "4E+12", "1.2345678901234568e+18"])
def test_an_id_that_lost_its_digits_is_set_aside(shop: Shop, good_lines: Callable[[int], list[str]], id_: str) -> None:
    shop.lines([*good_lines(40), f'c,o,"{id_}",2024-03-01,1,1'])
    assert run(shop.workspace).tables[0].quarantined == {
        "product_id is not an id: digits are lost, as in 4.00638E+12": 1
    }


def written_at(write: Callable[[datetime], str]) -> list[list[str]]:
    return with_column("ordered_at", lambda v, _: write(datetime.fromisoformat(v)))


BERLIN = ZoneInfo("Europe/Berlin")
TIMES: dict[str, Callable[[datetime], str]] = {
    "offsets with a blank": lambda t: t.replace(tzinfo=BERLIN).strftime("%Y-%m-%d %H:%M:%S %z"),
    "offsets, some in UTC": lambda t: (
        t.replace(tzinfo=BERLIN) if t.day % 2 else t.replace(tzinfo=BERLIN).astimezone(UTC)
    ).isoformat().replace("+00:00", "Z"),
    "AM and PM": lambda t: t.strftime("%Y-%m-%d %I:%M:%S %p"),
    "American": lambda t: t.strftime("%m/%d/%Y %I:%M:%S %p"),
    "two-digit years": lambda t: t.strftime("%d-%b-%y %H:%M:%S"),
    "dotted": lambda t: t.strftime("%d.%m.%y %H:%M:%S"),
    "RFC 2822": lambda t: t.replace(tzinfo=BERLIN).astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    "seconds": lambda t: str(int(t.replace(tzinfo=BERLIN).timestamp())),
    "milliseconds": lambda t: str(int(t.replace(tzinfo=BERLIN).timestamp() * 1_000)),
    "microseconds": lambda t: str(int(t.replace(tzinfo=BERLIN).timestamp()) * 10**6),
    "nanoseconds": lambda t: str(int(t.replace(tzinfo=BERLIN).timestamp()) * 10**9),
    "compact": lambda t: t.strftime("%Y%m%d%H%M%S"),
}  # fmt: skip


@pytest.mark.parametrize("write", TIMES.values(), ids=TIMES.keys())
def test_times_are_the_same_moments_however_they_are_written(tmp_path: Path, write: Callable[[datetime], str]) -> None:
    (tmp_path / "orders.csv").write_text(text(written_at(write)))
    _, workspace = ingested(tmp_path / "shop", tmp_path / "orders.csv", timezone="Europe/Berlin")
    assert figures(workspace) == RIGHT
    assert sum(of(workspace, "orders", "epoch(ordered_at)::BIGINT")) == 5_882_976_849_780


def test_times_without_am_or_pm_in_the_mapping_are_refused_with_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(text(written_at(lambda t: t.strftime("%d/%m/%Y %I:%M %p"))))
    with pytest.raises(DataError, match=r"ordered_at is not a timestamp.*timestamps\.format"):
        ingested(tmp_path / "shop", tmp_path / "orders.csv", timestamps={"format": "%d/%m/%Y %H:%M"})


def test_hours_that_the_clocks_skip_or_repeat_are_said(shop: Shop) -> None:
    times = ["2022-03-27 02:30:00", "2022-10-30 02:30:00", "2022-10-30 02:30:00 +02:00", "2022-10-30 01:30:00"]
    shop.map(timestamps={"zone": "Europe/Berlin"})
    shop.lines([f"c,o{n},p,{time},1,1" for n, time in enumerate(times)])
    [report] = run(shop.workspace).tables
    assert [note.split(": ", 1)[1] for note in report.notes] == [
        "ordered_at is in the hour that the clocks of Europe/Berlin skip, and is taken an hour later: 1 rows",
        "ordered_at is in the hour that comes twice in Europe/Berlin, and is taken for the second: 1 rows",
    ]
    assert [row[1] for row in sorted(shop.rows("order_id, ordered_at"))] == [
        datetime(2022, 3, 27, 1, 30), datetime(2022, 10, 30, 1, 30),
        datetime(2022, 10, 30, 0, 30), datetime(2022, 10, 29, 23, 30),
    ]  # fmt: skip


PARQUET: dict[str, tuple[pa.DataType, bool]] = {
    **{f"{unit} with a zone": (pa.timestamp(unit, tz="UTC"), True) for unit in ("s", "ms", "us", "ns")},
    **{f"{unit} without a zone": (pa.timestamp(unit), False) for unit in ("s", "ms", "us", "ns")},
}


@pytest.mark.parametrize(("kind", "zoned"), PARQUET.values(), ids=PARQUET.keys())
def test_every_type_of_a_parquet_file_is_read(tmp_path: Path, kind: pa.DataType, zoned: bool) -> None:
    columns = dict(zip(plain()[0], zip(*plain()[1:], strict=True), strict=True))
    times = [datetime.fromisoformat(t).replace(tzinfo=BERLIN if zoned else None) for t in columns["ordered_at"]]
    table = pa.table({
        "order_id": pa.array([int(v) for v in columns["order_id"]], pa.int64()),
        "customer_id": pa.array([float(v) for v in columns["customer_id"]], pa.float64()),
        "product_id": pa.array([v.encode() for v in columns["product_id"]], pa.binary()),
        "name": pa.array(columns["name"], pa.large_string()),
        "category": pa.array(columns["category"]).dictionary_encode(),
        "ordered_at": pa.array(times, kind),
        "quantity": pa.array([int(v) for v in columns["quantity"]], pa.int16()),
        "revenue": pa.array([Decimal(v).quantize(Decimal("0.01")) for v in columns["revenue"]], pa.decimal128(12, 2)),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "orders.parquet")
    _, workspace = ingested(tmp_path / "shop", tmp_path / "orders.parquet", timezone="Europe/Berlin")
    assert figures(workspace) == RIGHT
    assert "12447" in of(workspace, "orders", "DISTINCT customer_id")
    assert of(workspace, "products", "DISTINCT category") == sorted(CATEGORIES)


def test_floating_point_ids_beyond_what_is_exact_are_refused(tmp_path: Path, shop: Shop) -> None:
    ids = pa.array([float(2**53 + 2 * n) for n in range(4)], pa.float64())
    names = ["customer", "order", "at", "qty", "price"]
    lines = [["c", f"o{n}", "2024-03-01", "1", "1"] for n in range(4)]
    columns = dict(zip(names, map(list, zip(*lines, strict=True)), strict=True))
    pq.write_table(pa.table({"product": ids, **columns}), shop.root / "orders.parquet")
    shop.map(**{"from": "orders.parquet"})
    with pytest.raises(DataError, match="product_id is not an id: digits are lost"):
        run(shop.workspace)
