"""An invented shop: orders of known customers, products and amounts, in cents, whose exports the platforms write.

What the shop took is counted here, from the orders, by nothing that reads an export.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core import utc

SMALL_RANGE = (
    "Mug, large", "Tea", 'Pan 24" steel', "Crème brûlée torch", "Knife; chef's", "Bowl", "Jug 2x", "Spoon", "Vase",
)  # fmt: skip
_STARTED = datetime(2024, 1, 2, 8, 15, 11)


@dataclass(frozen=True)
class Item:
    """One line of an order; `price` is that of a piece."""

    product: int
    name: str
    quantity: int
    price: int

    @property
    def sku(self) -> str:
        """What the shop calls the product; with zeros that a spreadsheet takes for nothing."""
        return f"{self.product:03d}-A"

    @property
    def cost(self) -> int:
        """Of all pieces."""
        return self.quantity * self.price


@dataclass(frozen=True)
class Sale:
    """An order; `at` is the time on the shop's clock, `customer` None for a guest."""

    number: int
    customer: int | None
    at: datetime
    items: tuple[Item, ...]
    discount: int = 0
    shipping: int = 0

    @property
    def cost(self) -> int:
        """Of all lines, before the discount."""
        return sum(item.cost for item in self.items)

    @property
    def net(self) -> int:
        """Of all lines, after the discount."""
        return self.cost - self.discount


@dataclass(frozen=True)
class InventedShop:
    """A shop whose orders are invented anew from its seed, always the same.

    `unit`: the smallest amount in hundredths of the currency (100 where it has no smaller coin); `every`: the hours
    between two orders, at least and below; `prices`: at least and below; `country` is where it sells to.
    """

    name: str
    zone: str
    currency: str
    country: str
    seed: int = 7
    orders: int = 240
    customers: int = 60
    products: tuple[str, ...] = SMALL_RANGE
    every: tuple[int, int] = (4, 33)
    prices: tuple[int, int] = (199, 120_000)
    unit: int = 1
    discounts: bool = True
    guests: bool = True

    def money(self, amount: int) -> str:
        """An amount as most platforms write it."""
        return money(amount) if self.unit == 1 else str(amount // self.unit)

    def in_utc(self, at: datetime) -> datetime:
        """A time on the shop's clock as UTC."""
        return utc.aware(at.replace(tzinfo=ZoneInfo(self.zone)))

    def sales(self) -> list[Sale]:
        """Its orders, the earliest first; no two lines of an order are about one product."""
        chance = random.Random(self.seed)
        prices = [self._whole(chance.randrange(*self.prices, 7)) for _ in self.products]
        at, made = _STARTED, []
        for index in range(self.orders):
            hours = chance.randrange(*self.every)
            at += timedelta(hours=hours, minutes=chance.randrange(60), seconds=chance.randrange(60))
            made.append(self._sale(chance, 1001 + index, at, prices))
        return made

    def _sale(self, chance: random.Random, number: int, at: datetime, prices: Sequence[int]) -> Sale:
        chosen = chance.sample(range(len(prices)), chance.choice((1, 1, 1, 2, 2, 3, 5)))
        items = tuple(Item(p, self.products[p], chance.choice((1, 1, 1, 2, 3, 12)), prices[p]) for p in chosen)
        share = chance.choice((0, 0, 0, 0.1, 0.333, 1.0))
        guest = chance.random() < 0.1
        return Sale(
            number=number,
            customer=None if self.guests and guest else chance.randrange(self.customers),
            at=at,
            items=items,
            discount=self._whole(round(sum(item.cost for item in items) * share)) if self.discounts else 0,
            shipping=self._whole(chance.choice((0, 495, 495, 990)) * self.unit),
        )

    def _whole(self, amount: int) -> int:
        """What the currency has coins for."""
        return amount // self.unit * self.unit


@dataclass(frozen=True)
class Truth:
    """What a shop's tables have to hold: hundredths by day, and how many lines, orders, customers, units, products."""

    revenue: dict[str, int]
    lines: int
    orders: int
    customers: int
    units: int
    products: int


Told = tuple[Sale, int]
"""A sale as an export tells it, with its revenue."""


def truth(told: Iterable[Told]) -> Truth:
    """What orders with these revenues come to, a line for each of their items."""
    listed = list(told)
    revenue: dict[str, int] = defaultdict(int)
    for sale, amount in listed:
        revenue[f"{sale.at:%Y-%m-%d}"] += amount
    items = [item for sale, _ in listed for item in sale.items]
    return Truth(
        revenue=dict(revenue),
        lines=len(items),
        orders=len({sale.number for sale, _ in listed}),
        customers=len({sale.customer for sale, _ in listed} - {None}),
        units=sum(item.quantity for item in items),
        products=len({item.product for item in items}),
    )


def returned(sale: Sale, number: int) -> Sale:
    """The same pieces as they come back, under another number."""
    items = tuple(Item(item.product, item.name, -item.quantity, item.price) for item in sale.items)
    return Sale(number, sale.customer, sale.at, items, -sale.discount, -sale.shipping)


def money(amount: int) -> str:
    """Hundredths with a point and two digits behind it."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def range_of(nouns: Iterable[str], kinds: Iterable[str], pattern: str = "{noun}, {kind}") -> tuple[str, ...]:
    """The names of many products."""
    kinds = list(kinds)
    return tuple(pattern.format(noun=noun, kind=kind) for noun in nouns for kind in kinds)
