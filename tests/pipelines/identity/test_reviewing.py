"""A person looks at doubtful pairs, decides, and takes back what was decided."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.audit import AuditLog
from pipelines.ingest import run
from tests.pipelines import field
from tests.pipelines.conftest import HEADER, Shop

LINES = [
    "1,o1,p,2024-03-01 10:00:00,1,2.00,lee@example.com,Ann Lee",
    "2,o2,p,2024-03-02 10:00:00,1,2.00,lee@example.com,Ann Moor",
    "3,o3,p,2024-03-03 10:00:00,1,2.00,cy@example.com,Cy Hall",
    "4,o4,p,2024-03-04 10:00:00,1,2.00,cy@example.com,Cy Hall",
]


@pytest.fixture
def reviewed(shop: Shop) -> Shop:
    """An id with another surname under the same mailbox, and a customer with two ids."""
    shop.lines(LINES, header=f"{HEADER},mail,who")
    shop.mapping["identity"] = {"model": False, "tables": {"orders": {"email": "mail", "name": "who"}}}
    shop.map()
    run(shop.workspace)
    return shop


def said(shop: Shop, *words: str) -> dict[str, Any]:
    result = field.command(shop.workspace, "identity", *words, "--json")
    return {**json.loads(result.stdout), "code": result.exit_code}


def test_doubtful_pairs_are_listed_with_evidence_and_without_keys(reviewed: Shop) -> None:
    listed = said(reviewed, "review")
    [pair] = listed["pairs"]
    assert (pair["one"], pair["other"], pair["evidence"]) == ("1", "2", {"email": "equal", "name": "differs"})
    text = field.command(reviewed.workspace, "identity", "review").output
    assert "e-mail equal, name differs" in text
    assert "lee" not in text.lower()


def test_what_is_decided_holds_until_it_is_taken_back(reviewed: Shop) -> None:
    [pair] = said(reviewed, "review")["pairs"]
    assert said(reviewed, "review", "--same", pair["pair"])["left"] == 0
    run(reviewed.workspace)
    assert dict(reviewed.rows("order_id, customer_id")) == {"o1": "1", "o2": "1", "o3": "3", "o4": "3"}
    assert said(reviewed, "review", "--undo", pair["pair"])["code"] == 0
    run(reviewed.workspace)
    assert dict(reviewed.rows("order_id, customer_id"))["o2"] == "2"
    assert said(reviewed, "review")["doubtful"] == 1


def test_a_wrong_link_is_taken_apart_by_its_ids(reviewed: Shop) -> None:
    found = said(reviewed, "show", "4")
    assert (found["customer_id"], [one["shared"] for one in found["ids"]]) == ("3", [["email", "name"]] * 2)
    said(reviewed, "review", "--apart", "3,4")
    run(reviewed.workspace)
    assert dict(reviewed.rows("order_id, customer_id"))["o4"] == "4"
    assert "a customer with one id" in said(reviewed, "show", "4")["message"]
    [entry] = AuditLog(reviewed.workspace).entries()
    assert entry.action == "identity apart"
    assert all(one.startswith("customer:") for one in entry.details["ids"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["review", "--same", "nothing"], "there is no pair 'nothing'"),
        (["review", "--same", "3,9"], "there is no customer '9'"),
        (["review", "--same", "3,3"], "is one id, not two"),
        (["review", "--undo", "3,4"], "nothing was decided of '3,4'"),
        (["show", "9"], "there is no customer '9'"),
    ],
)
def test_what_cannot_be_meant_is_said(reviewed: Shop, words: list[str], expected: str) -> None:
    result = said(reviewed, *words)
    assert result["code"] == 2
    assert expected in result["what"]


def test_without_the_block_there_is_nothing_to_review(shop: Shop) -> None:
    shop.lines([line.rsplit(",", 2)[0] for line in LINES])
    run(shop.workspace)
    assert "block identity" in said(shop, "review")["todo"]
