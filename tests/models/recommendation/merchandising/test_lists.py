"""Rules in lists: what holds of every list in files and requests, whoever asks for whatever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.arrays import BoolArray
from models.recommendation.bound_statistics import BoundStatistics
from models.recommendation.dataset import Dataset
from models.recommendation.history import PurchaseHistories
from models.recommendation.merchandising.bound_rules import RuleSet
from models.recommendation.merchandising.rule import Audience
from models.recommendation.merchandising.rules_file import parse
from models.recommendation.model import Recommender
from models.recommendation.pipeline import RankedLists, RankingQuery
from models.recommendation.profiles import UserProfiles

CUSTOMERS = 16
laws = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NOTHING = np.zeros(0, dtype=np.int64)
Ask = Callable[..., RankedLists]


def rule_set(dataset: Dataset, *lines: str, costs: dict[str, float] | None = None) -> RuleSet:
    rules = parse("rules:\n" + "\n".join(f"  {line}" for line in lines), "rules.yaml").rules
    return RuleSet(1, dataset.as_of, rules, costs or {}, {})


@pytest.fixture(scope="module")
def histories(dataset: Dataset) -> PurchaseHistories:
    return dataset.histories.block(0, CUSTOMERS)


@pytest.fixture(scope="module")
def bound(model: Recommender, dataset: Dataset) -> BoundStatistics:
    return model.bind(dataset.catalogue)


@pytest.fixture(scope="module")
def ask(model: Recommender, bound: BoundStatistics, histories: PurchaseHistories, dataset: Dataset) -> Ask:
    def run(
        rules: RuleSet | None,
        k: int = 10,
        mode: str = "all",
        personal: Sequence[bool] = (True,) * CUSTOMERS,
        audience: Audience = Audience(),  # noqa: B008 - frozen
    ) -> RankedLists:
        query = RankingQuery(k, mode, np.zeros(len(dataset.catalogue), dtype=bool), NOTHING)  # type: ignore[arg-type]
        if rules:
            query = replace(query, rules=rules.bind(dataset.catalogue).in_force(audience))
        return model.rank(bound, UserProfiles(histories, bound.index), np.array(personal), query)

    return run


asked = st.fixed_dictionaries(
    {
        "k": st.sampled_from([1, 5, 10, 60]),
        "mode": st.sampled_from(["all", "new"]),
        "personal": st.lists(st.booleans(), min_size=CUSTOMERS, max_size=CUSTOMERS),
    }
)


written = st.fixed_dictionaries(
    {
        "excluded": st.sets(st.integers(0, 46), max_size=47),
        "pin": st.integers(0, 46),
        "place": st.integers(1, 12),
        "days": st.integers(1, 90),
    }
)


@laws
@given(asked, written)
def test_every_list_keeps_the_rules(ask: Ask, dataset: Dataset, histories: PurchaseHistories, asked, written) -> None:
    excluded, pin, place, days = (written[name] for name in ("excluded", "pin", "place", "days"))
    ids = dataset.catalogue.ids
    gone = ", ".join(f"'{ids[code]}'" for code in sorted(excluded - {pin}))
    lines = [
        f"pin: {{kind: pinned, products: ['{ids[pin]}'], place: {place}}}",
        f"again: {{kind: not_again, days: {days}}}",
    ]
    if gone:
        lines.append(f"gone: {{kind: excluded, products: [{gone}]}}")
    lines.append("mix: {kind: quota, categories: [" + str(dataset.catalogue.texts["category"][0]) + "], at_most: 3}")
    found = ask(rule_set(dataset, *lines), **asked)
    bought = histories.rows
    for row in range(CUSTOMERS):
        own = found.row == row
        products = found.product[own].tolist()
        assert len(set(products)) == len(products)
        assert not set(products) & (excluded - {pin})
        assert found.rank[own].tolist() == list(range(1, len(products) + 1))
        assert (np.diff(found.score[own]) <= 0).all()
        lately = set()
        if asked["personal"][row]:
            mine = bought == row
            lately = set(histories.product[mine & (histories.entries["last_days"] <= days)].tolist())
        assert not set(products) & lately
        ever = set(histories.product[bought == row].tolist()) if asked["mode"] == "new" else set()
        shown = set(range(len(ids))) - (excluded - {pin}) - lately - ever
        same = dataset.catalogue.texts["category"] == dataset.catalogue.texts["category"][0]
        assert same[products[:10]].sum() <= 4
        if pin in shown and place <= asked["k"]:
            assert pin in products
            if place <= len(products) - 1:
                assert products[place - 1] == pin
        if len(products) < asked["k"]:  # all that is left is of the category that may have no more places
            assert asked["k"] <= 10 or set(products) == shown or same[sorted(shown - set(products))].all()


@laws
@given(asked)
def test_rules_about_nothing_that_is_there_change_nothing(ask: Ask, dataset: Dataset, asked) -> None:
    nothing = rule_set(
        dataset,
        "a: {kind: excluded, products: [none]}",
        "b: {kind: pinned, products: [none], place: 1}",
        "c: {kind: boosted, brands: [none], by: 3}",
        "d: {kind: quota, categories: [none], at_most: 0}",
        "e: {kind: minimum_margin, share: 0.9}",
    )
    plain, ruled = ask(None, **asked), ask(nothing, **asked)
    assert ruled.product.tolist() == plain.product.tolist()
    assert ruled.source.tolist() == plain.source.tolist()
    np.testing.assert_allclose(ruled.score, plain.score, atol=1e-4)


def test_a_boost_lifts_and_a_negative_one_lowers(ask: Ask, dataset: Dataset) -> None:
    category = dataset.catalogue.texts["category"][3]
    inside: BoolArray = dataset.catalogue.texts["category"] == category
    shares = [
        inside[ask(rule_set(dataset, f"b: {{kind: boosted, categories: [{category}], by: {by}}}"), k=5).product].mean()
        for by in (-5, 0, 5)
    ]
    assert shares[0] < shares[1] < shares[2]
    assert shares[0] == 0


def test_a_margin_that_is_too_small_keeps_a_product_out(ask: Ask, dataset: Dataset) -> None:
    price = dataset.catalogue.numbers["price"]
    costs = {
        str(each): float(price[code]) * (0.9 if code % 2 else 0.5) for code, each in enumerate(dataset.catalogue.ids)
    }
    found = ask(rule_set(dataset, "m: {kind: minimum_margin, share: 0.2}", costs=costs), k=10)
    assert not (found.product % 2).any()
    assert (np.bincount(found.row) == 10).all()


@pytest.mark.parametrize(
    ("line", "audience", "shown"),
    [
        ("kind: adults_only", Audience(), False),
        ("kind: adults_only", Audience(adult=True), True),
        ("kind: only_in, regions: [north]", Audience("north"), True),
        ("kind: only_in, regions: [north]", Audience(""), False),
        ("kind: only_in, regions: [north]", Audience(), False),
        ("kind: excluded, regions: [north]", Audience("north"), False),
        ("kind: excluded, regions: [north]", Audience(""), True),
        ("kind: excluded, regions: [north]", Audience(), False),
    ],
)
def test_whether_it_is_shown_goes_by_where_and_who(ask: Ask, dataset: Dataset, line, audience, shown) -> None:
    best = dataset.catalogue.ids[dataset.catalogue.popular[0]]
    found = ask(rule_set(dataset, f"r: {{{line}, products: ['{best}']}}"), k=60, audience=audience)
    assert (found.product == dataset.catalogue.popular[0]).any() == shown


def test_a_group_bought_lately_is_not_shown_again(ask: Ask, dataset: Dataset, histories: PurchaseHistories) -> None:
    found = ask(rule_set(dataset, "r: {kind: not_again, days: 60, same: category}"), k=10)
    category = dataset.catalogue.groups["category"]
    for row in range(CUSTOMERS):
        mine = (histories.rows == row) & (histories.product >= 0) & (histories.entries["last_days"] <= 60)
        assert not set(category[histories.product[mine]]) & set(category[found.product[found.row == row]])


def test_a_campaign_gets_its_places(ask: Ask, dataset: Dataset) -> None:
    rare = dataset.catalogue.popular[-4:]
    names = ", ".join(f"'{each}'" for each in dataset.catalogue.ids[rare])
    found = ask(rule_set(dataset, f"campaign: {{kind: quota, products: [{names}], at_least: 2, at_most: 2}}"), k=10)
    inside = np.isin(found.product, rare)
    assert (np.bincount(found.row[inside]) == 2).all()
    assert (found.rule[inside] == 0).any()
