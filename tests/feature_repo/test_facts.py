"""The facts of a window against plain SQL, written apart from them; and nobody counts them a second time."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from core import query_engine
from core.workspace import Workspace
from feature_repo import facts
from tests.support.shop import FIRST_DAY

ROOT = Path(__file__).parent.parent.parent
ABOVE = ("models", "training", "monitoring", "serving", "pipelines")
START = FIRST_DAY + timedelta(days=150)
WINDOWS = [(START, START + timedelta(days=28)), (date.min, START), (START, START)]
COUNTED = """
    SELECT o.*, p.category FROM orders AS o, products AS p
    WHERE o.product_id = p.product_id AND o.quantity > 0 AND p.department IS DISTINCT FROM 'SERVICES'
"""


def oracle(workspace: Workspace, query: str) -> pd.DataFrame:
    with query_engine.on_tables(workspace) as connection:
        return connection.execute(query).df()


def inside(start: date, stop: date) -> str:
    return f"day BETWEEN DATE '{start}' AND DATE '{stop}' - 1"


@pytest.mark.parametrize(("start", "stop"), WINDOWS)
def test_buyers_have_any_line_in_the_window(small_shop_readonly: Workspace, start: date, stop: date) -> None:
    found = oracle(small_shop_readonly, f"SELECT customer_id FROM orders WHERE {inside(start, stop)}")
    assert facts.buyers(small_shop_readonly, start, stop) == set(found.customer_id.dropna())


def test_what_customers_spent(small_shop_readonly: Workspace) -> None:
    start, stop = WINDOWS[0]
    lines = oracle(small_shop_readonly, f"SELECT customer_id, revenue FROM orders WHERE {inside(start, stop)}")
    expected = lines.groupby("customer_id").revenue.sum()
    pd.testing.assert_series_equal(facts.spent(small_shop_readonly, start, stop).sort_index(), expected)


def test_churn_is_having_been_active_and_buying_nothing_after(small_shop_readonly: Workspace) -> None:
    origins, until = [START - timedelta(days=14), START], START + timedelta(days=28)
    found = facts.churned(small_shop_readonly, origins, until)
    for origin in origins:
        active = facts.buyers(small_shop_readonly, origin - timedelta(days=60), origin)
        back = facts.buyers(small_shop_readonly, origin, origin + timedelta(days=28))
        rows = found[found.as_of == origin]
        assert dict(zip(rows.customer_id, rows.churned, strict=True)) == {name: name not in back for name in active}
        assert 0 < rows.churned.sum() < len(rows)


def test_nothing_from_the_end_of_the_labels_on_is_looked_at(small_shop_readonly: Workspace) -> None:
    assert facts.churned(small_shop_readonly, [START], START).churned.all()


ORIGINS = [START - timedelta(days=28), START - timedelta(days=14), START]
UNTIL = START + timedelta(days=28)


@pytest.mark.parametrize("most", [1, 40])
def test_rows_drawn_by_chance_are_some_of_the_rows_as_they_are(small_shop_readonly: Workspace, most: int) -> None:
    every = facts.churned(small_shop_readonly, ORIGINS, UNTIL)
    found = facts.churned_of_some(small_shop_readonly, ORIGINS, UNTIL, most)
    assert len(found.frame) == most < len(every) == found.there
    assert found.weight * len(found.frame) == pytest.approx(found.there)
    assert len(found.frame.merge(every)) == most
    assert list(found.frame[["as_of", "customer_id"]].itertuples(index=False)) == sorted(
        found.frame[["as_of", "customer_id"]].itertuples(index=False)
    )


def test_where_there_are_no_more_rows_than_asked_for_all_are_there(small_shop_readonly: Workspace) -> None:
    every = facts.churned(small_shop_readonly, ORIGINS, UNTIL)
    found = facts.churned_of_some(small_shop_readonly, ORIGINS, UNTIL, len(every))
    pd.testing.assert_frame_equal(found.frame, every)
    assert found.weight == 1


def test_the_same_rows_are_drawn_with_the_same_seed_whatever_the_threads(small_shop_readonly: Workspace) -> None:
    def drawn(**settings: int) -> pd.DataFrame:
        other = small_shop_readonly.settings.model_copy(update=settings)
        workspace = Workspace(small_shop_readonly.root, other)
        return facts.churned_of_some(workspace, ORIGINS, UNTIL, 60).frame

    pd.testing.assert_frame_equal(drawn(threads=1), drawn(threads=3))
    assert not drawn(seed=1).equals(drawn(seed=2))


def test_rows_are_drawn_of_every_origin_alike(small_shop_readonly: Workspace) -> None:
    every = facts.churned(small_shop_readonly, ORIGINS, UNTIL)
    share = 0.5
    found = facts.churned_of_some(small_shop_readonly, ORIGINS, UNTIL, int(share * len(every))).frame
    for origin in ORIGINS:
        there, drawn = (every.as_of == origin).sum(), (found.as_of == origin).sum()
        assert abs(drawn - share * there) < 4 * (there * share * (1 - share)) ** 0.5


def test_no_row_of_who_refused_is_drawn(small_shop_readonly: Workspace) -> None:
    every = facts.churned(small_shop_readonly, ORIGINS, UNTIL)
    refused = set(every.customer_id[::2])
    found = facts.churned_of_some(small_shop_readonly, ORIGINS, UNTIL, None, refused)
    assert set(found.frame.customer_id) == set(every.customer_id) - refused
    assert found.there == len(found.frame)


def test_some_customers_repeat_buying_is_as_among_all(small_shop_readonly: Workspace) -> None:
    every = facts.repeat_buying(small_shop_readonly, START)
    some = facts.repeat_buying(small_shop_readonly, START, 30)
    assert len(some) == 30 == len(some.merge(every))
    pd.testing.assert_frame_equal(facts.repeat_buying(small_shop_readonly, START, len(every)), every)


def test_what_was_bought_later_is_told_by_horizon(small_shop_readonly: Workspace) -> None:
    until = START + timedelta(days=90)
    found = facts.later_purchases(small_shop_readonly, [START], 364, (28, 90), until).set_index("customer_id")
    assert set(found.index) == facts.buyers(small_shop_readonly, date.min, START)
    for days in (28, 90):
        stop = START + timedelta(days=days)
        spent = facts.spent(small_shop_readonly, START, stop).reindex(found.index).fillna(0.0)
        pd.testing.assert_series_equal(found[f"spend_{days}d"], spent, check_names=False)
    lines = oracle(small_shop_readonly, f"SELECT customer_id, day FROM orders WHERE {inside(START, until)}")
    first = (pd.to_datetime(lines.groupby("customer_id").day.min()) - pd.Timestamp(START)).dt.days + 1
    assert dict(found["next_in"].dropna().astype(int)) == dict(first[first.index.isin(found.index)])
    days = lines.groupby("customer_id").day.nunique().reindex(found.index).fillna(0)
    assert (found["visits_90d"] == days).all()


@pytest.mark.parametrize(("start", "stop"), WINDOWS)
def test_purchases_are_of_known_products_that_are_not_excluded(
    small_shop_readonly: Workspace, start: date, stop: date
) -> None:
    lines = oracle(small_shop_readonly, f"SELECT * FROM ({COUNTED}) WHERE {inside(start, stop)}").dropna(
        subset=["customer_id"]
    )
    found = facts.purchases(small_shop_readonly, start, stop)
    assert not found.duplicated().any()
    assert set(found.itertuples(index=False, name=None)) == set(zip(lines.customer_id, lines.product_id, strict=True))


def test_units_are_clipped_by_what_was_known_at_the_start(small_shop_readonly: Workspace) -> None:
    start, stop = WINDOWS[0]
    expected = oracle(
        small_shop_readonly,
        f"""WITH lines AS ({COUNTED}), caps AS (
            SELECT category, greatest(quantile_cont(quantity, 0.999), 1) AS cap FROM lines
            WHERE day < DATE '{start}' GROUP BY category)
        SELECT category AS series_id, day, sum(CASE WHEN quantity > cap THEN cap ELSE quantity END) AS units
        FROM lines LEFT JOIN caps USING (category) WHERE {inside(start, stop)} AND category IS NOT NULL
        GROUP BY ALL ORDER BY 1, 2""",
    )
    pd.testing.assert_frame_equal(facts.units(small_shop_readonly, start, stop), expected, check_dtype=False)
    assert len(expected) > 100


def test_an_answers_ids_are_texts_and_what_is_missing_in_its_numbers_is_nan(small_shop_readonly: Workspace) -> None:
    """Ids are codes within the engine, and lists of values where Ibis makes the frame."""
    pairs = facts.purchases(small_shop_readonly, START, UNTIL)
    assert {type(value) for column in pairs for value in pairs[column]} == {str}
    later = facts.later_purchases(small_shop_readonly, [START], 364, (28,), UNTIL)
    assert later["next_in"].dtype == float
    assert later["next_in"].isna().any()


QUESTIONS: dict[str, Callable[[Workspace], pd.DataFrame | pd.Series]] = {
    "purchases": lambda shop: facts.purchases(shop, START, UNTIL),
    "purchases of some": lambda shop: facts.purchases(shop, START, UNTIL, sorted(facts.buyers(shop, START, UNTIL))[:9]),
    "first regions": lambda shop: facts.first_regions(shop, FIRST_DAY + timedelta(days=5), UNTIL).reset_index(),
    "products sold": lambda shop: facts.products_sold(shop, START),
    "times bought": lambda shop: facts.times_bought(shop, START).reset_index(),
    "units": lambda shop: facts.units(shop, START, UNTIL),
    "product days": lambda shop: facts.product_days(shop, START),
    "weekly sales": lambda shop: facts.weekly_sales(shop, START, 8),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_shop_of_many_lines_is_answered_as_one_whose_lines_are_kept(
    small_shop_readonly: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kept = QUESTIONS[name](small_shop_readonly)
    monkeypatch.setattr(facts, "SHARED_LINES", 0)
    asked = QUESTIONS[name](small_shop_readonly)
    assert len(kept)
    sides = [each.sort_values(list(each.columns), ignore_index=True) for each in (asked, kept)]
    pd.testing.assert_frame_equal(*sides)


def test_a_question_of_many_lines_keeps_no_table_of_them(
    small_shop_readonly: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "SHARED_LINES", 0)
    lines = facts.counted(small_shop_readonly, START, UNTIL)
    assert lines.count().execute() > 0
    engine = cast(Any, lines.get_backend())
    kept = engine.raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()
    assert kept == [("counting",)]


def test_only_the_feature_repository_reads_the_tables_behind_the_facts() -> None:
    """A label that is counted elsewhere would be a second one."""
    files = [path for package in ABOVE for path in (ROOT / package).rglob("*.py")]
    assert not [path for path in files if imported(path) & {"feature_repo.shop_tables", "feature_repo.aggregates"}]


def imported(path: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    return {f"{node.module}.{alias.name}" for node in nodes for alias in node.names} | {str(n.module) for n in nodes}
