"""What holds of every simulated shop, whatever its size and scenario."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.simulated_shop import block_totals, line_drawing
from pipelines.simulated_shop.chance import generator, spread
from tests.pipelines.simulated_shop.conftest import Make, Shop, made

SCENARIOS = st.fixed_dictionaries(
    {},
    optional={
        "returns": st.fixed_dictionaries({"share": st.sampled_from([0.0, 0.04, 0.45])}),
        "purchases": st.fixed_dictionaries(
            {"lines_per_order": st.sampled_from([1.0, 3.0, 50.0]), "habitual": st.sampled_from([0.0, 0.5, 1.0])}
        ),
        "lifetimes": st.fixed_dictionaries(
            {"mean_days": st.sampled_from([0.5, 30.0, 5000.0]), "there_at_start": st.sampled_from([0.0, 0.5, 1.0])}
        ),
        "products": st.fixed_dictionaries({"categories": st.sampled_from([1, 3, 40]), "new_share": st.just(1.0)}),
        "promotions": st.fixed_dictionaries({"share": st.sampled_from([0.0, 0.5])}),
        "contacts": st.fixed_dictionaries({"every_days": st.just(7), "share": st.sampled_from([0.0, 1.0])}),
        "changes": st.just([{"since": "2024-12-25", "what": "churn_rate", "factor": 100.0}]),
    },
)


def check(shop: Shop, customers: int, lines: int) -> None:
    """Every law at once."""
    orders, people = shop.orders, shop.read("customers")
    truth = shop.read("truth/customers").set_index("customer_id")
    bought, back = orders.query("quantity > 0"), orders.query("quantity < 0")
    assert len(orders) == lines
    assert len(bought) + len(back) == lines
    assert len(people) == customers == people["customer_id"].nunique() == len(truth)
    assert set(bought["customer_id"]) == set(people["customer_id"])
    assert not orders.duplicated(["order_id", "line_id"]).any()
    assert set(orders["product_id"]) <= set(shop.read("products")["product_id"])
    assert (bought.groupby("order_id")[["customer_id", "ordered_at"]].nunique() == 1).all().all()
    assert (bought["revenue"] >= 0).all()
    assert (orders["discount"] >= 0).all()
    assert orders["day"].max() <= shop.scenario.last_day
    their = truth.loc[bought["customer_id"]]
    left = pd.to_datetime(their["left_on"]).to_numpy()
    days = pd.to_datetime(bought["day"]).to_numpy()
    assert (np.isnat(left) | (days <= left)).all()
    assert (days >= pd.to_datetime(their["first_purchase_on"]).to_numpy()).all()
    launched = shop.read("products").set_index("product_id")["launched_on"]
    on = pd.to_datetime(launched.loc[bought["product_id"]]).to_numpy()
    assert (np.isnat(on) | (on <= days)).all()
    _check_returns(bought, back)


def _check_returns(bought: pd.DataFrame, back: pd.DataFrame) -> None:
    """What comes back was bought before, by the same customer, as many pieces for the same money, and once."""
    parts = back["order_id"].str.extract(r"r(\d+)-(\d+)")
    keys = "o" + parts[0] + "/" + parts[1].str.lstrip("0")
    assert not keys.duplicated().any()
    sold = bought.set_index(bought["order_id"] + "/" + bought["line_id"]).loc[keys]
    for name in ("customer_id", "product_id", "currency", "channel", "region"):
        assert (sold[name].to_numpy() == back[name].to_numpy()).all()
    assert (sold["quantity"].to_numpy() == -back["quantity"].to_numpy()).all()
    assert (sold["revenue"].to_numpy() == -back["revenue"].to_numpy()).all()
    assert (sold["ordered_at"].to_numpy() < back["ordered_at"].to_numpy()).all()


SIZES = st.fixed_dictionaries(
    {"customers": st.integers(1, 60), "days": st.integers(1, 120), "products": st.integers(1, 60)}
)


@given(SIZES, st.integers(0, 400), st.integers(0, 2**63), SCENARIOS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_shop_keeps_to_the_laws(size: dict[str, int], more: int, seed: int, scenario: dict[str, object]) -> None:
    customers = size["customers"]
    with tempfile.TemporaryDirectory() as folder:
        shop = made(Path(folder) / "shop", lines=customers + more, seed=seed, scenario=scenario, **size)
        check(shop, customers, customers + more)


def test_the_usual_shop_keeps_to_them(usual: Shop) -> None:
    check(usual, 400, 12_000)


@pytest.mark.parametrize(("block", "at_once"), [(7, 1_000_000), (20_000, 50), (7, 50)])
def test_many_blocks_and_parts_keep_to_them(
    make: Make, monkeypatch: pytest.MonkeyPatch, block: int, at_once: int
) -> None:
    monkeypatch.setattr(block_totals, "LARGEST_BLOCK", block)
    monkeypatch.setattr(line_drawing, "LINES_AT_ONCE", at_once)
    check(make(customers=50, lines=2000), 50, 2000)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_and_another_another_shop(make: Make) -> None:
    first, again, other = (digests(make(str(n), lines=3000, seed=n % 2).folder) for n in (0, 2, 1))
    assert first == again
    same = {name for name in first if first[name] == other.get(name)}
    assert same == {"mapping.yaml", "regulars.toml", "calendar.parquet", "truth/days.parquet"}


def test_few_products_sell_most_and_few_customers_buy_most(usual: Shop) -> None:
    lines = usual.purchases
    for name in ("product_id", "customer_id"):
        counts = lines[name].value_counts()
        assert counts.head(len(counts) // 5).sum() > 0.5 * len(lines)


def test_the_shop_is_open_by_its_own_clock(usual: Shop) -> None:
    lines = usual.purchases
    hours = lines["ordered_at"].dt.tz_convert("Europe/Berlin").dt.hour
    assert hours.between(6, 22).all()
    closed = {f"{day:%m-%d}" for day in lines["day"]} & set(usual.scenario.seasons.closed)
    assert closed == set()


@given(st.integers(0, 3000), st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.integers(0, 99))
def test_counts_come_to_their_sum_and_fall_where_weights_are(total: int, weights: list[float], seed: int) -> None:
    weights[0] += 1e-3
    counts = spread(generator(seed, "test"), total, np.array(weights))
    assert counts.sum() == total
    assert (counts >= 0).all()
    assert all(count == 0 for count, weight in zip(counts, weights, strict=True) if weight == 0)


def test_counts_are_those_of_a_multinomial() -> None:
    weights = np.array([1.0, 2.0, 7.0])
    drawn = np.array([spread(generator(seed, "test"), 50, weights) for seed in range(4000)])
    share = weights / 10
    assert drawn.mean(axis=0) == pytest.approx(50 * share, abs=0.2)
    assert np.cov(drawn.T) == pytest.approx(50 * (np.diag(share) - np.outer(share, share)), abs=0.6)
