"""How well ids that are one person are found: precision and recall of pairs on an invented shop, by a real ingest."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from core import query_engine, settings_template
from core.workspace import Workspace
from pipelines.bench.invented_people import COUNTRY, HEADER, PeopledShop, invent

PRECISION, RECALL = 0.995, 0.95
"""The goal."""
COLUMNS = {
    "customer_id": "customer",
    "order_id": "order",
    "product_id": "product",
    "ordered_at": "at",
    "quantity": "quantity",
    "revenue": "paid",
}
KEYS = {kind: kind for kind in ("email", "phone", "name", "address")}
_DRAWS = 1000
Counts = list[tuple[int, int]]
"""Right pairs and all pairs of each customer that was found, or of each person that there is."""


@dataclass(frozen=True)
class MeasuredShare:
    """`right` of `all` pairs, with the share's 95% interval: whole persons are drawn again, whose pairs go together."""

    right: int
    all: int
    value: float
    low: float
    high: float

    @property
    def interval(self) -> str:
        """As a person reads it."""
        return f"{self.low:.4f} to {self.high:.4f}"


@dataclass(frozen=True)
class Way:
    """One way of finding persons, measured: which found pairs are right, and which right pairs are found."""

    name: str
    precision: MeasuredShare
    recall: MeasuredShare


def compare_ways(people: int, seeds: Sequence[int]) -> list[Way]:
    """By equal keys alone, and with the model: each by an ingest of the same invented shops, their pairs together."""
    shops = [invent(people, seed) for seed in seeds]
    return [measured(shops, name, model=model) for name, model in (("equal keys", False), ("and the model", True))]


def measured(shops: Sequence[PeopledShop], name: str, **options: object) -> Way:
    """One way: each shop is ingested with these options of `identity`."""
    by_found: Counts = []
    by_true: Counts = []
    for shop in shops:
        with tempfile.TemporaryDirectory(prefix="regulars-") as folder:
            found, true = _counts(shop, customers(Path(folder), shop, **options))
        by_found += found
        by_true += true
    return Way(name, _share(by_found), _share(by_true))


def customers(folder: Path, shop: PeopledShop, **options: object) -> dict[str, str | None]:
    """Ingest an invented shop in a folder; returns whose order each is found to be."""
    from pipelines.ingest import run

    with (folder / "orders.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *shop.rows])
    (folder / "regulars.toml").write_text(settings_template.render())
    mapping = {
        "timezone": "Europe/London",
        "base_currency": "GBP",
        "tables": {"orders": {"from": "orders.csv", "columns": COLUMNS}},
        "identity": {"country": COUNTRY, "tables": {"orders": KEYS}, **options},
    }
    (folder / "mapping.yaml").write_text(yaml.safe_dump(mapping))
    workspace = Workspace.open(folder)
    run(workspace)
    with query_engine.on_tables(workspace) as connection:
        return dict(connection.execute("SELECT order_id, customer_id FROM orders").fetchall())


def _counts(shop: PeopledShop, found: Mapping[str, str | None]) -> tuple[Counts, Counts]:
    """By customer that was found, and by person; units are the shop's ids, and guests' orders."""
    of_unit = {unit: (shop.person[order], found[order] or order) for order, unit in shop.unit.items()}
    together = Counter(of_unit.values())
    return (
        _pairs((customer, size) for (_, customer), size in together.items()),
        _pairs((person, size) for (person, _), size in together.items()),
    )


def _pairs(parts: Iterable[tuple[Hashable, int]]) -> Counts:
    """Of each whole the pairs within its parts, and all its pairs."""
    wholes: dict[Hashable, list[int]] = defaultdict(list)
    for whole, size in parts:
        wholes[whole].append(size)
    return [(sum(map(_pairs_of, sizes)), _pairs_of(sum(sizes))) for sizes in wholes.values()]


def _pairs_of(size: int) -> int:
    return size * (size - 1) // 2


def _share(counts: Counts) -> MeasuredShare:
    numbers = np.array([pairs for pairs in counts if pairs[1]])
    dice = np.random.default_rng(0)
    drawn = [numbers[dice.integers(0, len(numbers), len(numbers))].sum(axis=0) for _ in range(_DRAWS)]
    low, high = np.quantile([right / every for right, every in drawn], (0.025, 0.975))
    right, every = numbers.sum(axis=0)
    return MeasuredShare(int(right), int(every), float(right / every), float(low), float(high))
