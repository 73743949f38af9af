"""Amounts of an order go to its lines to the last unit, whatever they are and in whatever order they come."""

from __future__ import annotations

import random
from fractions import Fraction

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import MappingError
from core.expressions import literal
from pipelines.ingest import run
from pipelines.ingest.allocation import shares
from pipelines.parsing.minor_units import digits
from pipelines.sources import mapping
from pipelines.sources.source import ROW, OrderAmount
from tests.pipelines.conftest import HEADER, Shop, orders

DISCOUNT, SHIPPING = OrderAmount("discount", "order_discount", "d"), OrderAmount("shipping", "order_shipping", "s")

cents = st.integers(-5_000, 20_000) | st.integers(0, 3) | st.just(0)


def shared(costs: list[int], totals: dict[OrderAmount, int], places: int = 2) -> dict[str, tuple[int, ...]]:
    """Each line's shares and the rests, in the smallest units; lines are called by their index."""
    unit = 10**places
    amounts = ", ".join(f"{total / unit!r}::DOUBLE AS {amount.column}" for amount, total in totals.items())
    rows = ", ".join(f"({row}, 'k{i:03}', {cost / unit!r}::DOUBLE)" for row, (i, cost) in enumerate(costs_of(costs)))
    lines = (
        f"SELECT {ROW}, 'o' AS order_id, row_key, cost, {places} AS digits_, {amounts}"
        f" FROM (VALUES {rows}) AS v({ROW}, row_key, cost)"
    )
    wanted = ", ".join(f"share_{amount.role}, rest_{amount.role}" for amount in totals)
    found = duckdb.execute(f"SELECT row_key, {wanted} FROM ({shares(lines, list(totals))})").fetchall()
    return {key: tuple(round(value * unit) for value in values) for key, *values in found}


def costs_of(costs: list[int]) -> list[tuple[int, int]]:
    """The lines with their indices, in a different order each time."""
    listed = list(enumerate(costs))
    random.shuffle(listed)
    return listed


@settings(max_examples=150, deadline=None)
@given(st.lists(cents, min_size=1, max_size=8), st.integers(0, 30_000), st.sampled_from([0, 2, 3]))
def test_what_is_taken_off_adds_up_and_turns_no_line_around(costs: list[int], total: int, places: int) -> None:
    found = shared(costs, {DISCOUNT: total}, places)
    side = -1 if sum(costs) < 0 else 1
    due = [max(cost * side, 0) for cost in costs]
    parts = [found[f"k{i:03}"][0] for i in range(len(costs))]
    assert {rest for _, rest in found.values()} == {max(total - sum(due), 0)}
    assert sum(parts) == -side * min(total, sum(due))
    for cost, share, part in zip(costs, due, parts, strict=True):
        assert cost * (cost + part) >= 0
        assert abs(abs(part) - Fraction(min(total, sum(due)) * share, sum(due) or 1)) < 1
    assert shared(costs, {DISCOUNT: total}, places) == found


@settings(max_examples=100, deadline=None)
@given(st.lists(cents, min_size=1, max_size=8), st.integers(-3_000, 30_000), st.integers(0, 30_000))
@example([1, 82, -83], 0, 1)  # come to nothing, in floats to less or to more, as they are added
def test_what_is_added_adds_up_too_after_what_was_taken_off(costs: list[int], added: int, off: int) -> None:
    found = shared(costs, {DISCOUNT: off, SHIPPING: added})
    parts = [values[2] for values in found.values()]
    left = sum(costs) + sum(values[0] for values in found.values())
    assert sum(parts) == (-abs(added) if left < 0 else added)
    assert {values[3] for values in found.values()} == {0}
    assert shared(costs, {DISCOUNT: off, SHIPPING: added}) == found


@pytest.mark.parametrize(("code", "places"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_currencies_have_the_decimals_of_their_standard(code: str, places: int) -> None:
    assert duckdb.execute(f"SELECT {digits(literal(code))}").fetchone() == (places,)


@pytest.fixture
def told_once(shop: Shop) -> Shop:
    """An order of three lines whose discount and refund stand on the first only, and one without either."""
    shop.lines(
        [
            "c,o1,p1,2024-03-01,1,10.00,5.00,£3.00",
            "c,o1,p2,2024-03-01,1,10.00,,",
            "c,o1,p3,2024-03-01,1,10.00,,",
            "c,o2,p1,2024-03-02,1,4.00,0.00,",
        ],
        f"{HEADER},off,back",
    )
    shop.map(allocate={"discount": "off", "refund": "back"})
    return shop


def test_an_ingest_stores_what_each_line_came_to(told_once: Shop) -> None:
    done = run(told_once.workspace)
    report = orders(done)
    rows = sorted(told_once.rows("product_id, revenue, discount", "orders"))
    assert [revenue for _, revenue, _ in rows].count(4.0) == 1
    assert sum(round(revenue * 100) for _, revenue, _ in rows) == 3_400 - 500 - 300
    assert sorted(discount for *_, discount in rows if discount) == [1.66, 1.67, 1.67]
    assert "orders: discount of 1 orders allocated: -5.00 GBP" in report.notes
    assert done.reconciliation is not None
    assert done.reconciliation.exact
    [took] = [month.took for month in done.reconciliation.months]
    assert {rule: figures.revenue for rule, figures in took.items()} == {"discount and refund of orders shared out": 8}
    assert "orders: refund of 1 orders allocated: -3.00 GBP" in report.notes


def test_an_order_refunded_later_is_told_anew_and_not_twice(told_once: Shop) -> None:
    run(told_once.workspace)
    told = (told_once.root / "orders.csv").read_text()
    (told_once.root / "orders.csv").write_text(told.replace("£3.00", "£6.00"))
    report = orders(run(told_once.workspace))
    assert (report.added, report.replaced, report.unchanged) == (0, 3, 1)
    assert orders(run(told_once.workspace)).unchanged == 4


def test_more_than_the_lines_cost_is_said_and_left_out(told_once: Shop) -> None:
    told = (told_once.root / "orders.csv").read_text()
    (told_once.root / "orders.csv").write_text(told.replace("£3.00", "£27.50"))
    report = orders(run(told_once.workspace))
    assert sorted(told_once.rows("revenue")) == [(0.0,), (0.0,), (0.0,), (4.0,)]
    [note] = [note for note in report.notes if "more than the lines cost" in note]
    assert "the refund (back)" in note
    assert "2.50 GBP are left out of revenue" in note


@pytest.mark.parametrize(
    ("subtotal", "left"), [("25.00", 2_500), ("30.00", 3_000), ("31.00", 3_000), ("0.00", 0), ("", 2_500)]
)
def test_lines_come_to_the_subtotal_and_never_to_more_than_they_cost(told_once: Shop, subtotal: str, left: int) -> None:
    """The discount (5.00) counts where no subtotal is told."""
    told = (told_once.root / "orders.csv").read_text().replace("£3.00", "").splitlines()
    rows = [f"{row},{subtotal if i == 1 else ''}" for i, row in enumerate(told)]
    (told_once.root / "orders.csv").write_text("\n".join([f"{told[0]},sub", *rows[1:]]))
    told_once.map(allocate={"subtotal": "sub", "discount": "off"})
    done = run(told_once.workspace)
    lines = told_once.rows("revenue, discount", "orders")
    assert sum(round(revenue * 100) for revenue, _ in lines) == left + 400
    assert sum(round((discount or 0) * 100) for _, discount in lines) == 3_000 - left
    assert done.reconciliation is not None
    assert done.reconciliation.exact


@pytest.mark.parametrize("other", ["4.00", "five", "5.00,\nc,o1,p4,2024-03-01,1,1,0.00"])
def test_an_order_whose_rows_do_not_agree_is_set_aside(told_once: Shop, other: str) -> None:
    told = (told_once.root / "orders.csv").read_text()
    (told_once.root / "orders.csv").write_text(told.replace("p2,2024-03-01,1,10.00,", f"p2,2024-03-01,1,10.00,{other}"))
    report = orders(run(told_once.workspace, dry_run=True))
    assert dict(report.quarantined) == {"off is no amount, or not the same in the whole order": report.read - 1}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"discount": "offf"}, "did you mean 'off'"),
        ({"discount": False}, "'false' reads no column"),
        ({"refnd": "back"}, "did you mean 'refund'"),
        (
            {"discount": None, "refund": None},
            "name the column of at least one of subtotal, discount, tax, shipping, refund",
        ),
    ],
)
def test_what_can_not_be_meant_is_said(told_once: Shop, wrong: dict[str, object], said: str) -> None:
    told_once.map(allocate={"discount": "off", "refund": "back", **wrong})
    path = told_once.workspace.mapping_file
    with pytest.raises(MappingError) as refused:
        mapping.resolve(mapping.load(path), path)
    assert said in str(refused.value)
