"""`regulars product-selection`: from a shop's tables and a buyer's file to a list, and what it says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from core.workspace import Workspace
from tests.pipelines import field
from tests.support.shop import make_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_shop(tmp_path_factory.mktemp("launching") / "shop", customers=60, days=200)


def test_offers_are_scored_even_where_the_shop_has_never_launched_anything(shop: Workspace, tmp_path: Path) -> None:
    offers = pd.DataFrame({"product_id": ["n1", "n2", "000"], "category": "category 1", "list_price": [2.0, 3.0, 1.0],
                           "unit_cost": [1.0, 2.9, 0.5]})  # fmt: skip
    offers.to_csv(tmp_path / "offers.csv", index=False)
    files = ("--candidates", str(tmp_path / "offers.csv"), "--output", str(tmp_path / "new.csv"))
    told = json.loads(field.command(shop, "product-selection", *files, "--json").output.splitlines()[-1])
    rows = pd.read_csv(tmp_path / "new.csv")
    assert list(rows["product_id"]) == ["n1", "n2"], "the one with the margin comes first, all else being equal"
    assert told["left_out"]["sold already"] == 1
    assert told["launches_over"] == 0
    assert rows["missing"].str.contains("success").all()


def test_without_a_file_and_without_unsold_products_there_is_nothing_to_choose(shop: Workspace, tmp_path: Path) -> None:
    said = field.command(shop, "product-selection", "--output", str(tmp_path / "new.csv"))
    assert (said.exit_code, "there is no candidate" in said.output) == (1, True)


def test_stop_loss_takes_no_candidates(shop: Workspace, tmp_path: Path) -> None:
    words = ("--stop-loss", "--candidates", "x.csv", "--output", str(tmp_path / "stop.csv"))
    said = field.command(shop, "product-selection", *words)
    assert (said.exit_code, "takes no --candidates" in said.output) == (2, True)
