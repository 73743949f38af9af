"""What a platform writes of a shop's orders, and what is known to be in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.bench.invented_shop import InventedShop, Sale, Truth

Line = Mapping[str, str]


@dataclass(frozen=True)
class PlatformExport:
    """One version of a platform's export, of one shop.

    `preset` is the name of the preset's file. `order` is the column with an order's number; `moments` are the columns
    with times and how they are written (as strptime says it), `amounts`, `counts` and `ids` those with money, pieces
    and long numbers that name something; `texts` those with words of people. `filled_down`: what is an order's stands
    on its first line only.
    """

    preset: str
    shop: InventedShop
    rows: Callable[[Sequence[Sale]], Sequence[Line]]
    truth: Callable[[Sequence[Sale]], Truth]
    order: str
    moments: Mapping[str, str]
    amounts: Sequence[str]
    counts: Sequence[str] = ()
    ids: Sequence[str] = ()
    texts: Sequence[str] = ()
    filled_down: bool = False
    separator: str = ","
    encoding: str = "utf-8"

    @property
    def name(self) -> str:
        """What the bench calls it: the preset, and the shop's name."""
        return f"{self.preset}/{self.shop.name}"
