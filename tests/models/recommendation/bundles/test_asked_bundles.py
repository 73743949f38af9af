"""What is answered of bundles: those that may be shown, the surest first, with what they earn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.recommendation.audience.asked_product import AskedProduct
from models.recommendation.bundles.asked_bundles import BundleShelf
from models.recommendation.bundles.bundle_table import BundleTable
from tests.models.recommendation.bundles.conftest import baskets_of, catalogue_of

KINDS = ["BUNS", "BEEF", "BUNS", "BUNS", "SALT", "BUNS"]
CATALOGUE = catalogue_of(KINDS)
# The rows as they are saved: by their lower bound.
ROWS: Sequence[tuple[str, str, str | None, int, float]] = (
    ("0", "2", None, 40, 9.0),
    ("0", "3", None, 30, 8.0),
    ("0", "2", "3", 20, 7.0),
    ("0", "1", None, 60, 6.0),
    ("1", "3", None, 90, 5.0),
    ("0", "1", "3", 15, 4.0),
)


def table() -> BundleTable:
    rows = pd.DataFrame(ROWS, columns=["first", "second", "third", "baskets", "lift_low"])
    figures = {"customers": 10, "support": 0.01, "lift": rows["lift_low"] + 1, "lift_high": 20.0, "lift_by_chance": 1.5}
    one_kind = [all(each is None or KINDS[int(each)] == "BUNS" for each in row[:3]) for row in ROWS]
    return BundleTable(rows.assign(**figures, of_one_kind=one_kind, scene="a scene"))


def shelf(hidden: Sequence[str] = (), costs: Mapping[str, float] | None = None, counted: bool = True) -> BundleShelf:
    return BundleShelf(
        table() if counted else None, lambda _: ["1", "3"], CATALOGUE, frozenset(hidden), costs or {"0": 1.5, "1": 0.5}
    )


def ids(found: Sequence[object]) -> list[tuple[str, ...]]:
    return [each.product_ids for each in found]  # type: ignore[attr-defined]


def test_the_surest_come_first_with_a_choice_of_one_kind_in_every_other_place_at_most() -> None:
    assert ids(shelf().of_known("0", 9).items) == [("0", "2"), ("0", "1"), ("0", "3"), ("0", "1", "3"), ("0", "2", "3")]
    assert ids(shelf().of_known("3", 2).items) == [("3", "0"), ("3", "1")]


def test_a_bundle_with_what_may_not_be_shown_is_left_out_and_counted() -> None:
    found = shelf(hidden=["3"]).of_known("0", 9)
    assert ids(found.items) == [("0", "2"), ("0", "1")]
    assert found.shortfall == (
        "2 bundles are known: no other shares its baskets often enough to be no coincidence; 3 can't be had, or are"
        " kept out by rules"
    )
    assert shelf(hidden=["0"]).of_known("0", 9).shortfall == "the product itself can't be had, or rules keep it out"
    assert shelf().of_known("0", 5).shortfall is None


def test_the_margin_is_the_sum_and_null_where_a_cost_is_not_known() -> None:
    margins = {each.product_ids: each.margin for each in shelf().of_known("0", 9).items}
    assert margins["0", "1"] == pytest.approx(2 * 2.0 - 1.5 - 0.5)
    assert margins["0", "2"] is None
    assert shelf(costs={"0": 3.0, "1": 3.0}).of_known("1", 2).items[1].margin is None  # with product 3
    assert shelf(costs={"0": 3.0, "1": 3.0}).of_known("0", 2).items[1].margin == pytest.approx(-2.0)


def test_a_product_in_no_bundle_has_none_and_the_answer_says_why() -> None:
    found = shelf().of_known("4", 5)
    assert (list(found.items), found.missing) == ([], None)
    assert str(found.shortfall).startswith("0 bundles are known: no other")


def test_a_new_product_takes_the_place_of_those_alike() -> None:
    asked = AskedProduct("new", np.array([2, 0]), np.array([0.8, 0.2]), "alike", ("2", "0"))
    found = shelf().of_new(asked, 4.0, 3, kept_out=False)
    # 9 x 1 of product 2; 7 x 1 of it; 6 x 0.25 of product 0, less likely what the new one will do.
    assert ids(found.items) == [("new", "0"), ("new", "0", "3"), ("new", "2")]
    assert [each.told_by for each in found.items] == ["2", "2", "0"]
    assert (found.missing, found.shortfall) == ("new_product", None)
    costed = shelf(costs={"new": 1.0, "0": 1.5}).of_new(asked, 4.0, 1, kept_out=False)
    assert costed.items[0].margin == pytest.approx(4.0 - 1.0 + 2.0 - 1.5)
    assert shelf().of_new(asked, float("nan"), 1, kept_out=True).items == []


def test_for_a_product_that_nobody_knows_what_most_baskets_hold_is_the_answer() -> None:
    found = shelf(hidden=["3"]).most_bought(2)
    assert (ids(found.items), found.missing) == ([("0", "1"), ("0", "2")], "unknown_product")


def test_a_version_that_counted_none_tells_pairs_without_figures() -> None:
    found = shelf(counted=False, hidden=["3"], costs={"0": 1.0, "1": 1.0}).of_known("0", 5)
    (pair,) = found.items
    assert (pair.product_ids, pair.scene, pair.lift, pair.support, found.missing) == (
        ("0", "1"), "BEEF and BUNS", None, None, "pairs_only",
    )  # fmt: skip
    assert pair.margin == pytest.approx(2.0)
    assert list(shelf(counted=False).most_bought(5).items) == []
    asked = AskedProduct("new", np.array([0]), np.array([1.0]), "alike", ("0",))
    assert ids(shelf(counted=False).of_new(asked, 4.0, 5, kept_out=False).items) == [("new", "1"), ("new", "3")]


def test_a_table_is_the_same_when_it_is_loaded(tmp_path: Path) -> None:
    lists = [[0, 1, 2]] * 40 + [[3], [4], [5]] * 200
    fitted = BundleTable.fit(baskets_of(lists, 6), CATALOGUE)
    fitted.save(tmp_path / "bundles.parquet")
    loaded = BundleTable.load(tmp_path / "bundles.parquet")
    assert [fitted.members(row) for row in range(len(fitted.rows))] == [
        loaded.members(row) for row in range(len(loaded.rows))
    ]
    assert ("0", "1", "2") in [loaded.members(int(row)) for row in loaded.with_product("2")]
    assert list(loaded.with_product("5")) == list(loaded.with_product("no such")) == []
    empty = BundleTable.fit(baskets_of([[0]], 6), CATALOGUE)
    empty.save(tmp_path / "none.parquet")
    assert list(BundleTable.load(tmp_path / "none.parquet").with_product("0")) == []
