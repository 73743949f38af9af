"""A shop that a bench runs on: its orders, its settings, and the dates it is asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from core import settings_template
from core.workspace import SETTINGS_FILE, Workspace
from pipelines import ingest
from pipelines.initialise import initialise
from pipelines.sources import complete_journey


@dataclass(frozen=True)
class SoldLines:
    """What a shop sold: `orders` with the columns that the contract requires, and its products where it has any."""

    orders: pd.DataFrame
    products: pd.DataFrame | None = None


@dataclass(frozen=True)
class BenchShop:
    """A shop by name; `as_of` are the dates whose windows are over, `lines` reads what it sold (None: embedded data).

    `settings` are those that differ from the defaults, by section: a shop of four months has no room for them.
    """

    name: str
    about: str
    as_of: tuple[date, ...]
    lines: Callable[[], SoldLines] | None = None
    zone: str = "UTC"
    currency: str = "USD"
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def workspace(self, root: Path) -> Workspace:
        """Its workspace with everything ingested; one that is there already is used as it is.

        Raises:
            NotReady: the package that ships its data can't be had.
        """
        if not (root / SETTINGS_FILE).exists():
            self._make(root)
        workspace = Workspace.open(root)
        ingest.run(workspace)
        return workspace

    def _make(self, root: Path) -> None:
        if self.lines is None:
            initialise(root, source=complete_journey.NAME)
            return
        sold = self.lines()
        root.mkdir(parents=True, exist_ok=True)
        tables = {"orders": _table(root, "orders", sold.orders, self.zone)}
        if sold.products is not None:
            tables["products"] = _table(root, "products", sold.products)
        mapping = {"timezone": self.zone, "base_currency": self.currency, "tables": tables}
        (root / "mapping.yaml").write_text(yaml.safe_dump(mapping))
        # Last: a root with settings counts as whole.
        (root / SETTINGS_FILE).write_text(
            settings_template.render({name: dict(section) for name, section in self.settings.items()})
        )


def _table(root: Path, name: str, frame: pd.DataFrame, zone: str | None = None) -> dict[str, Any]:
    frame.to_parquet(root / f"{name}.parquet", index=False)
    told: dict[str, Any] = {"from": f"{name}.parquet", "columns": {column: column for column in frame.columns}}
    return told | ({"timestamps": {"zone": zone}} if zone else {})
