"""Which series are in which group, and what is no grouping of them."""

from pathlib import Path

import pandas as pd
import pytest

from core.errors import DataError, UsageError
from core.settings import Demand
from core.workspace import Workspace
from models.demand.levels.level_outlook import chosen_level, left_out
from models.demand.levels.series_groups import NONE, check_level, series_groups
from tests.support.shop import commit, empty_workspace

PRODUCTS = pd.DataFrame(
    [("p1", "tea", "drinks"), ("p2", "cola", "drinks"), ("p3", "soap", "drugs"), ("p4", "sweets", None)],
    columns=["product_id", "category", "department"],
)


def shop(root: Path, products: pd.DataFrame = PRODUCTS, **demand: object) -> Workspace:
    workspace = empty_workspace(root, demand=demand)
    commit(workspace, {"products": products})
    return workspace


def test_the_department_of_a_category_is_told_by_the_products(tmp_path: Path) -> None:
    found = series_groups(shop(tmp_path), ("department",), ["cola", "soap", "sweets", "tea"])
    assert found.names == ("drinks", "drugs")
    assert found.of.tolist() == [0, 1, NONE, 0]
    assert found.sizes.tolist() == [2, 1]
    assert left_out(found) == 1


def test_a_level_may_be_made_of_keys_of_the_series_and_of_products(tmp_path: Path) -> None:
    workspace = shop(tmp_path, series=["category", "store_id"])
    ids = ["tea|1", "tea|2", "cola|1"]
    assert series_groups(workspace, ("store_id",), ids).of.tolist() == [0, 1, 0]
    assert series_groups(workspace, ("department", "store_id"), ids).names == ("drinks|1", "drinks|2")


def test_a_category_of_two_departments_is_no_grouping_and_the_way_out_is_said(tmp_path: Path) -> None:
    more = pd.concat([PRODUCTS, pd.DataFrame([("p5", "tea", "gifts")], columns=PRODUCTS.columns)])
    with pytest.raises(DataError, match="tea is of drinks and of gifts") as refused:
        series_groups(shop(tmp_path, more), ("department",), ["tea"])
    assert 'demand.series = ["category", "department"]' in str(refused.value.todo)


def test_a_store_is_not_told_by_a_category() -> None:
    with pytest.raises(DataError, match="does not tell the store_id") as refused:
        check_level(("category",), ("store_id",))
    assert 'demand.series = ["category", "store_id"]' in str(refused.value.todo)


def test_what_is_no_column_or_no_coarser_is_refused() -> None:
    with pytest.raises(UsageError, match="departmnt") as refused:
        check_level(("category",), ("departmnt",))
    assert "department" in str(refused.value.todo)
    with pytest.raises(UsageError, match="no coarser"):
        check_level(("category",), ("department", "category"))


def test_a_level_is_chosen_by_its_columns_in_any_order() -> None:
    levels = (("department",), ("category", "region"))
    assert chosen_level(levels, "region,category") == ("category", "region")
    with pytest.raises(UsageError, match="depart") as refused:
        chosen_level(levels, "depart")
    assert "department" in str(refused.value.todo)


@pytest.mark.parametrize("levels", [[[]], [["region", "region"]], [["a", "b"], ["b", "a"]]])
def test_settings_name_each_level_once(levels: list[list[str]]) -> None:
    with pytest.raises(ValueError, match="level"):
        Demand.model_validate({"levels": levels})
