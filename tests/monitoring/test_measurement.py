"""What is measured of each kind: tiers and rates, NDCG and price levels, errors by region and store."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from core.clock import present
from core.manifest import PROTECTED
from core.settings import Rules
from feature_repo import facts, store
from models.fairness_result import FairnessResult
from models.kinds import kind
from models.recommendation import batch, customer_bounds
from models.recommendation.dataset import Dataset
from models.recommendation.metrics import K
from models.recommendation.rankers import MODES
from monitoring import prices, recommendation, rules
from monitoring.churn import CALIBRATION
from monitoring.fairness import measure
from monitoring.list_fairness import EXPLORE, FILLED, NEW_PLACES, VALUE_ATTRIBUTE
from tests.support.shop import commit
from tests.support.watched import RecencyKind, RecencyModel


def recommended(workspace, start, choose):
    """The figures of lists that are given: `choose` orders the products for each customer."""
    products = [f"{i:03d}" for i in range(47)]
    rows = [
        {"customer_id": f"c{c:03d}", "rank": rank + 1, "product_id": product}
        for c in range(160)
        for rank, product in enumerate(choose(c, products)[:10])
    ]
    lists = pd.DataFrame(rows)
    return recommendation.figures(workspace, Dataset.load(workspace, start), {"all": lists, "new": lists})


def listed(customers, choose):
    """Lists of ten: `choose` orders the products for each customer."""
    rows = [
        {"customer_id": name, "rank": rank + 1, "product_id": product}
        for name in customers
        for rank, product in enumerate(choose(name)[:10])
    ]
    return pd.DataFrame(rows)


class Forecasts:
    """A demand kind that errs by a factor in each place."""

    name = "demand"

    def __init__(self, factors):
        self.factors = factors

    def evaluate(self, workspace, model, as_of):
        ids = [f"category {i}|{place}" for i in range(6) for place in self.factors]
        sold = np.arange(1.0, len(ids) + 1)
        wrong = [abs(1 - self.factors[name.partition("|")[2]]) for name in ids]
        return pd.DataFrame({"absolute_error": sold * wrong, "sold": sold}, index=pd.Index(ids, name="series_id"))


def with_series(workspace, *keys, fewest=3):
    """Let the shop's demand be of these keys."""
    settings = workspace.settings
    demand = settings.demand.model_copy(update={"series": keys})
    rules = settings.rules.model_copy(update={"fairness_min_group": fewest})
    workspace.settings = settings.model_copy(update={"demand": demand, "rules": rules})


@pytest.fixture
def start(small_shop):
    return present(small_shop) - timedelta(days=28)


def test_churn_is_judged_by_its_tiers_against_who_came_back(small_shop, start):
    result = measure(small_shop, RecencyKind(), RecencyModel(start), start)
    assert (result.kind, result.as_of, result.until) == ("churn", start, start + timedelta(days=28))
    assert {figure.metric for figure in result.figures} == {
        "selection rate",
        "true positive rate",
        "false positive rate",
        CALIBRATION,
    }
    assert {f.verdict for f in result.figures if f.metric == CALIBRATION} <= {"not judged", "too few to judge"}
    scores = RecencyKind().predict_file(small_shop, RecencyModel(start), start, "-")
    selected = sum(round((f.value or 0) * f.n) for f in result.figures if f.metric == "selection rate")
    assert selected == (scores["risk_tier"] >= 1).sum()


def test_recommendations_that_fail_one_group_are_flagged(small_shop, start):
    bought = facts.purchases(small_shop, start, start + timedelta(days=28))
    wanted = bought.groupby("customer_id")["product_id"].apply(list).to_dict()
    old = {f"c{c:03d}" for c in range(0, 160, 2)}
    ages = [("old" if f"c{c:03d}" in old else "young") for c in range(160)]
    table = pd.DataFrame({"customer_id": [f"c{c:03d}" for c in range(160)], "attribute": "age", "value": ages})
    commit(small_shop, {PROTECTED: table})

    def choose(c, products):
        name = f"c{c:03d}"
        hits = [] if name in old else wanted.get(name, [])
        return [*hits, *[product for product in products if product not in wanted.get(name, [])]]

    flagged = [figure for figure in recommended(small_shop, start, choose) if figure.verdict == "flagged"]
    assert {(f.group, f.metric) for f in flagged} >= {("old", "NDCG@10")}
    assert not any(f.metric == "price level" for f in flagged)


def test_a_group_that_is_shown_dearer_variants_is_flagged(small_shop, start):
    levels = prices.levels(small_shop, start)
    cheap, dear = (levels[levels < 1].index.tolist(), levels[levels > 1].index.tolist())
    table = pd.DataFrame({"customer_id": [f"c{c:03d}" for c in range(160)], "attribute": "age"})
    commit(small_shop, {PROTECTED: table.assign(value=["old" if c < 80 else "young" for c in range(160)])})
    found = recommended(small_shop, start, lambda c, products: dear if c < 80 else cheap)
    assert {f.group for f in found if f.verdict == "flagged" and f.metric == "price level"} == {"old", "young"}


def test_customer_value_is_shown_and_never_judged(small_shop, start):
    found = recommended(small_shop, start, lambda c, products: products)
    value = [figure for figure in found if figure.attribute == VALUE_ATTRIBUTE]
    assert {figure.group for figure in value} == {"low", "middle", "high"}
    assert {figure.verdict for figure in value} <= {"not judged", "too few to judge"}
    everybody = [figure for figure in value if figure.metric in {"price level", "variety", FILLED, NEW_PLACES}]
    assert {figure.verdict for figure in everybody} == {"not judged"}


def test_lists_of_what_was_never_bought_stand_apart_and_block_nothing(small_shop, start):
    old = [f"c{c:03d}" for c in range(80)]
    ages = ["old" if f"c{c:03d}" in old else "young" for c in range(160)]
    customers = [f"c{c:03d}" for c in range(160)]
    commit(small_shop, {PROTECTED: pd.DataFrame({"customer_id": customers, "attribute": "age", "value": ages})})
    dataset, products = Dataset.load(small_shop, start), [f"{i:03d}" for i in range(47)]
    levels = prices.levels(small_shop, start)
    cheap, dear = levels[levels < 1].index.tolist(), levels[levels > 1].index.tolist()
    usual = listed(customers, lambda customer: products)
    explored = listed(customers, lambda customer: dear if customer in old else cheap)
    found = recommendation.figures(small_shop, dataset, {"all": usual, "new": explored})
    price = {figure.metric: figure for figure in found if (figure.attribute, figure.group) == ("age", "old")}
    assert price["price level"].verdict == "ok"
    assert price[f"price level{EXPLORE}"].verdict == "not judged"
    assert price[f"price level{EXPLORE}"].low > 1.18
    assert not [figure for figure in found if figure.verdict == "flagged"]
    assert {figure.metric for figure in found if figure.attribute == "age"} >= {
        f"{name}{ending}" for name in ("NDCG@10", "price level", "variety", FILLED) for ending in ("", EXPLORE)
    }


def test_exposure_of_customers_is_what_their_lists_hold_beside_their_habits(small_shop, start):
    dataset = Dataset.load(small_shop, start)
    owned = {
        name: dataset.catalogue.ids[dataset.owned[row].indices] for row, name in enumerate(dataset.histories.customers)
    }
    never = {name: np.setdiff1d(dataset.catalogue.ids, own) for name, own in owned.items()}
    spent = facts.spent(small_shop, start - timedelta(days=365), start).reindex(dataset.histories.customers).fillna(0)
    high = set(spent.rank(pct=True, method="first").loc[lambda share: share > 2 / 3].index)
    lists = listed(list(owned), lambda name: [*(never[name][:4] if name in high else never[name][:1]), *owned[name]])
    found = recommendation.figures(small_shop, dataset, {"all": lists})
    new = {figure.group: figure for figure in found if figure.metric == NEW_PLACES}
    assert new["high"].value == pytest.approx(np.mean([min(4, len(never[name])) for name in high]) / 10)
    state = rules.value_tiers("recommendation", FairnessResult("recommendation", start, start, tuple(found)), Rules())[
        0
    ]
    assert state.status == ("alert" if new["high"].ratio > 3 else "ok")


def test_products_are_shown_by_how_new_they_are_and_by_brand(small_shop, start):
    dataset = Dataset.load(small_shop, start)
    lists = listed([f"c{c:03d}" for c in range(160)], lambda name: dataset.catalogue.ids.tolist())
    found = [
        f for f in recommendation.figures(small_shop, dataset, {"all": lists}) if f.attribute.startswith("product")
    ]
    assert all(figure.verdict in {"not judged", "too few to judge"} for figure in found)
    for attribute in {figure.attribute for figure in found}:
        shown = [f for f in found if (f.attribute, f.metric) == (attribute, "exposure")]
        assert sum(figure.n * figure.value for figure in shown) == pytest.approx(10_000)


def test_a_shop_without_protected_attributes_still_shows_values_and_is_not_measured(small_shop, start, monkeypatch):
    monkeypatch.setattr(type(small_shop.tables), "protected_files", lambda self: [])
    dataset = Dataset.load(small_shop, start)
    model = kind("recommendation").baselines(small_shop, start)["popularity"]
    found = measure(small_shop, kind("recommendation"), model, dataset.as_of)
    assert found.state == "not measured"
    assert {figure.attribute for figure in found.figures} >= {VALUE_ATTRIBUTE}
    assert FairnessResult.from_json(found.to_json()) == found


def test_demand_without_a_place_says_what_it_would_take(small_shop, start):
    result = measure(small_shop, Forecasts({}), None, start)
    assert result.state == "not measured"
    assert "neither region nor store_id" in str(result.note)


@pytest.mark.parametrize(("key", "attribute"), [("region", "region"), ("store_id", "store")])
def test_demand_is_measured_by_region_and_by_store(small_shop, start, key, attribute):
    with_series(small_shop, "category", key)
    result = measure(small_shop, Forecasts({"north": 1.1, "south": 2.0}), None, start)
    assert {figure.attribute for figure in result.figures} == {attribute}
    values = {figure.group: figure.value for figure in result.figures}
    assert values == {"north": pytest.approx(0.1), "south": pytest.approx(1.0)}
    assert {figure.group for figure in result.flagged} == {"north", "south"}


def test_demand_of_stores_in_regions_is_measured_by_each(small_shop, start):
    with_series(small_shop, "category", "store_id", "region")
    result = measure(
        small_shop, Forecasts({"1|north": 1.1, "2|north": 1.1, "3|south": 1.1, "4|south": 3.0}), None, start
    )
    groups = {(figure.attribute, figure.group) for figure in result.figures}
    assert groups == {("region", "north"), ("region", "south"), *(("store", name) for name in "1234")}
    assert ("store", "4", "wMAPE") in result.flags


def test_a_store_of_too_few_series_is_shown_and_says_how_many_it_needs(small_shop, start):
    with_series(small_shop, "category", "store_id", fewest=8)
    result = measure(small_shop, Forecasts(dict.fromkeys("abc", 1.1) | {"new": 3.0}), None, start)
    (store,) = (figure for figure in result.figures if figure.group == "new")
    assert (store.verdict, store.n, store.needs) == ("too few to judge", 6, 2)
    assert result.flagged == ()


def test_a_shop_without_protected_attributes_has_nothing_to_measure(small_shop, start, monkeypatch):
    monkeypatch.setattr(type(small_shop.tables), "protected_files", lambda self: [])
    result = measure(small_shop, RecencyKind(), RecencyModel(start), start)
    assert result == FairnessResult("churn", start, start + timedelta(days=28), (), result.note)
    assert "no protected attributes" in str(result.note)


def test_fairness_of_lists_is_that_of_lists_made_for_it_alone(small_shop_readonly):
    """It takes the lists that the evaluation has made, and adds those of customers without a history."""
    of_lists, start = kind("recommendation"), present(small_shop_readonly) - timedelta(days=28)
    with small_shop_readonly.pinned() as shop:
        model = of_lists.baselines(shop, start)["item_item"]
        of_lists.evaluate(shop, model, start)
        found = measure(shop, of_lists, model, start)
        dataset = Dataset.load(shop, start, customer_bounds.JUDGED)
        others = batch.strangers(shop, dataset)
        plain = batch.lists_by_mode(shop, model, dataset, MODES, K, others=others)
        expected = recommendation.figures(shop, dataset, plain)
    assert len(found.figures) == len(expected) > 0
    for one, other in zip(found.figures, expected, strict=True):
        assert (one.attribute, one.group, one.metric, one.n) == (other.attribute, other.group, other.metric, other.n)
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


@pytest.mark.parametrize("name", ["churn", "value", "recommendation"])
def test_performance_and_fairness_share_one_evaluation(name, small_shop_readonly, monkeypatch):
    asked, start = kind(name), present(small_shop_readonly) - timedelta(days=28)
    rows, historical = [], store.historical
    monkeypatch.setattr(store, "historical", lambda *given: rows.append(given) or historical(*given))
    with small_shop_readonly.pinned() as shop:
        model = next(iter(asked.baselines(shop, start).values()))
        first = asked.evaluate(shop, model, start)
        first.iloc[0, 0] = 123.0
        read = len(rows)
        again = asked.evaluate(shop, model, start)
        assert len(rows) == read
        assert again.iloc[0, 0] != 123.0
        pd.testing.assert_frame_equal(again.iloc[1:], first.iloc[1:])
        asked.evaluate(shop, model, start - timedelta(days=7))
        assert len(rows) > read
