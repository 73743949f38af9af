"""Bundles, and products like new ones, asked of the service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.workspace import Workspace
from models.kinds import FittedModel, kind
from models.recommendation.bundles.bundle_table import BundleTable
from models.recommendation.merchandising import applied_rules
from models.recommendation.model import Recommender
from tests.serving.conftest import Shop, open_shop, save_as_served
from tests.serving.test_openapi import hold
from tests.support.shop import commit, frames

PATH = "/v1/bundles"
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
ROWS = [("003", "010", None, 40, 9.0), ("003", "011", "012", 15, 7.0), ("003", "012", None, 20, 5.0),
        ("020", "021", None, 90, 4.0)]  # fmt: skip


def table() -> BundleTable:
    rows = pd.DataFrame(ROWS, columns=["first", "second", "third", "baskets", "lift_low"])
    figures = {"customers": 10, "support": 0.01, "lift": rows["lift_low"] + 1, "lift_high": 20.0, "lift_by_chance": 1.5}
    return BundleTable(rows.assign(**figures, of_one_kind=False, scene="a scene"))


def with_table(model: FittedModel, bundles: BundleTable | None) -> Recommender:
    assert isinstance(model, Recommender)
    return Recommender(replace(model.item_statistics, bundles=bundles), model.ranker, model.limits)


def products() -> pd.DataFrame:
    new = {"product_id": "new", "name": "product 3", "category": "category 3", "brand": "national", "list_price": 4.0}
    found = pd.concat([frames()["products"], pd.DataFrame([new])])
    return found.assign(unit_cost=found["list_price"].mask(found["product_id"] == "012") / 2)


@pytest.fixture
def bundled(served: Workspace, fitted: tuple[Path, dict[str, FittedModel]]) -> Iterator[Shop]:
    """The service of a shop whose version found bundles, and whose products have costs."""
    _, models = fitted
    save_as_served(served, "2", recommendation=with_table(models["recommendation"], table()))
    commit(served, {"products": products()})
    yield from open_shop(served)


def ask(shop: Shop, product: str, k: int = 5, path: str = PATH) -> dict[str, Any]:
    answer = shop.post(path, {"product_id": product, "k": k})
    hold(answer, path, "post")
    return dict(answer.json())


def sets(answer: dict[str, Any]) -> list[list[str]]:
    return [each["product_ids"] for each in answer["results"]]


def test_bundles_come_with_their_figures_and_what_they_earn(bundled: Shop) -> None:
    answer = ask(bundled, "003", 2)
    assert (answer["version"], answer["shortfall"], answer["did_you_mean"]) == ("2", None, None)
    assert sets(answer) == [["003", "010"], ["003", "011", "012"]]
    first, second = answer["results"]
    figures = {"baskets": 40, "support": 0.01, "lift": 10.0, "lift_low": 9.0, "lift_high": 20.0, "lift_by_chance": 1.5}
    assert {name: first[name] for name in figures} == figures
    catalogue = (
        bundled.runtime.champions.get(kind("recommendation")).model.bound_to(bundled.runtime.products.columns).catalogue
    )
    price = dict(zip(catalogue.ids, catalogue.numbers["price"], strict=True))
    costs = products().set_index("product_id")["unit_cost"]
    earned = sum(price[each] - costs[each] for each in ("003", "010"))
    assert first["margin"] == pytest.approx(earned, abs=1e-3)
    assert second["margin"] is None
    assert first["fallback"] is None


def test_more_than_there_are_and_a_product_in_none_are_answers_that_say_why(bundled: Shop) -> None:
    answer = ask(bundled, "003", 1000)
    assert len(answer["results"]) == 3
    assert answer["shortfall"].startswith("3 bundles are known")
    answer = ask(bundled, "030")
    assert answer["results"] == []
    assert answer["shortfall"].startswith("0 bundles are known")


def test_what_can_not_be_had_and_what_rules_keep_out_is_in_none(bundled: Shop) -> None:
    commit(bundled.workspace, {"products": products().assign(available=lambda each: each["product_id"] != "010")})
    bundled.workspace.rules_file.write_text("rules:\n  gone: {kind: excluded, products: ['011']}\n")
    applied_rules.apply(bundled.workspace, "ann", "a recall")
    bundled.runtime.background.round()
    assert sets(ask(bundled, "003")) == [["003", "012"]]
    assert ask(bundled, "010")["shortfall"] == "the product itself can't be had, or rules keep it out"


def test_of_a_product_that_nobody_knows_the_most_bought_are_told_with_the_nearest(bundled: Shop) -> None:
    answer = ask(bundled, "0031", 1)
    assert (sets(answer), answer["did_you_mean"]) == ([["020", "021"]], "031")
    assert answer["results"][0]["fallback"] == "unknown_product"


def test_a_product_to_come_is_told_by_those_alike(bundled: Shop) -> None:
    answer = ask(bundled, "new")
    assert sets(answer)[0] == ["new", "010"]
    first = answer["results"][0]
    assert (first["fallback"], first["told_by"]) == ("new_product", "003")
    assert first["margin"] is not None
    bundled.workspace.rules_file.write_text("rules:\n  not yet: {kind: excluded, products: ['new']}\n")
    applied_rules.apply(bundled.workspace, "ann", "an embargo")
    bundled.runtime.background.round()
    assert ask(bundled, "new")["results"] == []


def test_a_version_of_an_older_release_answers_pairs_and_says_so(
    served: Workspace, fitted: tuple[Path, dict[str, FittedModel]]
) -> None:
    older = with_table(fitted[1]["recommendation"], None)
    save_as_served(served, "2", recommendation=older)
    assert not list(served.models_dir.rglob("2/**/bundles.parquet"))
    product = older.item_statistics.cooccurrence.source[0]
    for shop in open_shop(served):
        answer = ask(shop, product, 3)
        assert answer["results"][0]["fallback"] == "pairs_only"
        assert answer["results"][0]["lift"] is None
        assert sets(answer)[0] == [product, older.bought_together(product, 1)[0][0]]
        assert ask(shop, "none")["results"] == []


def test_what_came_of_a_bundle_can_be_told_by_product(bundled: Shop) -> None:
    ask(bundled, "003")
    bundled.runtime.predictions.close()
    rows = bundled.runtime.predictions.predictions("bundles", *EVER)
    assert sorted((row["item"], row["value"]) for row in rows) == [("010", 10.0), ("011", 8.0), ("012", 8.0)]


def test_similar_products_of_a_new_one_are_those_alike(bundled: Shop) -> None:
    answer = ask(bundled, "new", 3, "/v1/similar")
    first = answer["results"][0]
    assert (first["product_id"], first["score"], first["fallback"]) == ("003", 1.0, "new_product")
    scores = [each["score"] for each in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3
    commit(bundled.workspace, {"products": products().assign(available=lambda each: each["product_id"] != "003")})
    bundled.runtime.background.round()
    assert "003" not in [each["product_id"] for each in ask(bundled, "new", 3, "/v1/similar")["results"]]


def test_of_an_unknown_one_the_best_sellers_are_told_with_the_nearest(bundled: Shop) -> None:
    answer = ask(bundled, "0031", 2, "/v1/similar")
    assert {each["fallback"] for each in answer["results"]} == {"unknown_product"}
    assert answer["did_you_mean"] == "031"
    assert ask(bundled, "047", 2, "/v1/similar")["did_you_mean"] is None  # products.exclude matches it
