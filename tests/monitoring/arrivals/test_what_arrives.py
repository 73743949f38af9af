"""What arrives: weeks like the others raise nothing, and each way in which a source breaks is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import utc
from core.tables import Tables
from core.workspace import Workspace
from feature_repo.contract import TABLES
from monitoring import quality
from monitoring.arrivals import feed_rhythm
from monitoring.results import QualityCheck
from tests.support.shop import FIRST_DAY, commit, empty_workspace

WEEKS = 22
AS_OF = FIRST_DAY + timedelta(days=7 * WEEKS)
LAST_WEEK = pd.Timestamp(AS_OF - timedelta(days=7))


def orders(seed: int = 1) -> pd.DataFrame:
    """Forty baskets of one to three lines on each day, of 300 customers, 60 products and 8 stores."""
    rng = np.random.default_rng(seed)
    baskets = rng.poisson(40, 7 * WEEKS)
    day = np.repeat(np.arange(7 * WEEKS), baskets)
    frame = pd.DataFrame(
        {"day": day, "customer": rng.integers(0, 300, len(day)), "lines": rng.integers(1, 4, len(day))}
    )
    frame["order_id"] = [f"o{number}" for number in range(len(frame))]
    frame = frame.loc[frame.index.repeat(frame["lines"])].reset_index(drop=True)
    product = rng.integers(0, 60, len(frame))
    quantity = rng.integers(1, 4, len(frame)).astype(float)
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:03d}" for number in frame["customer"]],
            "order_id": frame["order_id"],
            "product_id": [f"{number:03d}" for number in product],
            "ordered_at": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(frame["day"] * 24 + 12, unit="h"),
            "quantity": quantity,
            "revenue": quantity * (1.0 + product % 7),
            "discount": np.where(rng.random(len(frame)) < 0.3, 0.2, 0.0),
            "currency": "GBP",
            "store_id": [f"s{number % 8}" for number in frame["customer"]],
        }
    )


def products() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product_id": [f"{number:03d}" for number in range(60)],
            "name": [f"product {number}" for number in range(60)],
            "category": [f"category {number % 6}" for number in range(60)],
        }
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("arrivals") / "workspace"
    empty_workspace(root)
    return root


def looked_at(root: Path, lines: pd.DataFrame) -> dict[str, QualityCheck]:
    workspace = Workspace.open(root)
    commit(workspace, {"orders": lines, "products": products()})
    return {check.check: check for check in quality.shop(Workspace.open(root), AS_OF)}


def failed(root: Path, lines: pd.DataFrame) -> set[str]:
    return {name for name, check in looked_at(root, lines).items() if not check.passed}


@pytest.mark.parametrize("seed", range(4))
def test_a_week_like_the_others_raises_nothing(template: Path, seed: int) -> None:
    assert failed(template, orders(seed)) == set()


def without(column: str, share: float = 1.0) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def plant(lines: pd.DataFrame) -> pd.DataFrame:
        chosen = np.random.default_rng(0).random(len(lines)) < share
        return lines.assign(**{column: lines[column].where(~chosen)})

    return plant


def scaled(column: str, factor: float, of: str | None = None) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def plant(lines: pd.DataFrame) -> pd.DataFrame:
        category = "category " + (lines["product_id"].astype(int) % 6).astype(str)
        inside = category == of if of else pd.Series(data=True, index=lines.index)
        return lines.assign(**{column: lines[column].where(~inside, lines[column] * factor)})

    return plant


def only(keep: Callable[[pd.DataFrame], pd.Series]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda lines: lines[keep(lines)]


PLANTED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "a fifth of the lines lose their customer": (without("customer_id", 0.2), "guests"),
    "discounts become null": (without("discount"), "no_discount"),
    "products lose their ids": (without("product_id"), "no_product"),
    "product ids are those of another system": (
        lambda lines: lines.assign(product_id="x" + lines["product_id"]),
        "unknown_products",
    ),
    "one category in another unit": (scaled("quantity", 100, "category 2"), "moved_quantities"),
    "the largest store is gone": (only(lambda lines: lines["store_id"] != "s0"), "silent_stores"),
    "a category is gone": (only(lambda lines: lines["product_id"].astype(int) % 6 != 3), "silent_categories"),
    "half of the customers stop": (
        only(lambda lines: lines["customer_id"].str[1:].astype(int) % 16 < 8),
        "week_customers",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_breaks_in_the_last_week_is_named(template: Path, name: str) -> None:
    plant, expected = PLANTED[name]
    lines = orders()
    now = lines["ordered_at"] >= LAST_WEEK
    found = looked_at(template, pd.concat([lines[~now], plant(lines[now])], ignore_index=True))
    broken = {each for each, check in found.items() if not check.passed}
    assert expected in broken
    assert found[expected].since == AS_OF - timedelta(days=7)
    assert len(broken) <= 3


def test_a_store_that_is_gone_says_what_share_of_the_revenue_it_had(template: Path) -> None:
    lines = orders()
    here = (lines["ordered_at"] < LAST_WEEK) | (lines["store_id"] != "s0")
    check = looked_at(template, lines[here])["silent_stores"]
    assert check.touched is not None
    assert check.touched.revenue_share == pytest.approx(1 / 8, abs=0.03)
    assert "s0" in str(check.says)


def test_a_young_shop_is_not_judged_and_says_how_many_weeks_it_takes(template: Path) -> None:
    lines = orders()
    young = lines[lines["ordered_at"] >= pd.Timestamp(AS_OF - timedelta(days=21))]
    found = looked_at(template, young)
    assert not [name for name, check in found.items() if not check.passed]
    assert not found["guests"].judged
    assert not found["silent_stores"].judged


@pytest.mark.parametrize(
    ("read", "today", "silent"),
    [
        pytest.param(0, 1, False, id="read today, looked at tomorrow"),
        pytest.param(0, 30, True, id="read while it was live, and nothing for a month"),
        pytest.param(900, 901, False, id="a past that was read long after it ended"),
    ],
)
def test_a_feed_is_silent_by_the_wall_clock_whatever_the_shop_s_clock_says(
    template: Path, monkeypatch: pytest.MonkeyPatch, read: int, today: int, silent: bool
) -> None:
    workspace = Workspace.open(template)
    commit(workspace, {"orders": orders(), "products": products()})
    days = [AS_OF - timedelta(days=back) + timedelta(days=read) for back in (2, 1, 0)]
    monkeypatch.setattr(Tables, "arrivals", lambda self, name: [utc.text(_noon(day)) for day in days])
    monkeypatch.setattr(feed_rhythm.utc, "now", lambda: _noon(AS_OF + timedelta(days=today)))
    found = {check.check: check for check in quality.shop(Workspace.open(template), AS_OF)}
    assert TABLES["orders"].kind == "fact"
    assert found["feed"].passed is not silent


def _noon(day: date) -> datetime:
    return utc.aware(datetime(day.year, day.month, day.day, 12))
