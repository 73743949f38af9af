"""`regulars simulate` from outside: what it writes is taken in as it is, and what can't be is refused."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from core.errors import StoreError
from pipelines.simulated_shop import simulate as the_simulation
from pipelines.simulated_shop.month_files import GrowingFile
from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.shop_size import ShopSize
from tests.docs import pages
from tests.system.cli import regulars

SMALL = ("--customers", 60, "--lines", 1500, "--days", 200)


def test_a_shop_is_taken_in_as_it_is_every_row_of_it(tmp_path: Path) -> None:
    document = regulars("simulate", tmp_path / "shop", *SMALL, "--json").document
    assert document["lines"] == 1500
    assert document["next"] == f"regulars ingest --workspace {tmp_path / 'shop'}"
    report = regulars("ingest", "--json", folder=tmp_path / "shop").document
    tables = {table["table"]: table for table in report["tables"]}
    assert len(tables) == 8
    assert all(table["read"] == table["added"] > 0 and not table["quarantined"] for table in tables.values())
    assert tables["orders"]["added"] == 1500


def test_an_empty_folder_is_filled_and_a_full_one_left_alone(tmp_path: Path) -> None:
    regulars("simulate", ".", *SMALL, folder=tmp_path)
    before = sorted(tmp_path.rglob("*"))
    refused = regulars("simulate", ".", *SMALL, folder=tmp_path, code=2)
    assert "holds something already" in refused.err
    assert sorted(tmp_path.rglob("*")) == before
    assert not [path for path in tmp_path.parent.iterdir() if path.name.startswith(f".{tmp_path.name}")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--customers", 0), "--customers 0 is not possible; give 1 to"),
        (("--lines", 5, "--customers", 6), "--lines 5 are fewer than --customers 6"),
        (("--days", 0), "--days 0 is not possible"),
        (("--days", 99_999), "give 1 to 3,653"),
        (("--products", 0), "--products 0 is not possible"),
        (("--seed", -1), "--seed -1 is not possible"),
        (("--scenario", "none.yaml"), "none.yaml can't be read"),
    ],
)
def test_a_shop_that_can_not_be_is_refused(tmp_path: Path, options: tuple[Any, ...], said: str) -> None:
    refused = regulars("simulate", tmp_path / "shop", *options, folder=tmp_path, code=2)
    assert said in refused.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seasns: {}", "unknown key 'seasns'; did you mean 'seasons'?"),
        ("seasons: {yeer: 0.1}", "unknown key 'seasons.yeer'; did you mean 'year'?"),
        ("regions: [{name: DE, share: 1, curency: EUR}]", "unknown key 'regions.0.curency'; did you mean 'currency'?"),
        ("regions: [{name: DE, share: 1, currency: USD}]", "currencies has no rate of USD"),
        ("returns: {share: 0.9}", "returns.share = 0.9 is not possible"),
        ("timezone: Mars/Base", "there is no time zone 'Mars/Base'"),
        ("groups: [{attribute: gendr, value: female}]", "there is no attribute 'gendr': did you mean 'gender'?"),
        ("groups: [{attribute: gender, value: femal}]", "gender has no value 'femal': did you mean 'female'?"),
        ("changes: [{since: 2024-06-01, what: churn, factor: 2}]", "changes.0.what = 'churn' is not possible"),
        ("changes: [{since: 2024-06-01, what: price, factor: 2, region: DE}]", "price is the products'"),
        ("changes: [{since: 2024-06-01, what: churn_rate, factor: 2, region: DK}]", "there is no region 'DK'"),
        (
            "changes: [{since: 2024-06-01, what: demand, factor: 2, category: category 02}]",
            "there is no category 'category 02': did you mean",
        ),
        ("- 1", "it holds no mapping"),
        ("a: [", "line 1"),
    ],
)
def test_a_scenario_that_can_not_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(text)
    refused = regulars("simulate", tmp_path / "shop", "--scenario", file, code=2)
    assert said in refused.err
    assert list(tmp_path.iterdir()) == [file]


def test_the_documented_scenario_holds_the_defaults() -> None:
    (text,) = pages.blocks(pages.DOCS / "simulation.md", "yaml")
    written = yaml.safe_load(text)
    assert ShopScenario.model_validate(written).groups
    assert ShopScenario.model_validate(written | {"groups": [], "changes": []}) == ShopScenario()


def small_shop(folder: Path) -> None:
    the_simulation.simulate(folder, ShopSize.of(60, 1500, 200, 7), ShopScenario())


def test_a_disk_too_small_is_found_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the disk is too small"):
        the_simulation.simulate(tmp_path / "shop", ShopSize.of(10, 10_000_000_000, 30, 7), ShopScenario())
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(GrowingFile, "add", full)
    with pytest.raises(StoreError, match=r"the disk is full.*nothing was kept"):
        small_shop(tmp_path / "shop")
    assert list(tmp_path.iterdir()) == []
