"""What is measured of each kind: tiers and rates, NDCG and price levels, errors by region."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from core.clock import present
from core.manifest import PROTECTED
from feature_repo import facts
from models.fairness_result import FairnessResult
from models.recommendation.dataset import Dataset
from monitoring import prices, recommendation
from monitoring.fairness import measure
from monitoring.recommendation import VALUE_ATTRIBUTE
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
    return recommendation.figures(workspace, Dataset.load(workspace, start), pd.DataFrame(rows))


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
    assert {figure.verdict for figure in value} == {"not judged"}


def test_demand_without_a_region_says_so(small_shop, start):
    result = measure(small_shop, Forecasts({}), None, start)
    assert result.state == "not measured"
    assert "region" in str(result.note)


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
    assert "no protected attributes" in str(result.note)
