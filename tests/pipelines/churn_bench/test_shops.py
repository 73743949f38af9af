"""The shops of the bench: the same from the same seed, taken in whole, and known by their content."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.errors import StoreError, UsageError
from pipelines.bench.churn import shops
from pipelines.bench.churn.churn_task import collect
from pipelines.bench.churn.invented_buyers import InventedBuyers
from pipelines.bench.contests import public_shops
from pipelines.bench.contests.bench_shop import BenchShop
from pipelines.cli import main

SMALL = InventedBuyers(3, 160, 260, 1 / 12, 1.2, 150, (1.0, 2.0), products=20)


def test_the_same_seed_gives_the_same_shop() -> None:
    few = replace(SMALL, customers=20)
    one, two = few.sold(), few.sold()
    assert one.orders.equals(two.orders)
    assert not one.orders.equals(replace(few, seed=4).sold().orders)


def test_where_sales_fade_the_last_months_have_fewer_orders_of_as_many_customers() -> None:
    fading = replace(SMALL, customers=40, life=None, trend=-2.0, arrive=0.1).sold().orders
    half = fading["ordered_at"].min() + (fading["ordered_at"].max() - fading["ordered_at"].min()) / 2
    assert (fading["ordered_at"] > half).mean() < 0.4


def test_a_packaged_file_of_other_content_is_refused() -> None:
    with pytest.raises(StoreError, match="SHA-256"):
        replace(public_shops.LIFETIMES, sha256="0" * 64).read()


def test_the_example_of_lifetimes_has_its_customers() -> None:
    assert public_shops.lifetimes().orders["customer_id"].nunique() == 5000


def test_an_unknown_shop_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="ta-feng"):
        shops.chosen(["ta-fang"])


def test_public_shops_are_what_runs_where_none_is_named() -> None:
    assert [shop.name for shop in shops.chosen([])] == ["complete-journey", "ta-feng", "lifetimes"]


@pytest.mark.long
def test_the_bench_runs_on_a_small_shop_and_its_peers_know_nothing_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = BenchShop("small", "of this test", (date(2023, 8, 7),), SMALL.sold)
    monkeypatch.setitem(shops.SHOPS, "small", shop)
    options = ["--shop", "small", "--trials", "1", "--peers", "rfm_logistic,base_rate,pareto_nbd"]
    done = CliRunner().invoke(main.build(), ["bench", "churn", *options, "--keep", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    [found] = json.loads(done.stdout)["shops"]
    assert {each["name"] for each in found["candidates"]} == {"served", "rfm_logistic", "base_rate", "pareto_nbd"}
    task = collect(shop.workspace(tmp_path / "small"), date(2023, 8, 7))
    assert task.origins.max().astype(date) == date(2023, 7, 10)
    assert len(task.population) == len(task.customers) == found["customers"]
    assert (task.purchases["t_x"] < task.purchases["age"]).all()
    for fold in task.folds():
        assert (task.origins[fold.score].min() - task.origins[fold.fit].max()).astype(int) >= task.horizon_days
