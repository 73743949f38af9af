"""Words that keep a line, cancel it or say it was given back; a word nobody listed is never passed over."""

from __future__ import annotations

import pytest

from core.errors import MappingError
from pipelines.ingest import run
from pipelines.sources import mapping
from tests.pipelines.conftest import HEADER, Shop, orders

WORDS = {"keep": ["paid"], "cancel": ["Voided", "failed"], "refund": ["refunded"]}


@pytest.fixture
def paid(shop: Shop) -> Shop:
    shop.lines(
        [
            "c,o1,p1,2024-03-01,2,1.5,Paid",
            "c,o2,p1,2024-03-02,1,1, voided ",
            "c,o3,p1,2024-03-03,1,4,REFUNDED",
            "c,o4,p1,2024-03-04,-1,4,refunded",
            "c,o5,p1,2024-03-05,1,1,on hold",
            "c,o6,p1,2024-03-06,1,1,",
        ],
        f"{HEADER},status",
    )
    return shop


def test_cancelled_lines_are_counted_and_lines_given_back_count_below_zero(paid: Shop) -> None:
    paid.map(statuses={"column": "status", **WORDS})
    report = orders(run(paid.workspace))
    assert (report.read, report.filtered, report.added) == (6, 1, 5)
    assert dict(report.left_out) == {"cancelled: status is Voided or failed": 1}
    assert sorted(paid.rows("order_id, quantity, revenue")) == [
        ("o1", 2.0, 3.0),
        ("o3", -1.0, -4.0),
        ("o4", -1.0, -4.0),
        ("o5", 1.0, 1.0),
        ("o6", 1.0, 1.0),
    ]
    assert report.notes == (
        "orders: 2 lines were given back: status is refunded",
        "orders: status has words that statuses does not list, kept: 'on hold' 1; name each under keep, cancel or"
        " refund",
        "orders: left out, cancelled: status is Voided or failed: 1 rows",
    )


def test_a_quantity_that_is_the_same_for_all_counts_below_zero_too(paid: Shop) -> None:
    columns = {**paid.mapping["tables"]["orders"]["columns"], "revenue": "price"}
    del columns["quantity"]
    paid.map(statuses={"column": "status", **WORDS}, columns=columns, constants={"quantity": 1})
    run(paid.workspace)
    assert sorted(paid.rows("order_id, quantity, revenue"))[:3] == [
        ("o1", 1.0, 1.5),
        ("o3", -1.0, -4.0),
        ("o4", -1.0, -4.0),
    ]


def test_words_that_nobody_listed_can_be_set_aside(paid: Shop) -> None:
    paid.map(statuses={"column": "status", **WORDS, "others": "set_aside"})
    tried = run(paid.workspace, dry_run=True)
    reason = "status is a word that statuses does not list"
    assert dict(orders(tried).quarantined) == {reason: 1}
    assert [check.examples for check in tried.checks if reason in check.name] == [("line 6 status='on hold'",)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"column": "state"}, "no column 'state'; did you mean 'status'"),
        ({"keep": ["paid", "Refunded"]}, "the word 'refunded' stands twice"),
        ({"keep": [], "cancel": [], "refund": []}, "no word is named"),
        ({"others": "drop"}, "'keep' or 'set_aside'"),
        ({"canceled": ["x"]}, "did you mean 'cancel'"),
    ],
)
def test_what_can_not_be_meant_is_said(paid: Shop, wrong: dict[str, object], said: str) -> None:
    paid.map(statuses={"column": "status", **WORDS, **wrong})
    path = paid.workspace.mapping_file
    with pytest.raises(MappingError) as refused:
        mapping.resolve(mapping.load(path), path)
    assert said in str(refused.value)
