"""How large a simulated shop is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import UsageError

MOST_CUSTOMERS, MOST_PRODUCTS, MOST_DAYS, MOST_LINES = 100_000_000, 500_000, 3_653, 10_000_000_000
FEWEST_PRODUCTS, USUAL_MOST_PRODUCTS = 20, 100_000


@dataclass(frozen=True)
class ShopSize:
    """So many customers who bought, products, order lines (purchases and returns) and days, and the seed."""

    customers: int
    products: int
    lines: int
    days: int
    seed: int

    @classmethod
    def of(cls, customers: int, lines: int, days: int, seed: int, products: int | None = None) -> ShopSize:
        """Sizes that a shop can have; where `products` is None, as many as shops of so many lines carry.

        Raises:
            UsageError: no shop is like that.
        """
        usual = min(max(round(lines**0.6), FEWEST_PRODUCTS), USUAL_MOST_PRODUCTS) if lines > 0 else FEWEST_PRODUCTS
        products = usual if products is None else products
        limits = {
            "--customers": (customers, 1, MOST_CUSTOMERS),
            "--products": (products, 1, MOST_PRODUCTS),
            "--lines": (lines, 1, MOST_LINES),
            "--days": (days, 1, MOST_DAYS),
            "--seed": (seed, 0, 2**63),
        }
        for option, (value, least, most) in limits.items():
            if not least <= value <= most:
                raise UsageError(f"{option} {value} is not possible", todo=f"give {least:,} to {most:,}")
        if lines < customers:
            why = "every customer of the shop has bought at least once"
            todo = f"give --lines {customers} or more, or fewer customers"
            raise UsageError(f"--lines {lines} are fewer than --customers {customers}", why=why, todo=todo)
        return cls(customers, products, lines, days, seed)

    def first_day(self, last: date) -> date:
        """The first of the days that end with `last`."""
        return last - timedelta(days=self.days - 1)
