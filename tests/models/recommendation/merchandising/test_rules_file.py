"""`rules.yaml`: what is wrong is said with the line, the key and the nearest valid name."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import RulesError
from core.workspace import Workspace
from models.recommendation.merchandising.kinds_of_rules import RULE_KINDS
from models.recommendation.merchandising.rules_file import MOST_QUOTAS, load, parse


def rules(*lines: str) -> str:
    return "rules:\n" + "\n".join(f"  {line}" for line in lines)


def test_ids_stay_as_they_are_written() -> None:
    (rule,) = parse(rules("recall: {kind: excluded, products: [007, 1e3, '12', no]}"), "rules.yaml").rules
    assert rule.products == ("007", "1e3", "12", "no")


def test_rules_work_in_the_order_of_their_kinds_then_of_the_file() -> None:
    text = rules(
        "z: {kind: pinned, products: a, place: 1}",
        "b: {kind: excluded, products: b}",
        "a: {kind: excluded, products: c}",
        "m: {kind: minimum_margin, share: 0.1}",
    )
    assert [rule.name for rule in parse(text, "rules.yaml").rules] == ["b", "a", "m", "z"]


def test_both_days_count() -> None:
    text = rules("a: {kind: excluded, products: b, from: 2017-12-01, until: 2017-12-24}")
    (rule,) = parse(text, "rules.yaml").rules
    days = [date(2017, 11, 30), date(2017, 12, 1), date(2017, 12, 24), date(2017, 12, 25)]
    assert [rule.counts_on(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize("text", ["", "rules:", "rules: {}", "# nothing yet"])
def test_no_rules_are_rules(text: str) -> None:
    assert parse(text, "rules.yaml").rules == ()


def test_without_a_file_there_are_none(small_shop_readonly: Workspace) -> None:
    assert load(small_shop_readonly) is None


@pytest.mark.parametrize("kind", RULE_KINDS, ids=lambda kind: kind.kind)
def test_the_example_of_each_kind_is_one(kind) -> None:
    (rule,) = parse(rules(f"example: {kind.example}"), "docs").rules
    assert type(rule) is kind


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules: [", ["rules.yaml, line 1", "not valid YAML"]),
        ("- a", ["it holds no mapping"]),
        ("rulez: {}", ["line 1", "unknown key 'rulez'", "did you mean 'rules'?"]),
        ("rules: [a]", ["rules holds no mapping", "needs a name"]),
        (rules("a: excluded"), ["line 2", "rules.a holds no mapping"]),
        (rules("a: {products: b}"), ["rules.a.kind is missing", "excluded"]),
        (rules("a: {kind: exclude, products: b}"), ["line 2", "did you mean 'excluded'?"]),
        (rules("a:", "  kind: excluded", "  product: b"), ["line 4", "rules.a.product", "did you mean 'products'?"]),
        (rules("a: {kind: excluded}"), ["it names no products"]),
        (rules("a: {kind: only_in, products: b}"), ["regions is missing"]),
        (rules("a: {kind: minimum_margin}"), ["share or amount is missing"]),
        (rules("a: {kind: minimum_margin, share: 15}"), ["rules.a.share = '15'", "less than 1"]),
        (rules("a: {kind: not_again}"), ["rules.a.days is missing"]),
        (rules("a: {kind: not_again, days: soon}"), ["rules.a.days = 'soon'"]),
        (rules("a: {kind: boosted, brands: b, by: nan}"), ["rules.a.by"]),
        (rules("a: {kind: pinned, categories: b, place: 1}"), ["a place is one product's"]),
        (rules("a: {kind: pinned, products: b, place: 0}"), ["rules.a.place = '0'"]),
        (rules("a: {kind: quota, brands: b}"), ["at_least or at_most is missing"]),
        (rules("a: {kind: quota, brands: b, at_least: 3, at_most: 2}"), ["at_most 2 is less than at_least 3"]),
        (rules("a: {kind: quota, brands: b, at_least: 11}"), ["more than the 10 places"]),
        (rules("a: {kind: excluded, brands: b, from: 2017-13-01}"), ["rules.a.from = '2017-13-01'"]),
        (rules("a: {kind: excluded, brands: b, from: 2017-12-02, until: 2017-12-01}"), ["until 2017-12-01 lies"]),
        (rules("a: {kind: excluded, brands: b}", "a: {kind: excluded, brands: c}"), ["line 3", "stands twice"]),
        (rules("'': {kind: excluded, brands: b}"), ["is no name"]),
        (rules(*(f"q{n}: {{kind: quota, brands: b, at_most: 3}}" for n in range(MOST_QUOTAS + 1))), ["61 quotas"]),
    ],
)
def test_what_is_wrong_is_said(text: str, says: list[str]) -> None:
    with pytest.raises(RulesError) as error:
        parse(text, "rules.yaml")
    for part in says:
        assert part in str(error.value)
