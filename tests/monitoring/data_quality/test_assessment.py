"""Planted faults are counted exactly, scored by the formula, and kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from core import utc
from core.workspace import Workspace
from monitoring.data_quality import assessment
from monitoring.data_quality.quality_history import QualityHistory, course
from monitoring.data_quality.quality_report import Finding, Intake, ShopQuality, cut
from tests.support.shop import commit, empty_workspace

FIRST = date(2024, 1, 1)


def lines(days: int = 60) -> pd.DataFrame:
    """Ten order lines a day, every day, each an order of its own, of known customers and products."""
    rows = [
        {
            "customer_id": f"c{i % 7}",
            "order_id": f"o{day}-{i}",
            "product_id": f"p{i % 5}",
            "ordered_at": pd.Timestamp(FIRST) + pd.Timedelta(days=day, hours=12),
            "quantity": 1.0,
            "revenue": 2.0,
        }
        for day in range(days)
        for i in range(10)
    ]
    return pd.DataFrame(rows)


def others() -> dict[str, pd.DataFrame]:
    """The products and customers of those lines, all in order."""
    products = [{"product_id": f"p{i}", "name": f"product {i}", "launched_on": FIRST} for i in range(5)]
    customers = [{"customer_id": f"c{i}", "signed_up_on": FIRST} for i in range(7)]
    return {"products": pd.DataFrame(products), "customers": pd.DataFrame(customers)}


def assessed(root: Path, tables: Mapping[str, pd.DataFrame], *intakes: Intake) -> ShopQuality:
    workspace = empty_workspace(root)
    commit(workspace, {"orders": lines(), **others(), **tables})
    return assessment.assess(workspace, intakes)


def finding(report: ShopQuality, table: str, name: str, column: str | None = None) -> Finding:
    found = report.table(table)
    assert found is not None
    return next(each for each in found.findings if each.name == name and column in {None, each.column})


def test_a_shop_in_order_scores_a_hundred(tmp_path: Path) -> None:
    report = assessed(tmp_path / "shop", {})
    assert report.score == 100
    assert report.worst() == []
    orders = report.table("orders")
    assert orders is not None
    assert set(orders.dimensions) == {"completeness", "consistency", "timeliness"}


def broken(**changes: tuple[int, object]) -> pd.DataFrame:
    """Order lines whose first `n` rows have another value in a column."""
    orders = lines().to_dict("records")
    for column, (n, value) in changes.items():
        for row in orders[:n]:
            row[column] = value
    return pd.DataFrame(orders)


@pytest.mark.parametrize(
    ("orders", "name", "wrong", "judged"),
    [
        (broken(product_id=(6, "gone")), "unknown products", 6, 600),
        (broken(customer_id=(3, "nobody")), "unknown customers", 3, 600),
        (broken(quantity=(4, -1.0)), "quantity and amount of different signs", 4, 600),
        (broken(quantity=(600, -1.0)), "returned and never bought", 10, 10),
        (broken(order_id=(5, "o1")), "an order of several customers", 1, 596),
        (broken(customer_id=(12, None)), "filled", 12, 600),
    ],
)
def test_what_is_wrong_is_counted(tmp_path: Path, orders: pd.DataFrame, name: str, wrong: int, judged: int) -> None:
    column = "customer_id" if name == "filled" else None
    found = finding(assessed(tmp_path / "shop", {"orders": orders}), "orders", name, column)
    assert (found.wrong, found.judged) == (wrong, judged)
    assert found.score == cut(100 * (1 - wrong / judged))
    assert str(found.says)
    assert str(found.todo)


def test_orders_before_sign_up_and_before_launch_are_counted(tmp_path: Path) -> None:
    late = others()
    late["customers"].loc[0, "signed_up_on"] = FIRST + timedelta(days=10)
    late["products"].loc[0, "launched_on"] = FIRST + timedelta(days=1)
    report = assessed(tmp_path / "shop", late)
    assert finding(report, "orders", "before signed_up_on").wrong == 20
    assert finding(report, "orders", "before launched_on").wrong == 2


def test_an_order_that_gave_back_more_than_was_paid_is_counted_once(tmp_path: Path) -> None:
    back = lines(1).iloc[:2].assign(order_id=["o0-0", "o9-9"], quantity=-1.0, revenue=[-2.5, -2.0])
    found = finding(
        assessed(tmp_path / "shop", {"orders": pd.concat([lines(), back])}), "orders", "refunds above the order"
    )
    assert (found.wrong, found.judged) == (1, 600)


def test_bad_rows_count_once_and_their_columns_in_detail(tmp_path: Path) -> None:
    reasons = {"quantity is not a number": 3, "ordered_at is empty": 2, "exact duplicate of another row": 1}
    intake = Intake("orders", "orders.csv", ("order_id", "quantity"), 100, 5, reasons)
    report = assessed(tmp_path / "shop", {}, intake)
    assert finding(report, "orders", "rows").score == 95
    assert finding(report, "orders", "values", "quantity").wrong == 3
    orders = report.table("orders")
    assert orders is not None
    assert orders.dimensions["validity"] == 95
    assert {each.column for each in orders.findings if each.name == "filled"} == {"order_id", "quantity"}


def contacts(*days: int) -> pd.DataFrame:
    """Contacts on days counted from the first."""
    at = [pd.Timestamp(FIRST) + pd.Timedelta(days=day, hours=9) for day in days]
    return pd.DataFrame({"customer_id": "c1", "campaign_id": [f"k{day}" for day in days], "at": at, "treated": True})


@pytest.mark.parametrize(("last", "says"), [(None, "nothing has come since"), (60, "up to date"), (62, "up to date")])
def test_a_feed_with_rows_of_the_present_day_is_not_silent(tmp_path: Path, last: int | None, says: str) -> None:
    days = [*range(30), *([last] if last else [])]
    found = finding(assessed(tmp_path / "shop", {"contacts": contacts(*days)}), "contacts", "days behind")
    assert says in str(found.says)


def test_columns_whose_emptiness_says_something_cost_nothing(tmp_path: Path) -> None:
    orders = lines().assign(currency=None)
    orders["currency"] = orders["currency"].astype(object)
    orders.loc[0, "currency"] = "GBP"
    report = assessed(tmp_path / "shop", {"orders": orders})
    assert finding(report, "orders", "filled", "currency").wrong == 599
    assert report.score == 100


def test_customers_held_out_of_a_contact_need_no_offer(tmp_path: Path) -> None:
    held_out = contacts(59).assign(treated=False, offer=None, cost=None).astype({"offer": "string", "cost": "float64"})
    sent = held_out.assign(customer_id="c2", treated=True, offer="coupon", cost=1.0)
    report = assessed(tmp_path / "shop", {"contacts": pd.concat([held_out, sent])})
    assert finding(report, "contacts", "filled", "offer").wrong == len(held_out)
    assert report.score == 100


def test_the_worst_come_first_and_orders_count_for_half(tmp_path: Path) -> None:
    products = others()["products"].assign(name=pd.Series([None, None, "a", "b", "c"], dtype=object))
    report = assessed(tmp_path / "shop", {"products": products, "orders": broken(product_id=(60, "gone"))})
    assert [each.about for each in report.worst()] == ["products.name", "orders.product_id"]
    scores = {table.table: table.score for table in report.tables}
    assert report.score == cut((scores["orders"] + (scores["products"] + scores["customers"]) / 2) / 2)


def test_assessments_are_kept_and_read_back(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(workspace, {"orders": lines(), **others()})
    history, days = QualityHistory(workspace), [utc.now() - timedelta(days=n) for n in (2, 1, 1, 0)]
    for at, known in zip(days, (5, 3, 2, 0), strict=True):
        monkeypatch.setattr(utc, "now", lambda at=at: at)
        intake = Intake("orders", "orders.csv", ("order_id",), 10, known, {"order_id is empty": known})
        history.append(assessment.assess(workspace, [intake]))
    runs = history.history()
    assert [run.at[:10] for run in runs] == [at.date().isoformat() for at in sorted({*days[:1], *days[2:]})]
    assert history.latest() == runs[-1]
    scores = course(runs, "orders").scores
    assert scores[-1] == 100
    assert course(runs, "orders").change == pytest.approx(scores[-1] - (scores[-2] or 0), abs=0.05)


def test_the_document_speaks_and_names_no_customer(tmp_path: Path) -> None:
    text = str(assessed(tmp_path / "shop", {"orders": broken(customer_id=(3, "nobody"))}).as_document())
    assert "3 of 600 order lines are of a customer that customers does not have" in text
    assert "'nobody'" not in text
