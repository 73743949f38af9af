"""Groups and stages are partitions, go by the facts before the day alone, and never punish a later purchase."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.workspace import Workspace
from feature_repo.segment_rules import GRID, GROUPS, LEVELS, STAGE_ORDER, STAGES, group
from models.segments.group_history import group_history, months_moved, unprofiled_days
from models.segments.membership import members, standing
from models.segments.movements import ARRIVED, UNPROFILED
from tests.support.shop import commit, empty_workspace

DAY = date(2024, 6, 1)
SCORES = ["recency_score", "frequency_score", "monetary_score"]


def orders(bought: Mapping[str, list[tuple[int, float]]]) -> pd.DataFrame:
    """Lines of customers: how many days before `DAY`, and what was paid."""
    rows = [(who, ago, paid) for who, lines in bought.items() for ago, paid in lines]
    frame = pd.DataFrame(rows, columns=["customer_id", "ago", "revenue"])
    when = pd.Timestamp(DAY) - pd.to_timedelta(frame.pop("ago"), unit="D") + pd.Timedelta(hours=12)
    numbers = [str(number) for number in range(len(frame))]
    return frame.assign(order_id=numbers, product_id="p", ordered_at=when, quantity=1.0)


def shop(root: Path, bought: Mapping[str, list[tuple[int, float]]], **tables: pd.DataFrame) -> Workspace:
    workspace = empty_workspace(root)
    commit(workspace, {"orders": orders(bought), **tables})
    return workspace


def drawn(customers: int, seed: int) -> dict[str, list[tuple[int, float]]]:
    """Customers who bought once to nine times in the last 400 days; many are alike."""
    rng = np.random.default_rng(seed)
    return {
        f"c{i}": [(int(rng.integers(1, 400)), float(rng.integers(1, 9))) for _ in range(rng.integers(1, 10))]
        for i in range(customers)
    }


def told(workspace: Workspace, day: date = DAY) -> pd.DataFrame:
    return members(workspace, day).set_index("customer_id")


def test_the_grid_names_a_group_for_every_score_and_every_group_is_in_it() -> None:
    named = {group(*scores) for scores in product(range(1, 6), repeat=3)}
    assert named == set(GROUPS.values())
    assert {len(cells) for cells in GRID.values()} == {len(LEVELS) + 1}
    assert sorted(STAGE_ORDER) == sorted(STAGES.values())


@pytest.mark.parametrize("seed", [1, 2])
def test_everybody_is_in_the_group_of_the_grid_and_in_one_stage(tmp_path: Path, seed: int) -> None:
    found = told(shop(tmp_path, drawn(90, seed)))
    assert len(found) == found.index.nunique() == 90
    assert [group(*scores) for scores in found[SCORES].itertuples(index=False)] == list(found["group"])
    assert set(found["stage"]) <= set(STAGES.values())
    assert found[SCORES].stack().between(1, 5).all()


def test_a_score_follows_its_figure_and_equal_figures_have_equal_scores(tmp_path: Path) -> None:
    found = told(shop(tmp_path, drawn(90, 3)))
    for score, figure, rising in (("recency_score", "recency_days", False), ("monetary_score", "monetary", True)):
        by_figure = found.groupby(figure)[score].agg(["min", "max"]).sort_index(ascending=rising)
        assert (by_figure["min"] == by_figure["max"]).all()
        assert by_figure["max"].is_monotonic_increasing


def test_a_later_purchase_never_lowers_the_score_of_recency(tmp_path: Path) -> None:
    bought = drawn(40, 4)
    before = told(shop(tmp_path / "before", bought))["recency_score"]
    after = told(shop(tmp_path / "after", bought | {"c7": [*bought["c7"], (1, 2.0)]}))["recency_score"]
    assert after["c7"] >= before["c7"]
    assert (after.drop("c7") <= before.drop("c7")).all()


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    bought = drawn(40, 5)
    names = np.random.default_rng(0).permutation(list(bought))
    there, back = shop(tmp_path / "a", bought), shop(tmp_path / "b", {name: bought[name][::-1] for name in names})
    pd.testing.assert_frame_equal(standing(there, DAY), standing(back, DAY))


def test_a_day_is_told_by_the_facts_before_it_alone(tmp_path: Path) -> None:
    bought, cut = drawn(40, 6), 100
    past = {who: kept for who, lines in bought.items() if (kept := [line for line in lines if line[0] > cut])}
    day = DAY - timedelta(days=cut)
    pd.testing.assert_frame_equal(
        standing(shop(tmp_path / "a", bought), day), standing(shop(tmp_path / "b", past), day)
    )


def test_of_a_single_customer_or_of_many_alike_every_score_is_the_middle_one(tmp_path: Path) -> None:
    for number in (1, 2, 7):
        found = told(shop(tmp_path / str(number), {f"c{i}": [(10, 5.0)] for i in range(number)}))
        assert (found[SCORES] == 3).all(axis=None)
        assert set(found["group"]) == {"loyal"}


def test_five_customers_have_the_five_scores(tmp_path: Path) -> None:
    found = told(shop(tmp_path, {str(i): [(10 * i, 7.0 - i)] for i in range(1, 6)}))
    assert list(found["recency_score"]) == list(found["monetary_score"]) == [5, 4, 3, 2, 1]


def test_stages_go_by_days_at_their_edges_and_in_their_order(tmp_path: Path) -> None:
    days = {"new": 30, "growing": 90, "mature": 180, "established": 181}
    bought = {name: [(1, 1.0), (first, 1.0)] for name, first in days.items()}
    bought |= {"rich": [(1, 90.0)], "rich but gone": [(61, 99.0)], "lost": [(91, 1.0)], "nearly lost": [(90, 1.0)]}
    bought |= {"risk": [(60, 0.5)], "nothing paid": [(5, 0.0)]}
    found = told(shop(tmp_path, bought))["stage"]
    assert {name: found[name] for name in days} == {name: name for name in days}
    assert (found["rich"], found["rich but gone"]) == ("high value", "at risk")
    assert (found["lost"], found["nearly lost"], found["risk"]) == ("lost", "at risk", "growing")
    assert found["nothing paid"] == "new"


def test_who_refuses_profiling_now_or_did_so_before_is_not_told_of(tmp_path: Path) -> None:
    choices = [("a", True, 9), ("b", False, 9), ("c", True, 9), ("c", False, 1), ("d", True, 9)]
    frame = pd.DataFrame(choices, columns=["customer_id", "granted", "ago"])
    when = pd.Timestamp(DAY) - pd.to_timedelta(frame.pop("ago"), unit="D")
    consents = frame.assign(purpose="profiling", at=when)
    bought = {name: [(20, 1.0)] for name in "abcde"}
    workspace = shop(tmp_path, bought, consents=consents)
    assert list(told(workspace).index) == ["a", "d"]
    assert list(told(workspace, DAY - timedelta(days=5)).index) == ["a", "d"]


def test_who_bought_long_before_allowing_it_made_no_first_purchase(tmp_path: Path) -> None:
    choices = pd.DataFrame({"customer_id": [*"abcc"], "granted": [True, True, True, False], "ago": [20, 2, 300, 10]})
    when = pd.Timestamp(DAY) - pd.to_timedelta(choices.pop("ago"), unit="D")
    again = pd.DataFrame({"customer_id": ["c"], "granted": True, "at": pd.Timestamp(DAY) + pd.Timedelta(days=3)})
    consents = pd.concat([choices.assign(at=when), again]).assign(purpose="profiling")
    bought = {"a": [(200, 1.0)], "b": [(5, 1.0)], "c": [(200, 1.0)]}
    days = [DAY - timedelta(days=n) for n in (350, 30, 0)]
    workspace = shop(tmp_path, bought | {"first": [(360, 1.0)]}, consents=consents)
    months, frames = group_history(workspace, days)
    table = months_moved(workspace, frames, days[1], days[2])
    assert {(row.origin, row.target == UNPROFILED): row.customers for row in table.itertuples()} == {
        (UNPROFILED, False): 1,
        (ARRIVED, False): 1,
        (frames[days[1]]["group"].item(), True): 1,
    }
    assert unprofiled_days(months) == [days[0]]


def test_where_nobody_may_be_profiled_nobody_is_told_of(tmp_path: Path) -> None:
    consents = pd.DataFrame({"customer_id": ["a"], "purpose": "profiling", "granted": False, "at": pd.Timestamp(DAY)})
    workspace = shop(tmp_path, {"a": [(40, 1.0), (5, 1.0)]}, consents=consents)
    assert standing(workspace, DAY).empty
    months, frames = group_history(workspace, [DAY - timedelta(days=31), DAY])
    assert {month.customers for month in months} == {0}
    assert months_moved(workspace, frames, *frames).empty
