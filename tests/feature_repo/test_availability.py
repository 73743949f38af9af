"""Which products can't be had now."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from core.workspace import Workspace
from feature_repo.availability import unavailable
from tests.support.shop import commit, empty_workspace


@pytest.mark.parametrize(("values", "gone"), [([None, None], set()), ([True, False], {"b"}), ([False, None], {"a"})])
def test_only_what_is_said_not_to_be_available_is_gone(small_shop: Workspace, values: list, gone: set) -> None:
    commit(small_shop, {"products": pd.DataFrame({"product_id": ["a", "b"], "available": values})})
    assert unavailable(small_shop) == gone


def test_a_shop_without_products_has_everything(tmp_path: Path) -> None:
    assert unavailable(empty_workspace(tmp_path / "shop")) == frozenset()
