"""Rows that add up the others are left out where that is sure, and never in silence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest import run
from pipelines.sources.operations.total_rows import TotalRows
from tests.pipelines.conftest import Shop, orders
from tests.pipelines.operating import operate

COLUMNS = {
    "customer_id": "customer",
    "order_id": "order",
    "product_id": "product",
    "ordered_at": "at",
    "quantity": "qty",
    "revenue": "paid",
}
HEADER = ",".join(COLUMNS.values())


def line(i: int, paid: float) -> dict[str, str | None]:
    return {"customer": "c", "order": f"o{i}", "product": "p", "at": "2024-03-01", "qty": "1", "paid": f"{paid:.2f}"}


def footer(paid: float, **cells: str) -> dict[str, str | None]:
    return {**dict.fromkeys(COLUMNS.values()), "paid": f"{paid:.2f}", **cells}


amounts = st.lists(st.integers(1, 100_000).map(lambda cents: cents / 100), min_size=3, max_size=12)


@settings(max_examples=60, deadline=None)
@given(amounts, st.sampled_from(["Total", "SUMME:", "合計", ""]), st.integers(0, 12))
def test_a_row_that_adds_up_the_others_is_left_out_wherever_it_stands(paid: list[float], word: str, place: int) -> None:
    rows = [line(i, amount) for i, amount in enumerate(paid)]
    rows.insert(min(place, len(rows)), footer(sum(paid), customer=word))
    with operate([TotalRows()], rows, COLUMNS) as done:
        assert [order for (order,) in done.rows("order")] == [f"o{i}" for i in range(len(paid))]
        [left] = done.staged.left_out
        assert left.rows == 1
        assert f"row {min(place, len(paid)) + 1} is a total" in done.staged.notes[0]


@settings(max_examples=60, deadline=None)
@given(amounts, amounts)
def test_totals_of_parts_and_of_all_are_left_out(first: list[float], second: list[float]) -> None:
    rows = [
        *(line(i, amount) for i, amount in enumerate(first)),
        footer(sum(first), order="Subtotal"),
        *(line(i, amount) for i, amount in enumerate(second)),
        footer(sum(second), order="Subtotal"),
        footer(sum(first) + sum(second), order="Grand total"),
    ]
    with operate([TotalRows()], rows, COLUMNS) as done:
        assert len(done.positions()) == len(first) + len(second)
        assert [left.rows for left in done.staged.left_out] == [3]


@pytest.mark.parametrize(
    "row",
    [
        footer(5.99, customer="Total"),
        footer(6.0, customer="c", order="o9"),
        {**line(9, 6.0), "product": "Total"},
        {**line(9, 6.0), "customer": "Summe"},
        footer(0.0, customer="Total"),
    ],
    ids=["another sum", "an order without a product", "a product of that name", "a customer of that name", "nothing"],
)
def test_what_is_not_sure_stays(row: dict[str, str | None]) -> None:
    rows = [line(1, 1), line(2, 2), line(3, 3), row]
    with operate([TotalRows()], rows, COLUMNS) as done:
        assert done.positions() == [1, 2, 3, 4]
        assert not done.staged.left_out


def test_an_ingest_names_the_total_it_left_out(shop: Shop) -> None:
    lines = [f"c,o{i},p1,2024-03-{i:02d},1,10" for i in range(1, 22)]
    shop.lines([*lines, "Total,,,,21,210"], HEADER)
    shop.map(columns=COLUMNS)
    report = orders(run(shop.workspace))
    assert (report.read, report.filtered, report.added, report.quarantined_rows) == (22, 1, 21, 0)
    assert report.notes[:2] == (
        "orders: line 23 is a total and no order line: Total, qty 21 is the sum of all other rows",
        "orders: left out, totals of other rows: 1 rows",
    )


def test_totals_can_be_kept_and_are_bad_rows_for_what_they_lack(shop: Shop) -> None:
    lines = [f"c,o{i},p1,2024-03-{i:02d},1,10" for i in range(1, 22)]
    shop.lines([*lines, "Total,,,,21,210"], HEADER)
    shop.map(columns=COLUMNS, totals="keep")
    assert orders(run(shop.workspace)).quarantined_rows == 1
