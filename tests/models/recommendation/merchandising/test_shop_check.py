"""Rules against the shop: unknown names, and rules that contradict each other."""

from __future__ import annotations

import pandas as pd
import pytest

from core.errors import RulesError
from models.recommendation.merchandising.rules_file import parse
from models.recommendation.merchandising.shop_check import refuse_what_does_not_fit
from models.recommendation.merchandising.shop_terms import ShopTerms

PRODUCTS = pd.DataFrame(
    {
        "product_id": ["001", "002", "003", "004", "005", "006"],
        "category": ["TEA", "TEA", "TEA", "BEER", "BEER", None],
        "department": ["GROCERY"] * 6,
        "brand": ["A", "B", "A", "B", "A", "B"],
        "unit_cost": [1.0, None, 2.0, 3.0, 1.0, 1.0],
    }
)
SHOP = ShopTerms(PRODUCTS, ("north", "south"))


def check(*lines: str, shop: ShopTerms = SHOP) -> None:
    refuse_what_does_not_fit(parse("rules:\n" + "\n".join(f"  {line}" for line in lines), "rules.yaml"), shop)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a: {kind: excluded, products: ['001', '0O2']}", ["line 2", "names '0O2'", "did you mean '002'?"]),
        ("a: {kind: excluded, categories: [TEE]}", ["products.category", "did you mean 'TEA'?"]),
        ("a: {kind: excluded, brands: [ZZZZZ]}", ["there is: A, B"]),
        ("a: {kind: excluded, brands: [A], regions: [nord]}", ["nobody ordered or lives", "did you mean 'north'?"]),
    ],
)
def test_an_unknown_name_is_said_with_the_nearest(line: str, says: list[str]) -> None:
    with pytest.raises(RulesError) as error:
        check(line)
    for part in says:
        assert part in str(error.value)


def test_a_margin_needs_costs() -> None:
    with pytest.raises(RulesError, match="no product has a unit_cost"):
        check("a: {kind: minimum_margin, share: 0.1}", shop=ShopTerms(PRODUCTS.assign(unit_cost=None), ()))


def test_a_shop_without_regions_may_still_ask_by_region() -> None:
    check("a: {kind: only_in, products: '001', regions: [mars]}", shop=ShopTerms(PRODUCTS, ()))


PIN = "p: {kind: pinned, products: '001', place: 1}"


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (PIN, "x: {kind: excluded, products: '001'}", "what is pinned may not be shown"),
        (PIN, "x: {kind: excluded, categories: [TEA]}", "what is pinned may not be shown"),
        (
            "p: {kind: pinned, products: '001', place: 1, regions: north}",
            "x: {kind: only_in, categories: [TEA], regions: south}",
            "what is pinned may not be shown",
        ),
        (PIN, "q: {kind: pinned, products: ['003', '002'], place: 1}", "both take place 1"),
        (PIN, "q: {kind: pinned, products: '001', place: 2}", "both pin '001'"),
        ("b: {kind: boosted, brands: A, by: 1}", "x: {kind: excluded, departments: GROCERY}", "nothing of what is"),
        ("q: {kind: quota, categories: TEA, at_least: 2}", "x: {kind: excluded, brands: A}", "1 of its products"),
        (
            "q: {kind: quota, categories: TEA, at_least: 3}",
            "r: {kind: quota, departments: GROCERY, at_most: 2}",
            "at_least 3 of products of which at_most is 2",
        ),
        (
            "q: {kind: quota, categories: TEA, at_least: 3, places: 4}",
            "r: {kind: quota, categories: BEER, at_least: 2, places: 4}",
            "together they need 5 of 4 places",
        ),
        (
            "p: {kind: pinned, products: ['001', '002'], place: 1}",
            "q: {kind: quota, categories: TEA, at_most: 1}",
            "2 of the quota's products are pinned",
        ),
        (
            "p: {kind: pinned, products: ['001', '002'], place: 1}",
            "q: {kind: quota, categories: BEER, at_least: 2, places: 3}",
            "others are pinned to all but 1",
        ),
    ],
)
def test_rules_that_can_not_both_hold_are_refused_with_both_named(first: str, second: str, why: str) -> None:
    for lines in ((first, second), (second, first)):
        with pytest.raises(RulesError) as error:
            check(*lines)
        text = str(error.value)
        assert why in text
        assert all(f"rules.{line.partition(':')[0]} " in text for line in lines)
        assert "line 2" in text
        assert "line 3" in text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (PIN, "x: {kind: excluded, products: '001', regions: north}"),
        (PIN[:-1] + ", until: 2017-11-30}", "x: {kind: excluded, products: '001', from: 2017-12-01}"),
        (PIN, "x: {kind: adults_only, products: '001'}"),
        (PIN, "x: {kind: only_in, products: '001', regions: south}"),
        (PIN, "q: {kind: pinned, products: '002', place: 2}"),
        (PIN[:-1] + ", regions: north}", "q: {kind: pinned, products: '002', place: 1, regions: south}"),
        ("b: {kind: boosted, brands: A, by: -1}", "x: {kind: excluded, departments: GROCERY}"),
        (
            "q: {kind: quota, categories: TEA, at_least: 3, places: 4}",
            "r: {kind: quota, brands: A, at_least: 3, places: 4}",
        ),
    ],
)
def test_rules_that_can_both_hold_are_let_through(first: str, second: str) -> None:
    check(first, second)
