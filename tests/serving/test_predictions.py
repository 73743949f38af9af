"""Each endpoint answers from a model and the online store, in the shape the document says, and says what is missing."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from core import clock
from core.consents import Consents
from core.event_log import EventLog
from core.workspace import Workspace
from feature_repo import dictionary, store
from models.demand.acceptance import Acceptances, Totals
from models.kinds import kind
from models.recommendation.history import IDS
from models.recommendation.merchandising import applied_rules
from models.segments.membership import standing
from models.value.worth import worth
from serving.endpoints import ENDPOINTS
from tests.serving.conftest import Shop, open_shop
from tests.serving.test_openapi import hold
from tests.support.price_panel import make_responses
from tests.support.shop import commit

CUSTOMERS = [f"c{number:03d}" for number in range(160)]
BODIES: dict[str, Any] = {
    "/v1/churn": {"customer_ids": ["c001", "nobody", "c001"], "explain": True},
    "/v1/recommendations": {"customer_id": "c001"},
    "/v1/similar": {"product_id": "003"},
    "/v1/bundles": {"product_id": "003"},
    "/v1/audience": {"product_id": "003", "size": 20},
    "/v1/demand": {"series": [{"category": "category 1"}]},
    "/v1/customers": {"customer_ids": ["c001", "nobody"]},
    "/v1/events": {"events": [{"customer_id": "c001", "kind": "view"}]},
    "/v1/feedback": {"prediction_id": "0" * 32, "outcome": {"bought": True}},
    "/v1/jobs": {"model": "demand"},
}
FIXED = [endpoint for endpoint in ENDPOINTS if endpoint.place is None]
"""Those whose address names nothing; tests/serving/test_jobs.py holds the others to the document."""


@pytest.mark.parametrize("endpoint", FIXED, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_every_endpoint_answers_as_documented(shop: Shop, endpoint: Any) -> None:
    path = endpoint.path
    answer = shop.get(path) if endpoint.method == "GET" else shop.post(path, BODIES[path])
    assert answer.status_code == 200, answer.text
    hold(answer, path, endpoint.method.lower())


def test_a_forecast_needs_no_review_once_a_reviewer_has_accepted_it(
    served: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_RULES__REVIEW_UNITS", "0.5")
    workspace = Workspace.open(served.root)
    both = {"series": [{"category": "category 1"}, {"category": "category 2"}]}
    for shop in open_shop(workspace):
        before = shop.post("/v1/demand", both).json()["results"]
        assert [result["needs_review"] for result in before] == [True, True]
        as_of = clock.present(workspace)
        totals = Totals("1", as_of, 28, shop.runtime.forecasts.now.totals)
        Acceptances(workspace).accept(totals, ["category 1"], "maria", "as every year")
        shop.runtime.background.round()
        after = shop.post("/v1/demand", both).json()["results"]
        assert [result["needs_review"] for result in after] == [False, True]


def test_churn_online_is_churn_in_the_batch_file(shop: Shop) -> None:
    workspace, model = shop.workspace, shop.runtime.champions.get(kind("churn")).model
    file = kind("churn").predict_file(workspace, model, clock.present(workspace), "1")
    results = shop.post("/v1/churn", {"customer_ids": file["customer_id"].tolist()}).json()["results"]
    online = pd.DataFrame(results)
    for column in ("churn_probability", "risk_score", "risk_tier"):
        assert online[column].tolist() == pytest.approx(file[column].tolist(), abs=1e-6)


def test_churn_tells_what_a_contact_is_expected_to_save_as_a_list_would(shop: Shop) -> None:
    workspace, asked = shop.workspace, [*CUSTOMERS[:20], "nobody"]
    valued, contacts = shop.runtime.champions.get(kind("value")), workspace.settings.contacts
    features = store.matrix(workspace, "churn_v1", clock.present(workspace)).set_index("customer_id")
    model = valued.model if valued is not None and valued.fallback is None else None
    worths = pd.Series(worth(model, features, contacts.worth_days), features.index)
    results = shop.post("/v1/churn", {"customer_ids": asked}).json()["results"]
    told = {result["customer_id"]: result["expected_value_saved"] for result in results if result["fallback"] is None}
    assert told
    for result in results:
        if result["fallback"] is None:
            expected = result["churn_probability"] * worths[result["customer_id"]]
            expected *= contacts.save_rate * contacts.margin
            assert told[result["customer_id"]] == pytest.approx(expected, rel=1e-6)
    assert results[-1]["expected_value_saved"] is None


def test_results_come_in_the_order_asked_and_the_unknown_get_the_rate_of_the_population(shop: Shop) -> None:
    answer = shop.post("/v1/churn", {"customer_ids": ["c002", "nobody", "c001", "c002"]}).json()
    results = answer["results"]
    assert [result["customer_id"] for result in results] == ["c002", "nobody", "c001", "c002"]
    assert results[0] == results[3]
    assert results[1]["fallback"] == "population"
    assert results[1]["churn_probability"] == shop.runtime.champions.get(kind("churn")).model.population_rate
    assert (answer["model"], answer["version"], answer["variant"]) == ("churn", "1", "champion")


def test_reasons_are_given_when_asked_for(shop: Shop) -> None:
    without = shop.post("/v1/churn", {"customer_ids": ["c001"]}).json()["results"][0]
    explained = shop.post("/v1/churn", {"customer_ids": ["c001"], "explain": True}).json()["results"][0]
    assert without["reasons"] == []
    effects = [abs(reason["effect"]) for reason in explained["reasons"]]
    assert effects == sorted(effects, reverse=True)
    assert effects
    assert all(reason["text"] and reason["cause"] for reason in explained["reasons"])
    chance = explained["churn_probability"]
    odds = explained["base"] + sum(cause["effect"] for cause in explained["causes"])
    assert odds == pytest.approx(math.log(chance / (1 - chance)), abs=1e-3)
    assert (without["base"], without["causes"]) == (None, [])


def test_whoever_left_long_ago_is_marked_inactive(shop: Shop) -> None:
    results = shop.post("/v1/churn", {"customer_ids": CUSTOMERS}).json()["results"]
    fallbacks = {result["fallback"] for result in results}
    assert fallbacks == {None, "inactive"}
    left = [r["churn_probability"] for r in results if r["fallback"] == "inactive"]
    stayed = [r["churn_probability"] for r in results if r["fallback"] is None]
    assert min(left) > sum(stayed) / len(stayed)


def test_tiers_and_actions_follow_the_score(shop: Shop) -> None:
    for result in shop.post("/v1/churn", {"customer_ids": CUSTOMERS}).json()["results"]:
        score = result["risk_score"]
        tier = 3 if score >= 96 else 2 if score >= 86 else 1 if score >= 70 else 0
        assert (result["risk_tier"], result["action"]) == (tier, shop.workspace.settings.churn.actions[tier])
        assert result["action_reason"] is None


def test_nobody_is_contacted_who_did_not_allow_marketing_online_and_in_the_file(served: Workspace) -> None:
    rows = [
        (customer, purpose, purpose == "profiling" or number % 2 == 0)
        for number, customer in enumerate(CUSTOMERS)
        for purpose in ("profiling", "marketing")
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "purpose", "granted"])
    commit(served, {"consents": frame.assign(at=pd.Timestamp("2024-02-01"))})
    for shop in open_shop(served):
        model = shop.runtime.champions.get(kind("churn")).model
        file = kind("churn").predict_file(served, model, clock.present(served), "1")
        results = shop.post("/v1/churn", {"customer_ids": file["customer_id"].tolist()}).json()["results"]
        assert [result["action"] for result in results] == file["action"].tolist()
        refused = [result for result in results if int(result["customer_id"][1:]) % 2]
        assert {(r["action"], r["action_reason"]) for r in refused} == {("none", "no_marketing_consent")}
        assert any(result["risk_tier"] > 0 for result in refused)
        assert {r["action_reason"] for r in results if int(r["customer_id"][1:]) % 2 == 0} == {None}


def ids(answer: Any) -> list[str]:
    return [result["product_id"] for result in answer.json()["results"]]


def test_recommendations_keep_to_k_and_to_what_is_excluded(shop: Shop) -> None:
    ten = ids(shop.post("/v1/recommendations", {"customer_id": "c001", "k": 10}))
    assert len(ten) == len(set(ten)) == 10
    assert ids(shop.post("/v1/recommendations", {"customer_id": "c001", "k": 3})) == ten[:3]
    without = ids(shop.post("/v1/recommendations", {"customer_id": "c001", "k": 10, "exclude": ten[:4]}))
    assert not set(without) & set(ten[:4])
    basket = ids(shop.post("/v1/recommendations", {"customer_id": "c001", "k": 10, "basket": ten[:1]}))
    assert ten[0] not in basket


def test_new_products_were_never_bought(shop: Shop) -> None:
    found = shop.runtime.features.read("recommendation_v1", "customer_id", ["c001"])
    bought = set(found.columns["product_ids"][0])
    new = ids(shop.post("/v1/recommendations", {"customer_id": "c001", "k": 10, "mode": "new"}))
    assert new
    assert not set(new) & bought


@pytest.mark.parametrize("mode", ["all", "new"])
def test_recommendations_online_are_those_of_the_batch_file(shop: Shop, mode: str) -> None:
    workspace, model = shop.workspace, shop.runtime.champions.get(kind("recommendation")).model
    file = kind("recommendation").predict_file(workspace, model, clock.present(workspace), "1", mode=mode)
    assert file["customer_id"].nunique() == len(CUSTOMERS)
    for customer, expected in file.groupby("customer_id"):
        answer = shop.post("/v1/recommendations", {"customer_id": customer, "mode": mode}).json()["results"]
        assert [each["product_id"] for each in answer] == expected["product_id"].tolist()
        assert [each["source"] for each in answer] == expected["source"].tolist()
        assert [each["score"] for each in answer] == pytest.approx(expected["score"].tolist(), abs=1e-5)


@pytest.mark.parametrize("customer", ["nobody", None])
def test_the_unknown_and_guests_get_what_sells_best(shop: Shop, customer: str | None) -> None:
    answer = shop.post("/v1/recommendations", {"customer_id": customer, "k": 5})
    assert len(ids(answer)) == 5
    assert {result["fallback"] for result in answer.json()["results"]} == {"popular"}


def test_without_the_store_nobody_is_called_unknown(shop: Shop) -> None:
    for file in shop.workspace.feast_dir.glob("online.db*"):
        file.unlink()
    for customer in ("c001", "nobody"):
        for path, body in (
            ("/v1/churn", {"customer_ids": [customer]}),
            ("/v1/customers", {"customer_ids": [customer]}),
            ("/v1/recommendations", {"customer_id": customer, "k": 3}),
        ):
            results = shop.post(path, body).json()["results"]
            assert {result["fallback"] for result in results} == {"no_features"}, path
    guest = shop.post("/v1/recommendations", {"customer_id": None, "k": 3}).json()["results"]
    assert {result["fallback"] for result in guest} == {"popular"}


def test_who_bought_nothing_that_can_be_recommended_gets_what_sells_best(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bought = set(shop.runtime.features.read(kind("recommendation").service, "customer_id", ["c001"]).columns[IDS][0])
    table = shop.runtime.champions.get(kind("recommendation")).model.item_statistics.catalogue.frame()
    assert len(bought) < len(table)
    monkeypatch.setattr(shop.runtime.products, "columns", table[~table["product_id"].isin(bought)].to_dict("list"))
    results, guest = (
        shop.post("/v1/recommendations", {"customer_id": customer, "k": 5}).json()["results"]
        for customer in ("c001", None)
    )
    assert {result["fallback"] for result in results} == {"popular"}
    assert [result["product_id"] for result in results] == [result["product_id"] for result in guest]


def test_similar_products_exclude_the_product_and_an_unknown_one_gets_what_sells_best(shop: Shop) -> None:
    assert "003" not in ids(shop.post("/v1/similar", {"product_id": "003", "k": 40}))
    unknown = shop.post("/v1/similar", {"product_id": "none", "k": 4}).json()["results"]
    assert {result["fallback"] for result in unknown} == {"unknown_product"}
    assert len(unknown) == 4


def test_fewer_similar_products_than_were_asked_for_say_why(shop: Shop) -> None:
    assert shop.post("/v1/similar", {"product_id": "003", "k": 2}).json()["shortfall"] is None
    every = shop.post("/v1/similar", {"product_id": "003", "k": 1000}).json()
    assert every["shortfall"].startswith(f"{len(every['results'])} products are known to be similar")
    unknown = shop.post("/v1/similar", {"product_id": "none", "k": 1000}).json()
    assert unknown["shortfall"].startswith(f"there are {len(unknown['results'])} products that may be recommended")


def test_demand_online_is_demand_in_the_batch_file(shop: Shop) -> None:
    workspace, model = shop.workspace, shop.runtime.champions.get(kind("demand")).model
    file = kind("demand").predict_file(workspace, model, clock.present(workspace), "1")
    names = sorted(file["category"].unique())
    results = shop.post("/v1/demand", {"series": [{"category": name} for name in names]}).json()["results"]
    for name, result in zip(names, results, strict=True):
        expected, days = file[file["category"] == name], pd.DataFrame(result["forecast"])
        assert days["date"].tolist() == [day.isoformat() for day in expected["date"]]
        for column in ("mean", "q05", "q25", "q50", "q75", "q95"):
            assert days[column].tolist() == pytest.approx(expected[column].tolist(), abs=1e-6)


def test_demand_tells_the_days_and_quantiles_that_were_asked_for(shop: Shop) -> None:
    body = {"series": [{"category": "category 1"}], "horizon": 7, "quantiles": [0.5]}
    days = shop.post("/v1/demand", body).json()["results"][0]["forecast"]
    present = clock.present(shop.workspace)
    assert [day["date"] for day in days] == [(present + timedelta(days=n)).isoformat() for n in range(7)]
    assert set(days[0]) == {"date", "mean", "q50"}


def test_demand_tells_levels_and_the_risk_of_running_out_where_stock_is_known(shop: Shop) -> None:
    series = {"series": [{"category": "category 1"}, {"category": "no such"}]}
    before, unknown = shop.post("/v1/demand", series).json()["results"]
    assert 0 < before["reorder_point"] < before["order_up_to"]
    assert before["stockout_risk"] is None
    assert (unknown["reorder_point"], unknown["order_up_to"], unknown["stockout_risk"]) == (None, None, None)
    day = clock.present(shop.workspace) - timedelta(days=1)
    commit(shop.workspace, {"stock": pd.DataFrame({"product_id": ["001"], "date": [day], "on_hand": [0.0]})})
    shop.runtime.forecasts.refresh(shop.runtime.champions.get(kind("demand")))
    after = shop.post("/v1/demand", series).json()["results"][0]
    assert after["stockout_risk"] > 0.9
    assert (after["reorder_point"], after["order_up_to"]) == (before["reorder_point"], before["order_up_to"])


def test_demand_is_explained_in_units_that_add_up(shop: Shop) -> None:
    series = [{"category": "category 1"}, {"category": "no such"}]
    known, unknown = shop.post("/v1/demand", {"series": series, "horizon": 7, "explain": True}).json()["results"]
    for day in known["forecast"]:
        assert sum(day["parts"].values()) == pytest.approx(day["mean"], abs=1e-6)
        assert set(day["parts"]) == {"counting"}  # a baseline serves here
    assert all(day["parts"] is None for day in unknown["forecast"])


@pytest.mark.fault(
    "bodies", "a forecast asked for of a series that nobody knows", "null for each day, not 0; it says so"
)
def test_of_an_unknown_series_nothing_is_told(shop: Shop) -> None:
    body = {"series": [{"category": "no such"}], "horizon": 3, "quantiles": [0.05, 0.95]}
    answer = shop.post("/v1/demand", body).json()
    (result,) = answer["results"]
    assert result["fallback"] == "unknown_series"
    assert [(day["mean"], day["q05"], day["q95"]) for day in result["forecast"]] == [(None, None, None)] * 3
    shop.runtime.predictions.close()
    (line,) = shop.runtime.predictions.lines([answer["prediction_id"]])
    assert (line["value"], line["fallback"]) == (None, "unknown_series")


def test_more_series_than_can_be_explained_at_once_are_refused(shop: Shop) -> None:
    many = [{"category": f"category {n}"} for n in range(21)]
    answer = shop.post("/v1/demand", {"series": many, "explain": True})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "explain")
    assert shop.post("/v1/demand", {"series": many}).status_code == 200


@pytest.fixture
def priced(shop: Shop) -> Iterator[Shop]:
    """The shop with responses to its prices: of category 1 known, of category 2 unknown."""
    kept = shop.runtime.forecasts.kept
    before = kept[0].outlook
    responses = replace(make_responses(), ids=("category 1",))
    shop.runtime.forecasts.kept = (replace(kept[0], outlook=replace(before, prices=responses)),)
    yield shop
    shop.runtime.forecasts.kept = kept


def test_a_scenario_tells_what_a_price_would_change(priced: Shop) -> None:
    series = {"series": [{"category": "category 1"}], "horizon": 7, "quantiles": [0.5], "explain": True}
    plan = priced.post("/v1/demand", series).json()["results"][0]
    answer = priced.post("/v1/demand", series | {"scenario": {"price": 1.8}})
    hold(answer, "/v1/demand", "post")
    result = answer.json()["results"][0]
    told, days = result["scenario"], list(zip(plan["forecast"], result["forecast"], strict=True))
    assert all(day["mean"] == pytest.approx(0.9**-2 * planned["mean"], rel=0.02) for planned, day in days)
    assert told["planned_units"] == pytest.approx(sum(planned["mean"] for planned, _ in days))
    assert told["change_units"]["value"] == pytest.approx(told["units"] - told["planned_units"])
    assert told["change_percent"]["low"] < told["change_percent"]["value"] < told["change_percent"]["high"]
    assert told["elasticity"]["value"] == pytest.approx(-2, abs=0.02)
    assert (told["planned_price"], told["price"], told["refused"]) == (2.0, 1.8, None)
    for _, day in days:
        assert sum(day["parts"].values()) == pytest.approx(day["mean"], abs=1e-6)
    assert "scenario" not in plan


def test_a_scenario_that_cannot_be_told_is_the_plan_and_says_why(priced: Shop) -> None:
    names = ("category 2", "no such", "category 1")
    series = {"series": [{"category": name} for name in names], "horizon": 7}
    plan = priced.post("/v1/demand", series).json()["results"]
    answer = priced.post("/v1/demand", series | {"scenario": {"price": 20.0}})
    hold(answer, "/v1/demand", "post")
    results = answer.json()["results"]
    assert [result["fallback"] for result in results] == ["no_scenario", "unknown_series", "no_scenario"]
    refusals = [result["scenario"]["refused"] for result in results]
    assert refusals == ["not_learnt", "unknown_series", "price_out_of_range"]
    assert [result["forecast"] for result in results] == [result["forecast"] for result in plan]
    assert all(result["scenario"]["reason"] for result in results)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"series": [{"categroy": "a"}]}, "series[0].categroy"),
        ({"series": [{}]}, "series[0].category"),
        ({"series": [{"category": "category 1"}], "horizon": 29}, "horizon"),
    ],
)
def test_other_key_columns_and_a_longer_horizon_are_refused(shop: Shop, body: Any, field: str) -> None:
    answer = shop.post("/v1/demand", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("horizon", [-1, 0, 29, 10**30])
def test_a_horizon_that_is_not_forecast_is_refused_with_the_shops_own(shop: Shop, horizon: int) -> None:
    (error,) = shop.post("/v1/demand", {"series": [], "horizon": horizon}).json()["errors"]
    assert error["problem"] == f"{horizon} is not possible"
    assert error["allowed"].startswith("an integer from 1 to 28 (demand.horizon_days)")


def test_customers_have_a_profile_and_the_value_of_who_left_is_less(shop: Shop) -> None:
    results = shop.post("/v1/customers", {"customer_ids": CUSTOMERS}).json()["results"]
    assert all(result["segment"] and result["lifecycle_stage"] for result in results)
    lost = [r["value_forecast"] for r in results if r["lifecycle_stage"] == "lost"]
    active = [r["value_forecast"] for r in results if r["lifecycle_stage"] not in ("at risk", "lost")]
    assert max(lost) < sum(active) / len(active)


def test_a_profile_has_every_described_feature_in_the_words_of_the_dictionary(shop: Shop) -> None:
    asked = {"customer_ids": ["c001", "nobody"], "profile": True}
    known, unknown = shop.post("/v1/customers", asked).json()["results"]
    described = [each for each in dictionary.entries() if each.view == "customer_features"]
    assert [each["name"] for each in known["profile"]] == [each.feature.name for each in described]
    for told, entry in zip(known["profile"], described, strict=True):
        words = (entry.feature.meaning, entry.feature.unit, entry.family)
        assert (told["description"], told["unit"], told["family"]) == words
    values = {each["name"]: each["value"] for each in known["profile"]}
    assert values["days_since_last_visit"] == known["rfm"]["recency_days"]
    assert unknown["profile"] is None
    (plain,) = shop.post("/v1/customers", {"customer_ids": ["c001"]}).json()["results"]
    assert plain["profile"] is None


def test_profiles_of_more_than_may_be_explained_are_refused(shop: Shop) -> None:
    ids = [f"c{number}" for number in range(shop.workspace.settings.serving.max_explained + 1)]
    (error,) = shop.post("/v1/customers", {"customer_ids": ids, "profile": True}).json()["errors"]
    assert (error["field"], "serving.max_explained" in error["allowed"]) == ("profile", True)


def test_customers_stand_where_the_command_puts_them(shop: Shop) -> None:
    results = shop.post("/v1/customers", {"customer_ids": CUSTOMERS}).json()["results"]
    told = standing(shop.workspace, clock.present(shop.workspace)).set_index("customer_id")
    for result in results:
        row = told.loc[result["customer_id"]]
        assert (result["segment"], result["lifecycle_stage"]) == (row["group"], row["stage"])
        assert result["rfm"]["recency_score"] == row["recency_score"]
        assert result["rfm_x"]["satisfaction"] is None
        health = result["health"]
        assert health["index"] == pytest.approx(row["health"])
        assert sum(part["points"] or 0 for part in health["parts"]) == pytest.approx(health["index"], abs=0.1)
        assert {part["text"] for part in health["parts"] if part["points"] is None} <= {"not told"}
    (unknown,) = shop.post("/v1/customers", {"customer_ids": ["nobody"]}).json()["results"]
    assert (unknown["segment"], unknown["health"], set(unknown["rfm_x"].values())) == (None, None, {None})


def test_value_comes_with_intervals_the_next_purchase_and_what_is_due(shop: Shop) -> None:
    results = shop.post("/v1/customers", {"customer_ids": CUSTOMERS}).json()["results"]
    for result in results:
        assert result["value_source"] == "model"
        assert [each["days"] for each in result["value"]] == [28, 90, 365]
        assert result["value"][0]["spend"]["expected"] == result["value_forecast"]
        bands = [each[of] for each in result["value"] for of in ("spend", "visits")]
        assert all(band["low"] <= band["expected"] <= band["high"] for band in bands)
        assert 1 <= result["value_tier"] <= 5
        days = [result["next_purchase"][name] or "9999" for name in ("earliest_on", "expected_on", "latest_on")]
        assert days == sorted(days)
        assert len(result["due_products"]) <= 5
    assert any(result["due_products"] for result in results)
    (unknown,) = shop.post("/v1/customers", {"customer_ids": ["nobody"]}).json()["results"]
    told = [unknown[name] for name in ("value_forecast", "value_source", "next_purchase", "value_tier")]
    assert (told, unknown["value"], unknown["due_products"]) == ([None] * 4, [], [])


def test_without_a_value_model_a_formula_answers_and_says_so(served: Workspace) -> None:
    shutil.rmtree(served.models_dir / "value")
    for shop in open_shop(served):
        (result,) = shop.post("/v1/customers", {"customer_ids": ["c001"]}).json()["results"]
        assert result["value_source"] == "formula"
        assert result["value_forecast"] > 0
        assert (result["value"], result["next_purchase"]) == ([], None)


def with_consents(workspace: Workspace) -> Workspace:
    rows = [("c001", "profiling", True), ("c001", "personalisation", False), ("c002", "personalisation", True)]
    frame = pd.DataFrame(rows, columns=["customer_id", "purpose", "granted"])
    commit(workspace, {"consents": frame.assign(at=pd.Timestamp("2024-02-01"))})
    return workspace


def test_without_consent_no_score_no_profile_and_nothing_personal(served: Workspace) -> None:
    for shop in open_shop(with_consents(served)):
        allowed, refused = shop.post("/v1/churn", {"customer_ids": ["c001", "c002"]}).json()["results"]
        assert (allowed["fallback"], refused["fallback"]) == (None, "no_consent")
        assert refused["churn_probability"] is refused["risk_score"] is refused["action"] is None
        about = shop.post("/v1/customers", {"customer_ids": ["c002"], "profile": True}).json()["results"][0]
        assert (about["fallback"], about["segment"], about["rfm"]["monetary"]) == ("no_consent", None, None)
        assert about["health"] is about["profile"] is None
        assert (about["value_forecast"], about["value"], about["due_products"]) == (None, [], [])
        assert about["consents"] == {"personalisation": True, "profiling": False, "marketing": False}
        impersonal = shop.post("/v1/recommendations", {"customer_id": "c001"})
        guest = shop.post("/v1/recommendations", {"customer_id": None})
        assert ids(impersonal) == ids(guest)
        assert {r["fallback"] for r in impersonal.json()["results"]} == {"no_consent"}
        personal = shop.post("/v1/recommendations", {"customer_id": "c002"})
        assert {r["fallback"] for r in personal.json()["results"]} == {None}
        hold(shop.post("/v1/churn", {"customer_ids": ["c002"]}), "/v1/churn", "post")


def test_an_id_that_is_another_customers_gets_that_customers_answer(shop: Shop) -> None:
    frame = pd.DataFrame({"source": [None, "till"], "source_id": ["old", "9"], "customer_id": ["c001", "c001"]})
    commit(shop.workspace, {"identities": frame})
    shop.runtime.background.round()
    own, old, till = shop.post("/v1/churn", {"customer_ids": ["c001", "old", "till:9"]}).json()["results"]
    assert [line["customer_id"] for line in (own, old, till)] == ["c001", "old", "till:9"]
    assert own["fallback"] is None
    assert old | {"customer_id": "c001"} == till | {"customer_id": "c001"} == own
    one, other = shop.post("/v1/customers", {"customer_ids": ["old", "c001"]}).json()["results"]
    assert one["rfm"] == other["rfm"]
    recommended = [shop.post("/v1/recommendations", {"customer_id": name}) for name in ("old", "c001", None)]
    assert ids(recommended[0]) == ids(recommended[1])
    assert recommended[0].json()["results"][0]["fallback"] is None
    told = {"customer_id": "old", "kind": "view"}
    assert shop.post("/v1/events", {"events": [told]}).json()["accepted"] == 1
    assert [event.customer_id for event in EventLog(shop.workspace).pending()] == ["c001"]


def test_a_choice_counts_once_the_tables_hold_it(shop: Shop) -> None:
    assert shop.runtime.choices.now == Consents()
    with_consents(shop.workspace)
    shop.runtime.background.round()
    assert not shop.runtime.choices.now.allows("c002", "profiling")


@pytest.mark.fault("online store", "a feed of orders that has stopped", "each answer says until when orders are known")
def test_every_prediction_says_until_when_orders_are_known(shop: Shop) -> None:
    last = shop.workspace.tables.last_day().isoformat()
    asked = {
        "/v1/churn": {"customer_ids": ["c001"]},
        "/v1/recommendations": {"customer_id": "c001"},
        "/v1/similar": {"product_id": "001"},
        "/v1/demand": {"series": [{"category": "category 1"}]},
    }
    assert {shop.post(path, body).json()["data_until"] for path, body in asked.items()} == {last}


def test_predictions_are_logged_as_answered(shop: Shop) -> None:
    churn = shop.post("/v1/churn", {"customer_ids": ["c001", "nobody"]}).json()
    items = shop.post("/v1/recommendations", {"customer_id": "c001", "k": 2}).json()
    shop.runtime.predictions.close()
    log = shop.runtime.predictions
    since, until = pd.Timestamp("2000-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
    rows = list(log.predictions("churn", since, until))
    assert [(r["prediction_id"], r["subject"], r["value"], r["fallback"]) for r in rows] == [
        (churn["prediction_id"], r["customer_id"], r["churn_probability"], r["fallback"]) for r in churn["results"]
    ]
    assert {r["request"]["as_of"] for r in rows} == {clock.present(shop.workspace).isoformat()}
    rows = list(log.predictions("recommendations", since, until))
    assert [row["item"] for row in rows] == [r["product_id"] for r in items["results"]]
    matched = shop.post("/v1/feedback", {"prediction_id": items["prediction_id"], "outcome": {"clicked": 1}})
    assert matched.json()["matched"] is True
    assert log.outcomes()[-1]["outcome"] == {"clicked": 1}


def without_best_sellers(workspace: Workspace, count: int) -> set[str]:
    """Mark what sells best as not available."""
    products = pd.concat([pd.read_parquet(path) for path in workspace.tables.files("products")])
    model = kind("recommendation").baselines(workspace, clock.present(workspace))["popularity"]
    gone = {item.product_id for item in model.recommend(None, k=count)}
    commit(workspace, {"products": products.assign(available=~products["product_id"].isin(gone))})
    return gone


def test_what_can_not_be_had_is_in_no_answer(shop: Shop) -> None:
    bodies = [
        ("/v1/recommendations", {"customer_id": customer, "k": 20, "mode": mode, "basket": basket})
        for customer in ("c001", "nobody", None)
        for mode in ("all", "new")
        for basket in ([], ["003"])
    ] + [("/v1/similar", {"product_id": product, "k": 20}) for product in ("003", "none")]
    before = [ids(shop.post(path, body)) for path, body in bodies]
    gone = without_best_sellers(shop.workspace, 12)
    assert all(set(found) & gone for found in before)
    shop.runtime.background.round()
    for (path, body), found in zip(bodies, before, strict=True):
        now = ids(shop.post(path, body))
        assert now
        assert not set(now) & gone
        if path == "/v1/recommendations":
            assert len(now) == len(set(now)) == len(found)


def test_where_nothing_similar_can_be_had_what_sells_best_is_the_answer(shop: Shop) -> None:
    similar = ids(shop.post("/v1/similar", {"product_id": "003", "k": 1000}))
    products = pd.concat([pd.read_parquet(path) for path in shop.workspace.tables.files("products")])
    commit(shop.workspace, {"products": products.assign(available=~products["product_id"].isin(similar))})
    shop.runtime.background.round()
    answer = shop.post("/v1/similar", {"product_id": "003", "k": 2}).json()
    results = answer["results"]
    assert answer["shortfall"] is None
    assert {result["fallback"] for result in results} == {"popular"}
    assert not {result["product_id"] for result in results} & {*similar, "003"}


def test_a_rule_counts_within_a_round_of_its_application_and_is_told(shop: Shop) -> None:
    body = {"customer_id": "c001", "k": 5}
    before = shop.post("/v1/recommendations", body).json()
    assert before["rules"] == {"version": None, "left_out": [], "unmet": []}
    assert before["shortfall"] is None
    first, *_, last = (each["product_id"] for each in before["results"])
    lines = [
        f"gone: {{kind: excluded, products: ['{first}']}}",
        f"grown-ups: {{kind: adults_only, products: ['{last}']}}",
        "top: {kind: pinned, products: ['040'], place: 2}",
    ]
    shop.workspace.rules_file.write_text("rules:\n" + "".join(f"  {line}\n" for line in lines))
    applied_rules.apply(shop.workspace, "ann", "a recall")
    shop.runtime.background.round()
    after = shop.post("/v1/recommendations", body).json()
    assert {first, last}.isdisjoint(ids_of := [each["product_id"] for each in after["results"]])
    assert len(ids_of) == 5
    assert ids_of[1] == "040"
    assert [each["rules"] for each in after["results"]] == [[], ["top"], [], [], []]
    assert after["rules"]["version"] == 1
    assert {each["rule"]: each["products"] for each in after["rules"]["left_out"]} == {"gone": 1, "grown-ups": 1}
    grown = shop.post("/v1/recommendations", body | {"context": {"adult": True}}).json()
    assert last in [each["product_id"] for each in grown["results"]]


def test_a_list_that_rules_leave_short_says_why(shop: Shop) -> None:
    shop.workspace.rules_file.write_text("rules:\n  all: {kind: excluded, departments: [department 0, department 1]}\n")
    applied_rules.apply(shop.workspace, "ann", "a closure")
    shop.runtime.background.round()
    answered = shop.post("/v1/recommendations", {"customer_id": "c001"})
    assert answered.status_code == 200
    assert answered.json()["results"] == []
    assert "kept out by rules" in answered.json()["shortfall"]
    assert shop.post("/v1/similar", {"product_id": "003"}).json()["results"] == []


def test_what_is_told_of_the_moment_is_checked(shop: Shop) -> None:
    refused = shop.post("/v1/recommendations", {"context": {"adlut": True}}).json()
    assert refused["errors"][0]["did_you_mean"] == "adult"


def explore(served: Workspace, monkeypatch: pytest.MonkeyPatch, share: float) -> Iterator[Shop]:
    """The service with a share of its places left to chance."""
    monkeypatch.setenv("REGULARS_RECOMMENDATION__EXPLORE_SHARE", str(share))
    return open_shop(Workspace.open(served.root))


def test_explored_places_are_told_logged_and_the_same_all_day(
    served: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"customer_id": "c001", "k": 10}
    for shop in explore(served, monkeypatch, 0.4):
        answers = [shop.post("/v1/recommendations", body | {"customer_id": f"c00{n}"}).json() for n in range(8)]
        results = [answer["results"] for answer in answers]
        again = shop.post("/v1/recommendations", body | {"customer_id": "c000"}).json()["results"]
        assert again == results[0]
        explored = [result for each in results for result in each if result["explored"]]
        assert explored
        assert not any(each[0]["explored"] for each in results)
        assert {each[0]["propensity"] for each in results} == {1.0}
        assert all(0 < result["propensity"] < 0.4 for result in explored)
        assert all(result["propensity"] == 0.6 for each in results for result in each[1:] if not result["explored"])
        assert all(len({result["product_id"] for result in each}) == 10 for each in results)
        shop.runtime.predictions.close()
        rows = list(shop.runtime.predictions.lines([answers[0]["prediction_id"]]))
        assert [row["propensity"] for row in rows] == [result["propensity"] for result in results[0]]
        assert rows[0]["request"]["explored"] == 0.4
        assert rows[0]["request"]["plain"] is True


def test_without_exploration_every_product_is_certain(shop: Shop) -> None:
    results = shop.post("/v1/recommendations", {"customer_id": "c001"}).json()["results"]
    assert {(result["explored"], result["propensity"]) for result in results} == {(False, 1.0)}


def test_new_products_get_their_first_places_by_exploration(served: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    products = pd.concat([pd.read_parquet(path) for path in served.tables.files("products")])
    launched = pd.Timestamp(clock.present(served) - timedelta(days=3))
    new = pd.DataFrame({"product_id": ["n1", "n2"], "name": "novelty", "launched_on": launched, "available": True})
    commit(served, {"products": pd.concat([products, new], ignore_index=True)})
    for shop in explore(served, monkeypatch, 0.4):
        lists = [shop.post("/v1/recommendations", {"customer_id": f"c{n:03d}", "k": 10}).json() for n in range(60)]
        shown = [result for answer in lists for result in answer["results"]]
        arrived = [result for result in shown if result["product_id"] in {"n1", "n2"}]
        assert arrived
        assert {(result["source"], result["explored"]) for result in arrived} == {("arrival", True)}
        excluded = {"exclude": ["n1", "n2"]}
        without = [shop.post("/v1/recommendations", {"customer_id": f"c{n:03d}", **excluded}).json() for n in range(60)]
        assert not {r["product_id"] for answer in without for r in answer["results"]} & {"n1", "n2"}


def test_new_products_count_against_caps(served: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    products = pd.concat([pd.read_parquet(path) for path in served.tables.files("products")])
    sold = products.dropna(subset=["category"])["category"].iloc[0]
    new = pd.DataFrame({"product_id": ["n1", "n2", "n3", "n4", "n5"], "category": ["TEA"] * 3 + [sold] * 2})
    assert products["category"].nunique() >= 4
    new = new.assign(launched_on=pd.Timestamp(clock.present(served) - timedelta(days=3)), available=True)
    every = pd.concat([products, new], ignore_index=True)
    commit(served, {"products": every})
    category = every.set_index("product_id")["category"]
    monkeypatch.setenv("REGULARS_RECOMMENDATION__MOST_PER_CATEGORY", "1")
    for shop in explore(served, monkeypatch, 0.4):
        lists = [shop.post("/v1/recommendations", {"customer_id": f"c{n:03d}", "k": 4}).json() for n in range(60)]
        shown = [[result["product_id"] for result in answer["results"]] for answer in lists]
        assert {"n1", "n2", "n3"} & {product for each in shown for product in each}
        assert max(category.reindex(each).value_counts().max() for each in shown) == 1


def test_diversity_is_asked_for_and_held_to_its_range(shop: Shop) -> None:
    body = {"customer_id": "c001", "k": 10}
    plain, mixed = (shop.post("/v1/recommendations", body | {"diversity": d}).json() for d in (0.0, 1.0))
    assert len(mixed["results"]) == len(plain["results"]) == 10
    refused = shop.post("/v1/recommendations", body | {"diversity": 1.5})
    assert refused.status_code == 400
    assert "diversity" in refused.text
