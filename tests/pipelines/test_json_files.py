"""A JSON file comes out as the same table in a text file does, however deep its rows are."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import DataError, MappingError, RegularsError
from core.workspace import Workspace
from pipelines.ingest import run
from pipelines.initialise import initialise
from pipelines.sources import json_text
from pipelines.sources.json_path import JsonPath
from pipelines.sources.json_text import JsonText
from tests.pipelines import field
from tests.pipelines.conftest import Shop, orders

ORDER: dict[str, Any] = {
    "id": 7,
    "customer": {"id": "007"},
    "at": "2024-03-01T10:00:00Z",
    "tags": ["a", "b"],
    "lines": [{"sku": "008", "qty": 2, "price": "1.5"}, {"sku": 9, "qty": 1, "price": 4}],
}
COLUMNS = {
    "customer_id": "order.customer.id",
    "order_id": "order.id",
    "product_id": "sku",
    "ordered_at": "order.at",
    "quantity": "qty",
    "revenue": "qty * price",
}
ROWS = [("007", "7", "008", 3.0), ("007", "7", "9", 4.0)]


def nested() -> list[dict[str, Any]]:
    """The invented shop as orders with lines."""
    lines = sorted(field.lines(), key=lambda line: line["order_id"])
    whole = []
    for _, same in groupby(lines, key=lambda line: line["order_id"]):
        group = list(same)
        kept = ("product_id", "name", "category", "quantity", "revenue", "unit_price")
        items = [{key: line[key] for key in kept if key in line} for line in group]
        head = {key: group[0][key] for key in ("order_id", "customer_id", "ordered_at")}
        whole.append({**head, "line_items": items})
    return whole


def lines_of(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


FORMS: dict[str, tuple[str, Callable[[list[dict[str, Any]]], str]]] = {
    "lines": ("orders.jsonl", lines_of),
    "lines under the name of a document": ("orders.json", lines_of),
    "a list": ("orders.json", json.dumps),
    "a list, written for people": ("orders.json", lambda records: json.dumps(records, indent=2)),
    "a document": ("orders.json", lambda records: json.dumps({"shop": {"id": 1}, "orders": records, "next": None})),
    "a document, on one line": ("orders.json", lambda records: json.dumps({"orders": records})),
}


@pytest.mark.parametrize(("name", "write"), FORMS.values(), ids=FORMS.keys())
def test_a_draft_of_nested_orders_needs_no_edit(
    tmp_path: Path, name: str, write: Callable[[list[dict[str, Any]]], str]
) -> None:
    (tmp_path / name).write_text(write(nested()))
    initialise(tmp_path / "shop", str(tmp_path / name))
    workspace = Workspace.open(tmp_path / "shop")
    run(workspace)
    assert field.ask(workspace, field.TOTALS) == field.SHOP


def test_a_draft_of_flat_lines_needs_no_edit(tmp_path: Path) -> None:
    (tmp_path / "orders.ndjson.gz").write_bytes(gzip.compress(lines_of(field.lines()).encode()))
    initialise(tmp_path / "shop", str(tmp_path / "orders.ndjson.gz"))
    workspace = Workspace.open(tmp_path / "shop")
    run(workspace)
    assert field.ask(workspace, field.TOTALS) == field.SHOP


def written(shop: Shop, text: str, rows: str | None, name: str = "orders.json") -> Shop:
    shop.write(name, text)
    shop.map(**{"from": name, "columns": COLUMNS, **({"rows": rows} if rows else {})})
    return shop


def refusal(shop: Shop) -> str:
    with pytest.raises(RegularsError) as caught:
        run(shop.workspace)
    assert not shop.workspace.tables.manifest.tables
    return str(caught.value)


PLACES = {
    "orders[*].lines[*]": lambda order: {"orders": [order]},
    "data.orders[*].lines[*]": lambda order: {"data": {"page": 1, "orders": [order]}},
    '"my.orders"[*].lines[*]': lambda order: {"my.orders": [order]},
    "[*].lines[*]": lambda order: [order],
    "lines[*]": lambda order: [order],
}


@pytest.mark.parametrize(("path", "document"), PLACES.items(), ids=PLACES.keys())
def test_rows_have_their_own_fields_and_those_around_them(
    shop: Shop, path: str, document: Callable[[dict[str, Any]], object]
) -> None:
    text = json.dumps(document(ORDER))
    columns = {key: value.replace("order.", "my.order.") if "my." in path else value for key, value in COLUMNS.items()}
    shop = written(shop, text, path)
    shop.map(columns=columns)
    run(shop.workspace)
    assert sorted(shop.rows("customer_id, order_id, product_id, revenue")) == ROWS


def test_long_numbers_keep_all_their_digits(shop: Shop) -> None:
    order = ORDER | {"id": 12345678901234567890123}
    run(written(shop, json.dumps({"orders": [order]}), "orders[*].lines[*]").workspace)
    assert shop.rows("DISTINCT order_id") == [("12345678901234567890123",)]


def test_an_order_without_lines_is_counted(shop: Shop) -> None:
    records = [ORDER, {**ORDER, "id": 8, "lines": []}, {"id": 9}]
    report = run(written(shop, json.dumps({"orders": records}), "orders[*].lines[*]").workspace)
    assert orders(report).read == 2
    assert "orders.json: 2 records have nothing in orders[*].lines[*], and are no row" in orders(report).notes


@pytest.mark.parametrize(("form", "unit"), [("lines", "line"), ("a list, written for people", "record")])
def test_a_bad_row_is_found_by_its_line_or_its_record(shop: Shop, form: str, unit: str) -> None:
    name, write = FORMS[form]
    records = [{**ORDER, "id": i} for i in range(40)]
    records[30]["lines"] = [{"sku": "1", "qty": "many", "price": 1}]
    text = write(records)
    run(written(shop, text, "[*].lines[*]", name).workspace)
    assert [(row["unit"], row["position"]) for row in shop.quarantine()] == [(unit, 31)]


def test_a_line_that_is_no_object_is_set_aside(shop: Shop) -> None:
    lines = lines_of([{**ORDER, "id": i} for i in range(60)]).splitlines()
    lines[10], lines[20] = '{"id": 1, oops}', "[1, 2]"
    run(written(shop, "\n".join(lines), "lines[*]", "orders.jsonl").workspace)
    found = [(row["position"], row["reason"]) for row in shop.quarantine()]
    assert found == [(11, "the line can't be read: it is no JSON"), (21, "the line can't be read: it is no object")]


CUT: dict[str, tuple[str, str, str]] = {
    "lines": ("orders.jsonl", lines_of([ORDER, ORDER])[:-30], "orders.jsonl: the file ends in the middle of line 2"),
    "a list": ("orders.json", json.dumps([ORDER, ORDER])[:-30], "orders.json: the file ends in the middle of record 2"),
    "between records": ("orders.json", json.dumps([ORDER])[:-1], "the file ends in the middle of record 1"),
    "a document": (
        "orders.json",
        json.dumps({"a": 1, "orders": [ORDER]})[:9],
        "the middle of its beginning",
    ),
    "a comma missing": ("orders.json", '[{"a": 1} {"a": 2}]', "the file is no JSON at record 1"),
    "a quote missing": ("orders.json", '[{"a": 1}, {a: 2, "b": 3}]', "the file is no JSON at record 2"),
    "no record": ("orders.json", "[]", "orders.json: the file has no records"),
}


@pytest.mark.parametrize(("name", "text", "said"), CUT.values(), ids=CUT.keys())
def test_a_damaged_file_is_refused(shop: Shop, name: str, text: str, said: str) -> None:
    assert said in refusal(
        written(shop, text, "orders[*]" if "document" in said or '"a": 1, "o' in text else None, name)
    )


def test_a_list_that_is_not_there_brings_what_is(shop: Shop) -> None:
    text = json.dumps({"shop": 1, "orders": [ORDER]})
    assert "there is: shop, orders" in refusal(written(shop, text, "sales[*].lines[*]"))
    assert "did you mean 'lines'?" in refusal(written(shop, text, "orders[*].line[*]"))
    assert "orders[*].tags[*] is no list of objects" in refusal(written(shop, text, "orders[*].tags[*]"))


def test_which_list_holds_the_rows_has_to_be_said(shop: Shop) -> None:
    text = json.dumps({"shop": 1, "customers": [{"id": 1}], "data": {"orders": [ORDER]}})
    assert "write rows: customers[*] or data.orders[*]" in refusal(written(shop, text, None))


def test_lists_in_records_are_pointed_at(shop: Shop) -> None:
    flat = {
        "customer": "a",
        "order": "o1",
        "product": "p",
        "at": "2024-03-01",
        "qty": 1,
        "price": 2,
        "lines": [{"a": 1}],
    }
    shop.write("orders.jsonl", lines_of([flat]))
    shop.map(**{"from": "orders.jsonl"})
    notes = orders(run(shop.workspace)).notes
    said = "orders.jsonl: each record holds a list; rows: '[*].lines[*]' makes a row of each of its elements"
    assert said in notes


def test_a_path_for_a_text_file_is_refused(shop: Shop) -> None:
    shop.lines(["a,o1,p1,2024-03-01,1,2"])
    shop.map(rows="orders[*]")
    assert "rows says where they are in a JSON file, and orders.csv is a text file" in refusal(shop)


@pytest.mark.parametrize("path", ["orders", "orders[0]", "[*]lines", "orders[*].", "a..b[*]", ""])
def test_a_path_that_is_none_is_said_to_be_none(shop: Shop, path: str) -> None:
    shop.map(rows=path)
    with pytest.raises(MappingError, match="a path goes through lists and ends with one"):
        run(shop.workspace)


@pytest.mark.parametrize("path", ["[*]", "orders[*]", "a.b[*].c.d[*].e[*]", '"a.b"[*].c[*]', "[*].lines[*]"])
def test_a_path_is_written_as_it_was(path: str) -> None:
    assert JsonPath.parse(path).text == path
    assert JsonPath.parse(f"$.{path}").text == path


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(before=JSON, records=st.lists(JSON, max_size=6), indent=st.sampled_from([None, 1]), block=st.integers(1, 9))
@example(before=None, records=[float("-inf")] * 9, indent=None, block=7)
@example(before=None, records=[float("inf")] * 9, indent=None, block=5)
def test_a_text_is_read_the_same_in_whatever_pieces(
    before: object, records: list[object], indent: int | None, block: int
) -> None:
    text = json.dumps({"before": before, "records": records, "after": 1}, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "_BLOCK", block)
        reader = JsonText(io.StringIO(text), "a.json")
        assert [value for value, _ in reader.records(["records"])] == records


def test_a_record_without_an_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "MAX_RECORD", 1_000)
    monkeypatch.setattr(json_text, "_BLOCK", 100)
    stream = io.StringIO('["' + "x" * 1_000_000)
    with pytest.raises(DataError, match="no JSON at record 1"):
        list(JsonText(stream, "a.json").records([]))
    assert stream.tell() < 10_000


def test_records_of_different_shapes_have_all_columns(shop: Shop) -> None:
    bare = {"customer": "a", "order": "o1", "product": "p", "at": "2024-03-01", "qty": 1, "price": 2}
    more = [
        {**bare, "order": "o2", "note": None, "tags": []},
        {**bare, "order": "o3", "note": {"text": "x"}, "tags": [1]},
    ]
    shop.write("orders.jsonl", lines_of([bare, *more]))
    shop.map(**{"from": "orders.jsonl"})
    columns = shop.mapping["tables"]["orders"]["columns"]
    shop.map(columns={**columns, "channel": "note.text", "region": "tags"})
    run(shop.workspace)
    assert sorted(shop.rows("order_id, channel, region")) == [
        ("o1", None, None),
        ("o2", None, "[]"),
        ("o3", "x", "[1]"),
    ]
