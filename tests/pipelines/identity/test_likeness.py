"""Ids without an equal key: the model links what is surely one person, and keeps families apart."""

from __future__ import annotations

import pytest

from pipelines.bench.identity_bench import compare_ways
from pipelines.bench.invented_people import invent
from pipelines.identity import pairs
from pipelines.ingest import run
from tests.pipelines.conftest import HEADER, Shop

ANNA = "anna.kowalska@example.com,0171 1234567,Anna Kowalska,7 Mill Lane LS1 4AB"
WRITTEN_OTHERWISE = "anna.kowalsak@example.com,,Anna Kowalska,7 Mill Ln LS1 4AB"
BROTHER = ",,Piotr Kowalska,7 Mill Lane LS1 4AB"
OTHERS = [
    f"{n},x{n},p,2024-03-01 10:00:00,1,2.00,m{n}@example.com,0171 20{n:05d},Name{n} Family{n},{n} Road"
    for n in range(100, 140)
]


@pytest.fixture
def typed(shop: Shop) -> Shop:
    """A shop in which one customer mistyped her e-mail in a second account, and her brother has one, too."""
    rows = [f"{n},o{n},p,2024-03-01 10:00:00,1,2.00,{who}" for n, who in enumerate((ANNA, WRITTEN_OTHERWISE, BROTHER))]
    shop.lines([*rows, *OTHERS], header=f"{HEADER},mail,tel,who,where")
    keys = {"email": "mail", "phone": "tel", "name": "who", "address": "where"}
    shop.mapping["identity"] = {"country": "GB", "tables": {"orders": keys}}
    shop.map()
    return shop


def test_a_typing_error_is_seen_through_and_a_family_is_not_one(typed: Shop) -> None:
    run(typed.workspace)
    found = dict(typed.rows("order_id, customer_id"))
    assert (found["o0"], found["o1"], found["o2"]) == ("0", "0", "2")
    assert len(set(found.values())) == 42


def test_what_was_compared_is_kept_without_any_key(typed: Shop) -> None:
    run(typed.workspace)
    before = typed.files()
    kept = pairs.recall(typed.workspace)
    assert [pair.nodes for pair in kept.compared if (pair.probability or 0) > 0.98] == [("0", "1")]
    text = (typed.workspace.identity_dir / "pairs.json").read_text().lower()
    assert not any(word in text for word in ("kowal", "mill", "1234567", "anna"))
    run(typed.workspace)
    assert typed.files() == before


def test_a_decision_of_the_model_outlives_the_rows_it_was_made_on(typed: Shop) -> None:
    run(typed.workspace)
    typed.lines(["50,o50,p,2024-03-02 10:00:00,1,2.00,,,,"], header=f"{HEADER},mail,tel,who,where")
    run(typed.workspace)
    assert dict(typed.rows("order_id, customer_id"))["o1"] == "0"


def test_the_same_seed_invents_the_same_shop() -> None:
    one, other = invent(200, 5), invent(200, 5)
    assert (one.rows, one.person) == (other.rows, other.person)
    assert invent(200, 6).rows != one.rows
    assert len({one.person[order] for order in one.unit}) == 200


@pytest.mark.long
def test_most_of_an_invented_shop_is_found_and_little_is_wrong() -> None:
    keys, model = compare_ways(1500, [77])
    assert keys.precision.value > 0.99
    assert model.precision.value > 0.985
    assert model.recall.value > keys.recall.value + 0.02


def test_tables_that_are_read_each_time_change_nothing_by_being_read_alone(typed: Shop) -> None:
    typed.write("customers.csv", "id,mail,who\n0,anna.kowalska@example.com,Anna Kovalska\n1,,A. Kowalska\n")
    typed.add_table("customers", **{"from": "customers.csv", "columns": {"customer_id": "id"}})
    typed.mapping["identity"]["tables"]["customers"] = {"email": "mail", "name": "who"}
    typed.map()
    run(typed.workspace)
    before = typed.files()
    report = run(typed.workspace)
    assert [table.table for table in report.tables if table.skipped] == ["orders"]
    told_in_seconds = {"tables/sources.json": b""}
    assert typed.files() | told_in_seconds == before | told_in_seconds
