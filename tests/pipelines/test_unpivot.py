"""Columns that hold a line each become a row each, with what their cells say as columns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import MappingError
from pipelines.ingest import run
from pipelines.sources import mapping
from pipelines.sources.operations.unpivot import Unpivot
from tests.pipelines.conftest import Shop, orders
from tests.pipelines.operating import operate

LINES = Unpivot(columns="line_item_[0-9]+", keys=["name", "sku", "quantity", "total"])  # type: ignore[arg-type]
KEYS = ("name", "sku", "quantity", "total")

names = st.text(st.sampled_from("Mug|,: ü\n"), min_size=1).map(str.strip).filter(lambda name: name.strip(" |\n"))
line = st.tuples(
    names.filter(lambda name: ":" not in name.partition("|")[2]), st.just("s1"), st.integers(0, 9), st.floats(0, 99)
)
wide_orders = st.lists(st.lists(st.none() | line, min_size=3, max_size=3), min_size=1, max_size=5)


def cell(values: tuple[object, ...] | None) -> str | None:
    return values and "|".join(f"{key}:{value}" for key, value in zip(KEYS, values, strict=True)) + "|tax:{x:1}"


@settings(max_examples=60, deadline=None)
@given(wide_orders)
def test_every_filled_cell_is_a_row_with_what_it_says(written: list[list[tuple[object, ...] | None]]) -> None:
    rows = [
        {"order": str(n), **{f"line_item_{i}": cell(one) for i, one in enumerate(lines)}}
        for n, lines in enumerate(written)
    ]
    with operate([LINES], rows) as done:
        expected = [(str(n), *map(str, one)) for n, lines in enumerate(written) for one in lines if one]
        assert done.rows("order", *KEYS) == expected
        assert done.positions() == [int(order) + 1 for order, *_ in expected]
        without = sum(not any(lines) for lines in written)
        assert sum(left.rows for left in done.staged.left_out) == without


def test_a_cell_without_any_of_the_keys_is_a_fault_of_its_own() -> None:
    rows = [{"line_item_1": "sku:a|quantity:2", "line_item_2": "Mug, 2 pieces"}]
    with operate([LINES], rows) as done:
        assert done.rows("fault_unpivot_", "sku", "quantity") == [(False, "a", "2"), (True, None, None)]


def test_an_ingest_takes_a_wide_export(shop: Shop) -> None:
    header = "customer,order,at,line_item_1,line_item_2"
    wide = [f"c,o{i},2024-03-{i:02d},name:Mug|sku:m|quantity:2|total:9.5,name:Tea|sku:t|quantity:1|total:3" for i in
            range(1, 22)]  # fmt: skip
    shop.lines([*wide, "c,o90,2024-03-28,,", "c,o91,2024-03-29,name:Mug|sku:m|quantity:none|total:1,"], header)
    columns = {"customer_id": "customer", "order_id": "order", "ordered_at": "at"}
    mapped = {**columns, "product_id": "sku", "quantity": "quantity", "revenue": "total"}
    shop.map(unpivot={"columns": "line_item_[0-9]+", "keys": ["sku", "quantity", "total"]}, columns=mapped)
    report = orders(run(shop.workspace))
    assert (report.read, report.filtered, report.added, report.quarantined_rows) == (44, 1, 42, 1)
    assert dict(report.left_out) == {"no line in the columns line_item_[0-9]+": 1}
    assert set(shop.rows("product_id, quantity, revenue")) == {("m", 2.0, 9.5), ("t", 1.0, 3.0)}
    assert [bad["position"] for bad in shop.quarantine()] == [24]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"columns": "item_[0-9]+"}, "no column of the source is called like 'item_[0-9]+'"),
        ({"columns": "item_["}, "it is no regular expression"),
        ({"keys": ["order"]}, "has a column 'order' already; give the key another column: keys: {item_name: name}"),
        ({"keys": {}}, "at least 1 item"),
        ({"pair": "|"}, "did you mean 'pairs'"),
    ],
)
def test_what_can_not_be_meant_is_said(shop: Shop, wrong: dict[str, object], said: str) -> None:
    shop.lines([], "customer,order,at,line_item_1")
    shop.map(unpivot={"columns": "line_item_[0-9]+", "keys": ["sku"], **wrong})
    path = shop.workspace.mapping_file
    with pytest.raises(MappingError) as refused:
        mapping.resolve(mapping.load(path), path)
    assert said in str(refused.value)
