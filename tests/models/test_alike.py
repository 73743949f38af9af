"""Products alike: of the category first, the brand and the price next, and never the product itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.alike import products_alike

KNOWN = pd.DataFrame(
    {
        "category": ["tea"] * 6 + ["coffee"] * 2,
        "department": ["drinks"] * 8,
        "brand": ["own", *["far"] * 4, "own", "own", None],
        "price": [2.0, 2.0, 2.1, 9.0, 9.0, 9.0, 2.0, np.nan],
    },
    index=[f"p{number}" for number in range(8)],
)


def wanted(**attributes: object) -> pd.DataFrame:
    return pd.DataFrame({"category": None, "department": None, "brand": None, "price": np.nan} | attributes, ["new"])


def test_brand_and_price_say_who_is_likest_within_the_category() -> None:
    (found,) = products_alike(wanted(category="tea", brand="own", price=2.0), KNOWN)
    assert found.level == "category"
    assert found.rows[0] == 0
    assert set(found.rows) == set(range(6))
    assert found.weights.sum() == pytest.approx(1)
    assert found.weights[0] == found.weights.max()


@pytest.mark.parametrize(
    ("attributes", "level"),
    [
        ({"category": "coffee", "department": "drinks"}, "department"),
        ({"category": "unheard of", "department": "drinks"}, "department"),
        ({"category": "coffee"}, "shop"),
        ({}, "shop"),
    ],
)
def test_where_a_level_has_few_the_next_answers(attributes: dict[str, object], level: str) -> None:
    (found,) = products_alike(wanted(**attributes), KNOWN)
    assert (found.level, len(found.rows)) == (level, 8)
    if attributes.get("category") == "coffee":
        assert set(found.rows[:2]) == {6, 7}


def test_a_product_is_not_alike_itself() -> None:
    for row, each in enumerate(products_alike(KNOWN, KNOWN, most=3)):
        assert row not in each.rows
        assert len(each.rows) == 3


def test_what_is_told_of_the_alike_is_weighed() -> None:
    (found,) = products_alike(wanted(category="tea"), KNOWN)
    sold = np.array([1.0, 2, 3, 4, 5, 9, 100, 100])
    assert found.mean(sold) == pytest.approx(4)
    assert found.quantile(sold, 0.5) == 3
    (nobody,) = products_alike(wanted(category="tea"), KNOWN.iloc[:0])
    assert np.isnan(nobody.mean(sold[:0]))
