"""Rows set aside: counted, shown, released through the same checks, dropped for good."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit import AuditLog
from core.errors import UsageError
from pipelines.ingest import run
from pipelines.ingest.checks import DUPLICATE
from pipelines.ingest.readmission import IN_FORCE, readmit
from pipelines.ingest.rows_aside import counted, drop, shown
from tests.pipelines import field
from tests.pipelines.conftest import Shop, orders

Lines = Callable[[int], list[str]]
BAD = ["c,o900,p,2024-03-09,many,2.50", "c,o901,p,09/03/2024,1,4.25", "c,o902"]


@pytest.fixture
def with_bad(shop: Shop, good_lines: Lines) -> Shop:
    """A shop with 200 order lines, three bad ones and one told again apart from its order."""
    lines = good_lines(200)
    shop.lines([*lines, *BAD, lines[7]])
    run(shop.workspace)
    return shop


def said(shop: Shop, *words: str) -> dict[str, Any]:
    """What a quarantine command says, for machines."""
    result = field.command(shop.workspace, "quarantine", *words, "--json")
    return {**json.loads(result.stdout), "code": result.exit_code}


def by_reason(shop: Shop) -> dict[str, int]:
    return {found.reason: found.rows for found in counted(shop.workspace)}


def read_european_days(shop: Shop) -> None:
    shop.map(timestamps={"format": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%d/%m/%Y"]})


# --- looking ---


def test_rows_are_counted_by_table_and_reason_with_their_money_days_and_lines(with_bad: Shop) -> None:
    found = {row.reason: row for row in counted(with_bad.workspace)}
    duplicate, undated = found[DUPLICATE], found["ordered_at is not a timestamp (1900 to 2200)"]
    assert (duplicate.table, duplicate.rows, str(duplicate.revenue)) == ("orders", 1, "2.1400")
    assert (str(duplicate.first_day), duplicate.first) == ("2024-03-08", "orders.csv, line 205")
    assert (str(undated.revenue), undated.first_day) == ("4.2500", None)
    assert found["the line can't be read: missing columns"].rows == 1
    assert said(with_bad, "list")["reasons"][0]["table"] == "orders"


def test_rows_are_shown_with_their_line_and_values(with_bad: Shop) -> None:
    rows, total = shown(with_bad.workspace, "orders", "quantity is not", 5)
    assert total == 1
    assert rows[0].place == "orders.csv, line 202"
    assert rows[0].values["qty"] == "many"
    assert "line 202" in field.command(with_bad.workspace, "quarantine", "show", "orders").output


def test_a_wrong_name_names_the_nearest(with_bad: Shop) -> None:
    with pytest.raises(UsageError, match="did you mean 'orders'"):
        shown(with_bad.workspace, "order", None, 5)
    with pytest.raises(UsageError, match="did you mean 'exact duplicate"):
        shown(with_bad.workspace, "orders", "exact duplicates of a row", 5)
    assert said(with_bad, "show", "order")["code"] == 2


def test_protected_values_stay_apart(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(5))
    shop.lines([",gender,secret", *[f"{i:03d},gender,m" for i in range(60)]], "id,what,is", "people.csv")
    columns = {"customer_id": "id", "attribute": "what", "value": "is"}
    shop.add_table("protected", **{"from": "people.csv", "columns": columns})
    run(shop.workspace)
    assert "secret" not in field.command(shop.workspace, "quarantine", "show", "protected").output
    assert by_reason(shop) == {"customer_id is empty": 1}


# --- releasing ---


def test_rows_that_pass_now_come_in_and_the_others_stay_with_their_reason(with_bad: Shop) -> None:
    read_european_days(with_bad)
    answer = said(with_bad, "release", "orders")
    assert (answer["code"], answer["added"], answer["stay"]) == (0, 1, 3)
    assert len(with_bad.rows("1")) == 201
    assert "ordered_at is not a timestamp (1900 to 2200)" not in by_reason(with_bad)
    assert sum(by_reason(with_bad).values()) == 4  # "many" is neither a quantity nor computed with


def test_the_next_ingest_knows_what_was_released(with_bad: Shop) -> None:
    read_european_days(with_bad)
    readmit(with_bad.workspace, "orders")
    report = orders(run(with_bad.workspace))
    assert (report.added, report.replaced, report.unchanged, report.quarantined_rows) == (0, 0, 201, 3)


def test_released_twice_comes_in_once(with_bad: Shop) -> None:
    read_european_days(with_bad)
    readmit(with_bad.workspace, "orders")
    assert readmit(with_bad.workspace, "orders").added == 0
    assert len(with_bad.rows("1")) == 201


def test_only_the_rows_of_a_reason_are_released(with_bad: Shop) -> None:
    read_european_days(with_bad)
    found = readmit(with_bad.workspace, "orders", "quantity")
    assert (found.added, found.stay) == (0, 1)


def test_a_duplicate_comes_in_only_where_a_person_says_that_it_is_real(with_bad: Shop) -> None:
    assert readmit(with_bad.workspace, "orders", DUPLICATE).stay == 1
    with pytest.raises(UsageError, match="said why"):
        readmit(with_bad.workspace, "orders", DUPLICATE, as_is=True)
    found = readmit(with_bad.workspace, "orders", as_is=True, because="two were sold")
    assert (found.added, found.stay) == (1, 3)
    assert len(with_bad.rows("1")) == 201
    entry = AuditLog(with_bad.workspace).entries()[-1]
    assert (entry.action, entry.subject, entry.details["because"]) == ("quarantine release", "orders", "two were sold")


def test_a_released_duplicate_is_neither_set_aside_nor_doubled_again(with_bad: Shop, good_lines: Lines) -> None:
    readmit(with_bad.workspace, "orders", DUPLICATE, as_is=True, because="two were sold")
    for more in (0, 10):
        lines = good_lines(200 + more)
        with_bad.lines([*lines, *BAD, lines[7]])
        report = orders(run(with_bad.workspace))
        assert DUPLICATE not in report.quarantined
        assert len(with_bad.rows("1")) == 201 + more


def test_a_lone_time_that_is_right_comes_in_and_stays_in(shop: Shop, good_lines: Lines) -> None:
    lines = [*good_lines(200), "c,o900,p,2031-01-01,1,1"]
    shop.mapping["tables"]["orders"]["columns"]["ordered_at"] = "replace(at, '2031', '2021')"
    shop.map()
    shop.lines(lines)
    run(shop.workspace)
    assert by_reason(shop) == {"ordered_at lies far from all other rows": 1}
    assert readmit(shop.workspace, "orders", as_is=True, because="the first sale").added == 1
    shop.lines([*lines, "c,o901,p,2024-03-05,1,1"])
    assert orders(run(shop.workspace)).quarantined_rows == 0
    assert len(shop.rows("1")) == 202


def test_what_is_missing_or_unreadable_is_never_taken_in(with_bad: Shop) -> None:
    found = readmit(with_bad.workspace, "orders", as_is=True, because="all of it")
    assert "quantity is not a number" in found.reasons
    assert "the line can't be read: missing columns" in found.reasons


def test_a_line_with_a_key_that_is_in_force_with_other_values_stays(shop: Shop, good_lines: Lines) -> None:
    shop.map(columns={**shop.mapping["tables"]["orders"]["columns"], "line_id": "line"})
    header = "customer,order,product,at,qty,price,line"
    lines = [f"{line},{n}" for n, line in enumerate(good_lines(100))]
    shop.lines([*lines, "c,o900,p,2024.03.09,1,1,L"], header)
    run(shop.workspace)
    shop.write("mended.csv", f"{header}\nc,o900,p,2024-03-09,5,1,L\n")
    shop.map(**{"from": "mended.csv"})
    run(shop.workspace)
    shop.map(timestamps={"format": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y.%m.%d"]})
    found = readmit(shop.workspace, "orders")
    assert (found.added, dict(found.reasons)) == (0, {IN_FORCE: 1})
    assert [quantity for quantity, order in shop.rows("quantity, order_id") if order == "o900"] == [5.0]


def test_a_released_line_does_not_take_the_place_of_another_line_of_its_order(shop: Shop, good_lines: Lines) -> None:
    shop.lines([*good_lines(100), "c,o900,p,2024-03-09,1,1.00", "c,o900,p,2024-03-09,two,1.00"])
    run(shop.workspace)
    columns = {**shop.mapping["tables"]["orders"]["columns"]}
    quantity = "CAST(replace(qty, 'two', '2') AS DOUBLE)"
    shop.map(columns={**columns, "quantity": quantity, "revenue": f"{quantity} * price"})
    assert readmit(shop.workspace, "orders").added == 1
    assert sorted(quantity for quantity, order in shop.rows("quantity, order_id") if order == "o900") == [1.0, 2.0]


def test_lines_that_share_the_amounts_of_their_order_are_not_released(shop: Shop, good_lines: Lines) -> None:
    shop.map(allocate={"shipping": "ship"})
    shop.lines([f"{line},0" for line in [*good_lines(50), BAD[0]]], "customer,order,product,at,qty,price,ship")
    run(shop.workspace)
    with pytest.raises(UsageError, match="shared out to all of an order's lines"):
        readmit(shop.workspace, "orders")
    assert len(shop.quarantine()) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from core.workspace import Workspace
from core.table_store import TableStore
from pipelines.ingest import readmission

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "before the commit":
    TableStore.commit = die
else:
    readmission._Readmission._leave = die
readmission.readmit(Workspace.open(Path(sys.argv[1])), "orders", as_is=True, because="two were sold")
"""


@pytest.mark.parametrize("place", ["before the commit", "after the commit"])
def test_a_kill_loses_nothing_and_brings_nothing_in_twice(with_bad: Shop, place: str) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(with_bad.root), place], env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(with_bad.rows("1")) == (201 if place == "after the commit" else 200)
    assert len(with_bad.quarantine()) == 4
    found = readmit(with_bad.workspace, "orders", as_is=True, because="two were sold")
    assert found.added + found.known == 1
    assert (len(with_bad.rows("1")), len(with_bad.quarantine())) == (201, 3)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.sampled_from([*range(30), "bad day", "bad quantity", "no product"]), min_size=5, max_size=40),
    steps=st.lists(st.sampled_from(["ingest", "release", "as is", "drop"]), max_size=5),
)
def test_every_line_is_in_force_or_set_aside_or_dropped(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    good_lines: Lines,
    lines: list[int | str],
    steps: list[str],
) -> None:
    """Once: whatever is done to them in whatever order."""
    monkeypatch.setenv("REGULARS_MAX_REJECTED_SHARE", "1")
    shop = Shop(tmp_path_factory.mktemp("anything") / "shop")
    good, bad = good_lines(30), {"bad day": "a,o99,p,soon,1,1", "bad quantity": "a,o99,p,2024-03-01,x,1"}
    bad["no product"] = "a,o99,,2024-03-01,1,1"
    shop.lines([good[0], *(good[line] if isinstance(line, int) else bad[line] for line in lines)])
    run(shop.workspace)
    dropped = 0
    for step in steps:
        match step:
            case "ingest":
                (shop.root / "tables" / "sources.json").unlink(missing_ok=True)
                run(shop.workspace)
            case "drop":
                dropped += drop(shop.workspace, "orders", None, "enough")
            case _:
                readmit(shop.workspace, "orders", as_is=step == "as is", because="they are real")
        assert len(shop.rows("1")) + len(shop.quarantine()) + dropped == 1 + len(lines)


# --- dropping ---


def test_dropped_rows_are_forgotten_for_good(with_bad: Shop, good_lines: Lines) -> None:
    assert drop(with_bad.workspace, "orders", "quantity is not a number", "a test of the till") == 1
    assert len(with_bad.quarantine()) == 3
    lines = good_lines(210)
    with_bad.lines([*lines, *BAD, lines[7]])
    run(with_bad.workspace)
    assert "quantity is not a number" not in by_reason(with_bad)
    entry = AuditLog(with_bad.workspace).entries()[-1]
    assert (entry.action, entry.details["rows"], entry.details["because"]) == (
        "quarantine drop",
        1,
        "a test of the till",
    )


def test_nothing_is_dropped_without_a_word(with_bad: Shop) -> None:
    with pytest.raises(UsageError, match="said why"):
        drop(with_bad.workspace, "orders", None, " ")
    assert len(with_bad.quarantine()) == 4


def test_an_empty_quarantine_is_an_answer(shop: Shop, good_lines: Lines) -> None:
    shop.lines(good_lines(5))
    run(shop.workspace)
    assert said(shop, "list")["message"] == "no rows are set aside"
    assert said(shop, "release", "orders")["added"] == 0
    assert said(shop, "drop", "orders", "--because", "nothing")["dropped"] == 0
