"""No feature is built on a protected attribute."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import ibis.expr.operations as ops
import pytest

from core.errors import UsageError
from core.workspace import Workspace
from feature_repo import catalog, shop_tables, snapshots
from feature_repo.contract import TABLES
from feature_repo.shop_tables import READABLE, ShopTables, Snapshot
from tests.feature_repo.shops import assert_same, features_of
from tests.support.shop import FIRST_DAY

D = FIRST_DAY + timedelta(days=150)


class Remembering(ShopTables):
    """Keeps nothing computed, so that an expression still reaches down to the stored tables."""

    writes_once = False

    def keep(self, name: str, table: object) -> object:
        return table


def lineage(workspace: Workspace, view: str) -> set[str]:
    """The stored tables a view is computed from."""
    shop = Remembering(workspace, shop_tables.connect(workspace))
    expression = snapshots.expression(catalog.view(view), shop, Snapshot(D))
    return {table.name for table in expression.op().find(ops.DatabaseTable)}


@pytest.mark.parametrize("view", list(catalog.VIEWS))
def test_the_lineage_of_every_view_ends_in_readable_tables(small_shop_readonly: Workspace, view: str) -> None:
    found = lineage(small_shop_readonly, view) - {"excluded"}
    assert ("events" if view == "customer_interests" else "orders") in found
    assert found <= set(READABLE)


def test_readable_tables_are_none_of_the_protected_ones() -> None:
    protected = {name for name, spec in TABLES.items() if spec.protected}
    assert protected == {"protected"}
    assert not protected & set(READABLE)


def test_transforms_cannot_read_protected_attributes(small_shop_readonly: Workspace) -> None:
    shop = shop_tables.tables(small_shop_readonly, shop_tables.connect(small_shop_readonly))
    with pytest.raises(UsageError, match="can't read 'protected'"):
        shop.table("protected")
    assert not shop.has("protected")


def test_no_module_of_features_names_protected_files() -> None:
    for path in Path(catalog.__file__).parent.rglob("*.py"):
        assert "protected_files" not in path.read_text(), path
        assert "protected_dir" not in path.read_text(), path


def test_features_are_the_same_without_the_protected_attributes(small_shop: Workspace) -> None:
    before = features_of(small_shop, "customer_features", D)
    shutil.rmtree(small_shop.protected_dir)
    assert_same(features_of(small_shop, "customer_features", D), before)
