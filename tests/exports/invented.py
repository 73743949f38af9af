"""An invented shop: orders of known customers, products and amounts, in cents, whose exports the platforms write."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

NAMES = ("Mug, large", "Tea", 'Pan 24" steel', "Crème brûlée torch", "Knife; chef's", "Bowl", "Jug 2x", "Spoon", "Vase")


@dataclass(frozen=True)
class Item:
    """One line of an order; `price` is that of a piece."""

    product: int
    quantity: int
    price: int

    @property
    def name(self) -> str:
        return NAMES[self.product]

    @property
    def sku(self) -> str:
        return f"00{self.product}-A"

    @property
    def cost(self) -> int:
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
        return sum(item.cost for item in self.items)


@dataclass(frozen=True)
class Truth:
    """What a shop's tables have to hold: cents by day, and how many lines, orders and customers."""

    revenue: dict[str, int]
    lines: int
    orders: int
    customers: int
    units: int


def sales(seed: int = 7, number: int = 240, *, discounts: bool = True, guests: bool = True) -> list[Sale]:
    """Orders of half a year; no two lines of an order are about one product."""
    chance = random.Random(seed)
    prices = [chance.randrange(199, 120_000, 7) for _ in NAMES]
    made = []
    at = datetime(2024, 1, 2, 8, 15, 11)
    for index in range(number):
        at += timedelta(hours=chance.randrange(4, 33), minutes=chance.randrange(60), seconds=chance.randrange(60))
        chosen = chance.sample(range(len(NAMES)), chance.choice((1, 1, 1, 2, 2, 3, 5)))
        items = tuple(Item(p, chance.choice((1, 1, 1, 2, 3, 12)), prices[p]) for p in chosen)
        cost = sum(item.cost for item in items)
        made.append(
            Sale(
                number=1001 + index,
                customer=None if guests and chance.random() < 0.1 else chance.randrange(60),
                at=at,
                items=items,
                discount=round(cost * chance.choice((0, 0, 0, 0.1, 0.333, 1.0))) if discounts else 0,
                shipping=chance.choice((0, 495, 495, 990)),
            )
        )
    return made


def truth(told: Iterable[tuple[Sale, int]], lines: int | None = None, units: int | None = None) -> Truth:
    """What orders with these revenues come to; `lines` and `units` where they are not those of all their items."""
    listed = list(told)
    revenue: dict[str, int] = defaultdict(int)
    for sale, cents in listed:
        revenue[f"{sale.at:%Y-%m-%d}"] += cents
    return Truth(
        revenue=dict(revenue),
        lines=sum(len(sale.items) for sale, _ in listed) if lines is None else lines,
        orders=len({sale.number for sale, _ in listed}),
        customers=len({sale.customer for sale, _ in listed} - {None}),
        units=sum(item.quantity for sale, _ in listed for item in sale.items) if units is None else units,
    )


def money(cents: int) -> str:
    """An amount as most platforms write it."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
