"""What the truth says is what happens in the shop; what a scenario plants is really there."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError, UsageError
from models.arrays import Float64Array
from pipelines.simulated_shop.churn_judged import judge_churn
from pipelines.simulated_shop.shop_scenario import ATTRIBUTES
from pipelines.simulated_shop.true_churn import TrueChurn
from tests.pipelines.simulated_shop.conftest import Make, Shop, made
from tests.system.cli import regulars

AS_OF, HORIZON = date(2024, 11, 20), 28
CHANGED = date(2024, 7, 1)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """With contacts that do much, and a group that leaves soon."""
    scenario = {
        "contacts": {"effect": 1.0, "share": 0.5, "every_days": 60},
        "groups": [{"attribute": "age_band", "value": "65+", "churn_rate": 4.0}],
        "lifetimes": {"mean_days": 800},
    }
    folder = tmp_path_factory.mktemp("simulated") / "large"
    return made(folder, customers=4000, lines=120_000, days=500, products=200, scenario=scenario)


@pytest.fixture(scope="module")
def churn(large: Shop) -> pd.DataFrame:
    return TrueChurn.of(large.folder).table(AS_OF, HORIZON)


@pytest.mark.parametrize("column", ["true_probability", "knowable_probability"])
def test_of_those_with_a_probability_as_many_buy_nothing(churn: pd.DataFrame, column: str) -> None:
    p, happened = churn[column].to_numpy(), churn["bought_nothing"].to_numpy(dtype=float)
    for tenth in np.array_split(np.argsort(p), 10):
        expected, deviation = p[tenth].mean(), np.sqrt((p[tenth] * (1 - p[tenth])).sum()) / len(tenth)
        assert abs(happened[tenth].mean() - expected) <= 4 * deviation + 1e-9


def test_who_has_left_buys_nothing_and_knowing_it_tells_most(churn: pd.DataFrame, large: Shop) -> None:
    truth = large.read("truth/customers").set_index("customer_id")["left_on"]
    left = pd.to_datetime(churn["customer_id"].map(truth)) < pd.Timestamp(AS_OF)
    assert (churn.loc[left, "true_probability"] == 1).all()
    assert (churn.loc[left, "bought_nothing"] == 1).all()
    assert churn["knowable_probability"].between(0, 1).all()
    predictions = churn.assign(as_of=AS_OF, churn_probability=churn["knowable_probability"])
    judged = judge_churn(large.folder, predictions, HORIZON)
    assert judged.agreement == pytest.approx(1)
    assert judged.scores["predicted"] == judged.scores["knowable"]
    assert judged.scores["true"][0] > judged.scores["knowable"][0] > 0.7
    assert judged.scores["true"][1] < judged.scores["knowable"][1]


def test_predictions_that_can_not_be_judged_are_refused(churn: pd.DataFrame, large: Shop, tmp_path: Path) -> None:
    rows = churn.assign(as_of=AS_OF, churn_probability=0.5)
    with pytest.raises(DataError, match="no column 'as_of'"):
        judge_churn(large.folder, churn, HORIZON)
    with pytest.raises(DataError, match="of no customer"):
        judge_churn(large.folder, rows.assign(customer_id="x"), HORIZON)
    with pytest.raises(UsageError, match="not within the shop's"):
        judge_churn(large.folder, rows.assign(as_of=date(2024, 12, 24)), HORIZON)
    with pytest.raises(UsageError, match="is no simulated shop"):
        judge_churn(tmp_path, rows, HORIZON)


def test_a_group_that_leaves_sooner_does(large: Shop) -> None:
    protected = large.read("protected")
    old = set(protected.query("attribute == 'age_band' and value == '65+'")["customer_id"])
    truth = large.read("truth/customers")
    ratio = truth.groupby(truth["customer_id"].isin(old))["churn_rate"].mean()
    assert ratio[True] / ratio[False] == pytest.approx(4, rel=0.15)
    gone = 1 - truth.groupby(truth["customer_id"].isin(old))["alive"].mean()
    assert gone[True] > 1.5 * gone[False]
    assert set(protected["value"]) == {value for values in ATTRIBUTES.values() for value in values}


def test_contacts_do_what_the_truth_says(large: Shop) -> None:
    contacts, truth = large.read("contacts"), large.read("truth/customers")
    rounds = contacts.assign(day=contacts["at"].dt.tz_convert("Europe/Berlin").dt.date).merge(truth, on="customer_id")
    orders = large.purchases.drop_duplicates("order_id")[["customer_id", "day"]]
    both = rounds.merge(orders, on="customer_id", suffixes=("", "_bought"))
    after = (pd.to_datetime(both["day_bought"]) - pd.to_datetime(both["day"])).dt.days
    bought = both[(after >= 0) & (after < 28)].groupby(["contact_effect", "treated"]).size()
    asked = rounds.groupby(["contact_effect", "treated"]).size()
    rate = (bought / asked).unstack()
    lift = rate[True] / rate[False] - 1
    assert lift.to_numpy() == pytest.approx(lift.index.to_numpy(), abs=0.35)
    assert 0 in lift.index
    assert np.corrcoef(lift, lift.index)[0, 1] > 0.9


def test_price_cuts_sell_what_the_truth_says(make: Make) -> None:
    scenario = {
        "purchases": {"habitual": 0.0, "tastes": 1},
        "promotions": {"share": 0.1},
        "seasons": {"year": 0.0},
        "products": {"new_share": 0.0, "price_changes": 0.0},
    }
    shop = make(customers=500, lines=120_000, products=50, days=364, scenario=scenario)
    cuts = shop.read("truth/promotions")
    first = shop.scenario.last_day - timedelta(days=363)
    lines = shop.purchases
    week = (pd.to_datetime(lines["day"]) - pd.Timestamp(first)).dt.days // 7
    sold = lines.groupby(["product_id", week]).size().unstack(fill_value=0)
    at = (pd.to_datetime(cuts["starts_on"]) - pd.Timestamp(first)).dt.days // 7
    cut = pd.Series(cuts["lift"].to_numpy(), index=[cuts["product_id"], at])
    popularity = shop.read("truth/products").set_index("product_id")["popularity"]
    weight = pd.DataFrame(1.0, index=sold.index, columns=sold.columns)
    for (product, number), lift in cut.items():
        if product in weight.index:
            weight.loc[product, number] = lift
    taste = shop.read("truth/tastes").set_index("category")["share"]
    category = shop.read("products").set_index("product_id")["category"]
    base = weight.mul(popularity.loc[sold.index] * category.loc[sold.index].map(taste), axis=0)
    expected = base / base.sum() * sold.sum()
    promoted = weight.to_numpy() > 1
    large = promoted & (expected.to_numpy() > 20)
    assert large.sum() > 20
    ratio = sold.to_numpy()[large] / expected.to_numpy()[large]
    assert ratio.mean() == pytest.approx(1, abs=0.05)
    assert np.corrcoef(np.log(sold.to_numpy()[large]), np.log(expected.to_numpy()[large]))[0, 1] > 0.95


def ratio_of(shop: Shop, counted: pd.Series[bool], of: pd.Series[bool]) -> float:
    """How many times more of the lines are counted after the change than before, both as a share of the others."""
    later = pd.to_datetime(shop.purchases["day"]) >= pd.Timestamp(CHANGED)
    odds: Float64Array = np.array([(counted & when).sum() / (of & ~counted & when).sum() for when in (later, ~later)])
    return float(odds[0] / odds[1])


def test_a_regions_rate_changes_on_its_day(make: Make) -> None:
    change = {"since": CHANGED, "what": "purchase_rate", "factor": 3.0, "region": "FR"}
    shop = make(customers=1000, lines=60_000, scenario={"changes": [change]})
    lines = shop.purchases
    assert ratio_of(shop, lines["region"] == "FR", lines["region"] != "") == pytest.approx(3, rel=0.25)
    truth = shop.read("truth/customers")
    changed = truth["purchase_rate_at_end"] / truth["purchase_rate"]
    assert set(changed.round(9)) == {1.0, 3.0}


def test_customers_leave_sooner_from_the_day_on(make: Make) -> None:
    change = {"since": CHANGED, "what": "churn_rate", "factor": 8.0}
    truth = make(customers=2000, lines=20_000, scenario={"changes": [change]}).read("truth/customers")
    left = pd.to_datetime(truth["left_on"]).dropna()
    before = (left < pd.Timestamp(CHANGED)).mean()
    assert before < 0.25


def test_a_category_is_in_demand_from_the_day_on(make: Make) -> None:
    change = {"since": CHANGED, "what": "demand", "factor": 4.0, "category": "category 002"}
    form = {"changes": [change], "products": {"categories": 4, "new_share": 0}, "seasons": {"year": 0}}
    shop = make(lines=40_000, scenario={**form, "purchases": {"habitual": 0.0}})
    category = shop.purchases["product_id"].map(shop.read("products").set_index("product_id")["category"])
    assert ratio_of(shop, category == "category 002", category != "") == pytest.approx(4, rel=0.15)


def test_prices_change_within_four_weeks_of_the_day(make: Make) -> None:
    change = {"since": CHANGED, "what": "price", "factor": 1.5}
    form = {"changes": [change], "products": {"price_changes": 0}, "promotions": {"share": 0}}
    shop = make(scenario=form)
    lines = shop.purchases.query("currency == 'EUR'")
    price = (lines["revenue"] / lines["quantity"]).groupby([lines["product_id"], lines["day"]]).mean().unstack()
    days = pd.to_datetime(pd.Series(price.columns))
    early = price.loc[:, (days < pd.Timestamp(CHANGED)).to_numpy()].mean(axis=1)
    late = price.loc[:, (days >= pd.Timestamp(CHANGED) + pd.Timedelta(days=28)).to_numpy()].mean(axis=1)
    assert (late / early).dropna().to_numpy() == pytest.approx(1.5, abs=0.02)


def test_favourites_are_bought_again_and_again(large: Shop) -> None:
    truth = large.read("truth/customers").set_index("customer_id")["favourites"]
    lines = large.purchases.head(5000)
    favourite = [product in truth[who] for who, product in zip(lines["customer_id"], lines["product_id"], strict=True)]
    assert np.mean(favourite) > 0.45


@pytest.mark.long
def test_a_model_trained_on_a_simulated_shop_ranks_by_the_truth(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    regulars("simulate", shop, "--customers", 2500, "--lines", 60_000, "--days", 500, "--seed", 11)
    quick = {"REGULARS_CHURN__TRIALS": "3"}
    regulars("ingest", folder=shop)
    regulars("train", "churn", "--as-of", AS_OF, folder=shop, **quick)
    regulars("predict", "churn", "--as-of", AS_OF, "--alias", "challenger", "--output", "churn.parquet", folder=shop)
    judged = regulars("bench", "truth", "churn.parquet", "--shop", shop, "--json", folder=shop).document
    scores = {name: each["roc_auc"] for name, each in judged["scores"].items()}
    assert judged["agreement"] > 0.7
    assert 0.7 < scores["predicted"] < scores["knowable"] + 0.02  # more than can be known would be a leak
