"""Operations run one after the other, in the order of the page, and lines stay those of the file."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.ingest import run
from pipelines.sources.mapping_form import TableMapping
from pipelines.sources.operations.operation import Operation
from tests.pipelines.conftest import Shop, orders

PAGE = Path(__file__).parents[2] / "docs" / "your-data.md"


def test_the_page_tells_of_operations_in_the_order_in_which_they_run() -> None:
    form = TableMapping.model_validate({
        "from": "f",
        "unpivot": {"columns": "c", "keys": ["k"]},
        "explode": {"column": "c", "pattern": "(?<k>.)"},
        "newest": {"by": "c", "key": ["k"]},
        "statuses": {"column": "c", "keep": ["k"]},
        "allocate": {"refund": "c"},
        "fill_down": ["c"],
    })  # fmt: skip
    told = re.findall(r"^\*\*`(\w+)`\*\*", PAGE.read_text(), re.MULTILINE)
    assert told == [operation.key for operation in form.operations if operation.key != "fill_down"]
    assert len(form.operations) == sum(_is_operation(field.annotation) for field in TableMapping.model_fields.values())


def _is_operation(annotation: object) -> bool:
    kinds = [annotation, *getattr(annotation, "__args__", ())]
    return any(isinstance(kind, type) and issubclass(kind, Operation) for kind in kinds)


def test_a_wide_export_with_versions_words_discounts_and_a_total(shop: Shop) -> None:
    """Order o1 is told twice, o2 is cancelled, o3 is given back; a cell of o4 can't be read."""
    shop.lines(
        [
            "o1,ann,2024-03-01,2024-03-01,on-hold,0,sku:a|quantity:1|total:10,",
            "o1,ann,2024-03-01,2024-03-05,completed,1.00,sku:a|quantity:1|total:10,sku:b|quantity:2|total:5",
            "o2,bob,2024-03-02,2024-03-02,cancelled,0,sku:a|quantity:1|total:99,",
            "o3,cid,2024-03-03,2024-03-03,refunded,2.00,sku:a|quantity:1|total:8,sku:b|quantity:1|total:4",
            *(f"p{i},dan,2024-03-04,2024-03-04,completed,0,sku:c|quantity:1|total:1," for i in range(30)),
            "o4,eve,2024-03-05,2024-03-05,completed,0,sku:a|quantity:1|total:10,two mugs",
            "Total,,,,,3.00,,",
        ],
        "order,customer,at,changed,status,off,line_item_1,line_item_2",
    )
    shop.map(
        columns={
            "customer_id": "customer",
            "order_id": "order",
            "product_id": "sku",
            "ordered_at": "at",
            "quantity": "quantity",
            "revenue": "total",
        },
        unpivot={"columns": "line_item_[0-9]+", "keys": ["sku", "quantity", "total"]},
        newest={"by": "changed", "key": ["order", "sku"]},
        statuses={"column": "status", "keep": ["completed"], "cancel": ["cancelled"], "refund": ["refunded"]},
        allocate={"discount": "off"},
    )
    done = run(shop.workspace)
    report = orders(done)
    assert sorted(shop.rows("order_id, product_id, quantity, revenue, discount"))[:5] == [
        ("o1", "a", 1.0, 9.33, 0.67),
        ("o1", "b", 2.0, 4.67, 0.33),
        ("o3", "a", -1.0, -6.67, 1.33),
        ("o3", "b", -1.0, -3.33, 0.67),
        ("o4", "a", 1.0, 10.0, None),
    ]
    assert (report.superseded, report.filtered, report.quarantined_rows, report.added) == (1, 2, 1, 35)
    [bad] = shop.quarantine()
    assert (bad["position"], bad["raw_unpivoted_cell"]) == (36, "two mugs")
    assert any("line 37 is a total" in note for note in report.notes)
    assert done.reconciliation is not None
    assert done.reconciliation.exact


def test_versions_in_overlapping_files_and_the_file_of_a_row_that_became_several(shop: Shop) -> None:
    header = "order,customer,at,changed,items,paid"
    march = [f'o{i},c,2024-03-01,2024-03-01,"1x Mug, 2x Tea",9' for i in range(20)]
    shop.lines(march, header, "orders-1.csv")
    shop.lines([march[0].replace("2024-03-01,2024-03-01", "2024-03-01,2024-03-09").replace("2x", "3x"),
                "o90,c,2024-03-08,2024-03-08,Mug,9"], header, "orders-2.csv")  # fmt: skip
    shop.map(
        **{"from": "orders-*.csv"},
        columns={
            "customer_id": "customer",
            "order_id": "order",
            "product_id": "name",
            "ordered_at": "at",
            "quantity": "n",
            "revenue": "paid",
        },
        explode={"column": "items", "pattern": "(?<n>[0-9]+)x (?<name>.+?)"},
        newest={"by": "changed", "key": ["order", "name"]},
    )
    report = orders(run(shop.workspace))
    assert (report.superseded, report.added, report.quarantined_rows) == (2, 40, 1)
    assert sorted(shop.rows("product_id, quantity"))[-1] == ("Tea", 3.0)
    [bad] = shop.quarantine()
    assert (Path(bad["source"]).name, bad["position"]) == ("orders-2.csv", 3)
