"""What is measured of each kind: tiers and rates, NDCG and price levels, errors by region."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score

from core.clock import present
from core.manifest import PROTECTED
from feature_repo import facts
from models.fairness_result import FairnessResult
from monitoring import prices
from monitoring.fairness import measure
from monitoring.recommendation import VALUE_ATTRIBUTE, ndcg
from tests.support.shop import commit
from tests.support.watched import RecencyKind, RecencyModel


class Lists:
    """A recommendation kind whose lists are given."""

    name = "recommendation"

    def __init__(self, choose):
        self.choose = choose

    def predict_file(self, workspace, model, as_of, version, *, mode, k):
        products = [f"{i:03d}" for i in range(47)]
        rows = [
            {"customer_id": f"c{c:03d}", "rank": rank + 1, "product_id": product, "score": 1.0 / (rank + 1)}
            for c in range(160)
            for rank, product in enumerate(self.choose(c, products)[:k])
        ]
        return pd.DataFrame(rows)


class Forecasts:
    """A demand kind that errs by a factor in each region."""

    name = "demand"

    def __init__(self, factors):
        self.factors = factors

    def evaluate(self, workspace, model, as_of):
        ids = [f"category {i}|{region}" for i in range(6) for region in ("north", "south")]
        sold = np.arange(1.0, 13.0)
        wrong = [abs(1 - self.factors[name.split("|")[1]]) for name in ids]
        return pd.DataFrame({"absolute_error": sold * wrong, "sold": sold}, index=pd.Index(ids, name="series_id"))


@pytest.fixture
def start(small_shop):
    return present(small_shop) - timedelta(days=28)


def test_ndcg_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    products = [f"p{i}" for i in range(30)]
    lists, relevant = [], []
    truth, scores = np.zeros((20, 30)), np.zeros((20, 30))
    for c in range(20):
        order = rng.permutation(30)
        lists += [{"customer_id": f"c{c}", "rank": r + 1, "product_id": products[p]} for r, p in enumerate(order[:10])]
        bought = rng.choice(30, rng.integers(1, 15), replace=False)
        relevant += [{"customer_id": f"c{c}", "product_id": products[p]} for p in bought]
        truth[c, bought] = 1
        scores[c, order] = np.arange(30, 0, -1)
    found = ndcg(pd.DataFrame(lists), pd.DataFrame(relevant))
    for c in range(20):
        assert found[f"c{c}"] == pytest.approx(ndcg_score(truth[[c]], scores[[c]], k=10))


def test_who_bought_and_got_no_list_scores_zero():
    lists = pd.DataFrame({"customer_id": ["a"], "rank": [1], "product_id": ["x"]})
    relevant = pd.DataFrame({"customer_id": ["a", "b"], "product_id": ["x", "y"]})
    assert ndcg(lists, relevant).to_dict() == {"a": 1.0, "b": 0.0}


def test_churn_is_judged_by_its_tiers_against_who_came_back(small_shop, start):
    result = measure(small_shop, RecencyKind(), RecencyModel(start), start)
    assert (result.kind, result.as_of, result.until) == ("churn", start, start + timedelta(days=28))
    assert {figure.metric for figure in result.figures} == {
        "selection rate",
        "true positive rate",
        "false positive rate",
    }
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

    result = measure(small_shop, Lists(choose), None, start)
    assert {(f.group, f.metric) for f in result.flagged} >= {("old", "NDCG@10")}
    assert not any(f.metric == "price level" for f in result.flagged)


def test_a_group_that_is_shown_dearer_variants_is_flagged(small_shop, start):
    levels = prices.levels(small_shop, start)
    cheap, dear = (levels[levels < 1].index.tolist(), levels[levels > 1].index.tolist())
    table = pd.DataFrame({"customer_id": [f"c{c:03d}" for c in range(160)], "attribute": "age"})
    commit(small_shop, {PROTECTED: table.assign(value=["old" if c < 80 else "young" for c in range(160)])})
    result = measure(small_shop, Lists(lambda c, products: dear if c < 80 else cheap), None, start)
    assert {f.group for f in result.flagged if f.metric == "price level"} == {"old", "young"}


def test_customer_value_is_shown_and_never_judged(small_shop, start):
    result = measure(small_shop, Lists(lambda c, products: products), None, start)
    value = [figure for figure in result.figures if figure.attribute == VALUE_ATTRIBUTE]
    assert {figure.group for figure in value} == {"low", "middle", "high"}
    assert {figure.verdict for figure in value} == {"not judged"}


def test_demand_without_a_region_says_so(small_shop, start):
    result = measure(small_shop, Forecasts({}), None, start)
    assert result.state == "not measured"
    assert "region" in result.note


def test_demand_is_measured_by_region(small_shop, start):
    settings = small_shop.settings
    demand = settings.demand.model_copy(update={"series": ("category", "region")})
    rules = settings.rules.model_copy(update={"fairness_min_group": 3})
    small_shop.settings = settings.model_copy(update={"demand": demand, "rules": rules})
    result = measure(small_shop, Forecasts({"north": 1.1, "south": 2.0}), None, start)
    values = {figure.group: figure.value for figure in result.figures}
    assert values == {"north": pytest.approx(0.1), "south": pytest.approx(1.0)}
    assert {figure.group for figure in result.flagged} == {"north", "south"}


def test_a_shop_without_protected_attributes_has_nothing_to_measure(small_shop, start, monkeypatch):
    monkeypatch.setattr(type(small_shop.tables), "protected_files", lambda self: [])
    result = measure(small_shop, RecencyKind(), RecencyModel(start), start)
    assert result == FairnessResult("churn", start, start + timedelta(days=28), (), result.note)
    assert "no protected attributes" in result.note
