"""The file's lines are the stored ones plus what each rule took, to the cent, whatever is wrong with some of them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.ingest import run
from pipelines.ingest.reconciliation import EARLIER, Figures, Month, Reconciliation
from tests.pipelines import field
from tests.pipelines.conftest import Shop, orders

HEADER = "customer,order,product,at,qty,amount,cur"
BAD_DAYS = ("2024-02-30 10:00", "soon", "", "2199-01-01 00:00")


@pytest.fixture(autouse=True)
def nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_MAX_REJECTED_SHARE", "1")


def money_shop(shop: Shop) -> Shop:
    columns = dict(shop.mapping["tables"]["orders"]["columns"], revenue="amount", currency="cur")
    shop.map(columns=columns, where="product <> 'POST'")
    shop.lines(["2024-02-10,EUR,0.853"], "date,currency,rate", "rates.csv")
    shop.add_table("fx_rates", **{"from": "rates.csv", "columns": {c: c for c in ("date", "currency", "rate")}})
    return shop


def found(shop: Shop, dry_run: bool = False) -> Reconciliation:
    reconciled = run(shop.workspace, dry_run=dry_run).reconciliation
    assert reconciled is not None
    return reconciled


def months(reconciled: Reconciliation) -> dict[str, Month]:
    return {month.month: month for month in reconciled.months}


@st.composite
def a_line(draw: st.DrawFn) -> str:
    """An order line of January to March 2024, and now and then something wrong in it."""
    wrong = draw(st.sampled_from(["", "", "", "", "day", "quantity", "amount", "order", "columns"]))
    day = f"2024-0{draw(st.integers(1, 3))}-{draw(st.integers(1, 28)):02d} 23:30"
    cents = draw(st.integers(-5_000, 50_000))
    cells = [
        draw(st.sampled_from(["", "a", "b"])),
        "" if wrong == "order" else f"o{draw(st.integers(0, 6))}",
        draw(st.sampled_from(["p", "q", "POST"])),
        draw(st.sampled_from(BAD_DAYS)) if wrong == "day" else day,
        "many" if wrong == "quantity" else str(draw(st.integers(-2, 3))),
        "free" if wrong == "amount" else f"{cents / 100:.2f}",
        draw(st.sampled_from(["GBP", "", "EUR", "XXQ"])),
    ]
    return ",".join(cells[:4] if wrong == "columns" else cells)


def amount(line: str) -> Decimal:
    cells = line.split(",")
    return Decimal(cells[5]) if len(cells) == 7 and cells[5] != "free" else Decimal(0)


@pytest.mark.long
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(a_line(), min_size=1, max_size=40), more=st.lists(a_line(), max_size=15))
def test_any_file_reconciles_to_the_cent(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], more: list[str]
) -> None:
    """The first delivery, a dry run of the second, and the second itself."""
    shop = money_shop(Shop(tmp_path_factory.mktemp("reconciled") / "shop"))
    good = "a,o99,p,2024-02-20 12:00,1,1.25,GBP"
    for delivery in ([good, *lines, *lines[:3]], [good, *more]):
        shop.lines(delivery, HEADER)
        tried, done = found(shop, dry_run=True), found(shop)
        assert tried.months == done.months
        assert done.exact
        total = done.total
        assert total.file.rows == len(delivery)
        assert total.file.revenue == sum(amount(line) for line in delivery)
        assert {m.month: m.stored for m in done.months if m.stored} == {
            month: figures for month, figures in in_force(shop).items() if month in months(done)
        }
        aside = sum(figures.rows for rule, figures in total.took.items() if rule.startswith("set aside"))
        assert aside == orders(run(shop.workspace, dry_run=True)).quarantined_rows


def in_force(shop: Shop) -> dict[str, Figures]:
    """The months of the committed table, added up one by one."""
    rows: dict[str, list[tuple[str, float, Decimal]]] = {}
    for month, *row in shop.rows("strftime(day, '%Y-%m'), order_id, quantity, CAST(revenue AS DECIMAL(24, 4))"):
        rows.setdefault(month, []).append((row[0], row[1], row[2]))
    return {
        month: Figures(
            len(lines),
            len({order for order, _, _ in lines}),
            sum((revenue for _, _, revenue in lines), Decimal(0)),
            sum((revenue for _, quantity, revenue in lines if quantity < 0 or revenue < 0), Decimal(0)),
        )
        for month, lines in rows.items()
    }


def test_every_rule_says_what_it_took(shop: Shop) -> None:
    money_shop(shop)
    shop.lines(
        [
            "a,o1,p,2024-02-12 12:00,1,10.00,GBP",
            "a,o1,q,2024-02-12 12:00,-1,-2.50,GBP",
            "a,o2,p,2024-02-12 12:00,1,100.00,EUR",
            "a,o3,POST,2024-02-12 12:00,1,4.99,GBP",
            "a,o4,p,2024-02-12 12:00,many,7.00,GBP",
            "a,o5,p,2024-02-31 12:00,1,8.00,GBP",
            "a,o6",
        ],
        HEADER,
    )
    figures = months(found(shop))
    assert figures["2024-02"] == Month(
        "2024-02",
        Figures(5, 4, Decimal("119.49"), Decimal("-2.50")),
        Figures(3, 2, Decimal("92.80"), Decimal("-2.50")),
        {
            "left out by where": Figures(1, 1, Decimal("4.99")),
            "set aside: quantity is not a number": Figures(1, 1, Decimal("7.00")),
            "converted to GBP": Figures(0, 0, Decimal("14.70")),
        },
    )
    assert figures["no date"].file == Figures(2, 1, Decimal("8.00"))


def test_an_order_of_which_one_line_is_stored_is_stored(shop: Shop) -> None:
    money_shop(shop)
    shop.lines(["a,o1,p,2024-02-12,1,1,GBP", "a,o1,q,2024-02-12,x,1,GBP"], HEADER)
    month = months(found(shop))["2024-02"]
    assert (month.file.orders, month.stored.orders) == (1, 1)
    assert [figures.orders for figures in month.took.values()] == [0]


def test_a_delivery_of_what_is_new_shows_what_was_there(shop: Shop) -> None:
    money_shop(shop)
    for order, revenue in (("o1", "5.00"), ("o2", "7.00")):
        shop.lines([f"a,{order},p,2024-02-12,1,{revenue},GBP"], HEADER)
        reconciled = found(shop)
    [month] = reconciled.months
    assert (month.file.revenue, month.stored.revenue) == (Decimal(7), Decimal(12))
    assert month.took == {EARLIER: Figures(-1, -1, Decimal(-5))}


def test_days_are_cut_in_the_shops_zone(shop: Shop) -> None:
    money_shop(shop)
    shop.lines(["a,o1,p,2024-06-30T23:30:00Z,1,1,GBP", "a,o2,p,2024-06-30T22:30:00Z,1,1,GBP"], HEADER)
    assert list(months(found(shop))) == ["2024-06", "2024-07"]


def test_the_command_shows_the_last_months_and_json_has_all(tmp_path: Path) -> None:
    rows = [dict(row, ordered_at=f"20{12 + n % 15:02d}-0{1 + n % 9}-03") for n, row in enumerate(field.lines())]
    workspace = field.drafted(tmp_path / "shop", field.write(tmp_path / "orders.csv", rows))
    said = field.command(workspace, "ingest")
    assert "the last 12 of 45 months; --json has all of them" in said.output
    assert "65,106.60" in said.output
    again = json.loads(field.command(workspace, "ingest", "--json").stdout)
    assert len(again["reconciliation"]["months"]) == 45
    assert again["reconciliation"]["total"]["stored"]["revenue"] == "65106.6000"
    assert "65,106.60 EUR in the file, 65,106.60 stored" in field.command(workspace, "status").output
