"""Which product is due."""

from __future__ import annotations

import pytest

from models.value import replenishment
from models.value.replenishment import Bought


def bought(*products: tuple[str, float, float, float]) -> Bought:
    """(product, purchases, days since the last, days since the first)."""
    return Bought(*map(list, zip(*products, strict=True)), [n for _, n, *_ in products])


def test_a_product_is_due_by_its_own_rhythm_drawn_towards_the_usual_one() -> None:
    (found,) = replenishment.due(bought(("milk", 5, 6, 46)), {"milk": 4.0})
    assert (found.product_id, found.every_days) == ("milk", pytest.approx((4 * 10 + 4) / 5))
    assert found.due_in == pytest.approx(2.8)


@pytest.mark.parametrize(
    ("what", "entry"),
    [
        ("bought just now", ("tea", 5, 1, 101)),
        ("bought twice only", ("tea", 2, 30, 60)),
        ("passed over for long", ("tea", 5, 60, 100)),
        ("always on one day", ("tea", 5, 0, 0)),
    ],
)
def test_what_is_not_due(what: str, entry: tuple[str, float, float, float]) -> None:
    assert replenishment.due(bought(entry), {}) == []


def test_at_most_five_the_most_often_bought_first() -> None:
    many = [(f"p{n}", 3.0 + n, 10.0, 10.0 + 10 * (2 + n)) for n in range(8)]
    assert [each.product_id for each in replenishment.due(bought(*many), {"p7": None})] == [
        "p7",
        "p6",
        "p5",
        "p4",
        "p3",
    ]


def test_nobody_bought_anything() -> None:
    assert replenishment.due(Bought([], [], [], [], []), {}) == []
