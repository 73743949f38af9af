"""Simulated shops, written once a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipelines.simulated_shop.shop_scenario import ShopScenario
from pipelines.simulated_shop.shop_size import ShopSize
from pipelines.simulated_shop.simulate import simulate


@dataclass(frozen=True)
class Shop:
    """A simulated shop's folder, read."""

    folder: Path
    scenario: ShopScenario

    def read(self, name: str) -> pd.DataFrame:
        """A table, or one of the truth: `truth/customers`."""
        place = self.folder / name
        files = sorted(place.glob("*.parquet")) if place.is_dir() else [place.with_suffix(".parquet")]
        return pd.concat([pq.read_table(file, partitioning=None).to_pandas() for file in files], ignore_index=True)

    @property
    def orders(self) -> pd.DataFrame:
        """The order lines, with the shop's day."""
        lines = self.read("orders")
        return lines.assign(day=lines["ordered_at"].dt.tz_convert(self.scenario.timezone).dt.date)

    @property
    def purchases(self) -> pd.DataFrame:
        """The lines that give nothing back."""
        return self.orders.query("quantity > 0")


Make = Callable[..., Shop]


def made(
    folder: Path,
    *,
    customers: int = 400,
    lines: int = 12_000,
    days: int = 365,
    seed: int = 7,
    products: int | None = None,
    scenario: Mapping[str, Any] | None = None,
) -> Shop:
    """A shop with these sizes; the rest is what a scenario's file would hold."""
    form = ShopScenario.model_validate(scenario or {})
    simulate(folder, ShopSize.of(customers, lines, days, seed, products), form)
    return Shop(folder, form)


@pytest.fixture(scope="session")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop without anything planted."""
    return made(tmp_path_factory.mktemp("simulated") / "usual")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a shop in a folder of the test."""

    def shop(name: str = "shop", **given: Any) -> Shop:
        return made(tmp_path / name, **given)

    return shop
