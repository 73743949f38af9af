"""Whom to show a product to, asked of the service: the customers of the command's list, without waiting for others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import pandas as pd
import pytest

from core import clock
from core.workspace import Workspace
from feature_repo import folding
from models.kinds import kind
from models.recommendation.audience.asked_product import AskedProduct
from models.recommendation.audience.buyer_scores import KnownCustomers, buyer_scores
from models.recommendation.dataset import Dataset
from serving.audience_cache import AudienceCache
from serving.runtime import Runtime
from serving.warm_up import warm_up
from tests.serving.conftest import Shop, open_shop
from tests.support.shop import commit, frames


@pytest.fixture
def quiet(served: Workspace) -> Iterator[Shop]:
    """The service of a shop that has contacted nobody."""
    new = {"product_id": "new", "name": "product 3", "category": "category 3", "brand": "national", "list_price": 4.0}
    products = pd.concat([frames()["products"], pd.DataFrame([new])])
    commit(served, {"contacts": frames()["contacts"].head(0), "products": products})
    yield from open_shop(served)


def test_the_scores_are_those_of_the_batch(quiet: Shop) -> None:
    model = quiet.runtime.champions.get(kind("recommendation")).model
    dataset = Dataset.load(quiet.workspace, clock.present(quiet.workspace))
    index, asked = model.bind(dataset.catalogue).index, AskedProduct.known("003", dataset.catalogue)
    scores = buyer_scores(model.ranker, index, KnownCustomers.of(dataset.histories, index), asked)
    expected = dict(zip(dataset.histories.customers, scores.tolist(), strict=True))
    answer = quiet.post("/v1/audience", {"product_id": "003", "size": 10_000}).json()
    found = {result["customer_id"]: result["score"] for result in answer["results"]}
    assert found == pytest.approx(expected, abs=1e-5)
    assert answer["considered"] == len(expected)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    few = quiet.post("/v1/audience", {"product_id": "003", "size": 7}).json()
    assert few["results"] == answer["results"][:7]
    assert few["left_out"]["beyond_size"] == len(expected) - 7


def test_a_product_to_come_is_told_by_products_alike(quiet: Shop) -> None:
    answer = quiet.post("/v1/audience", {"product_id": "new", "size": 5}).json()
    assert (answer["told_by"], answer["alike"][0]) == ("alike", "003")
    assert {result["fallback"] for result in answer["results"]} == {"new_product"}


def test_consents_and_contacts_count_at_once(quiet: Shop) -> None:
    ask = {"product_id": "003", "size": 5}
    best = [result["customer_id"] for result in quiet.post("/v1/audience", ask).json()["results"]]
    day = datetime.combine(clock.present(quiet.workspace), datetime.min.time())
    contact = {"customer_id": best[0], "campaign_id": "x", "at": day - pd.Timedelta(days=2), "treated": True}
    rows = [(who, purpose, True) for who in best[:4] for purpose in ("marketing", "personalisation")]
    consents = pd.DataFrame(rows, columns=["customer_id", "purpose", "granted"]).assign(at=datetime(2024, 1, 1))
    commit(quiet.workspace, {"contacts": pd.DataFrame([contact]), "consents": consents})
    quiet.runtime.background.round()
    answer = quiet.post("/v1/audience", ask).json()
    assert [result["customer_id"] for result in answer["results"]] == best[1:4]
    assert answer["left_out"]["contacted_lately"] == 1


@pytest.mark.parametrize(
    ("product", "said"), [("0031", "031"), ("3", "003"), ("003x", "003"), ("Product 3", "003"), ("047", None)]
)
def test_what_nobody_knows_is_refused_with_the_nearest(quiet: Shop, product: str, said: str | None) -> None:
    answer = quiet.post("/v1/audience", {"product_id": product})
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["field"], error.get("did_you_mean")) == ("product_id", said)


def test_customers_are_read_before_anybody_asks(quiet: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert quiet.runtime.audiences._held is not None
    monkeypatch.setattr(AudienceCache, "_read", lambda *_, **__: pytest.fail("a request reads every customer"))
    assert quiet.post("/v1/audience", {"product_id": "003", "size": 5}).json()["results"]


def test_what_was_read_before_answers_until_a_new_filling_is_read(quiet: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = {"product_id": "003", "size": 5}
    before, audiences = quiet.post("/v1/audience", ask).json()["results"], quiet.runtime.audiences
    first = audiences._held
    folding.refill(quiet.workspace, clock.present(quiet.workspace))
    read = AudienceCache._read
    with monkeypatch.context() as patched:
        patched.setattr(AudienceCache, "_read", lambda *_, **__: pytest.fail("a request reads every customer"))
        assert quiet.post("/v1/audience", ask).json()["results"] == before
    told: list[list[dict[str, object]]] = []

    def while_read(*arguments: object, **named: object) -> object:
        told.append(quiet.post("/v1/audience", ask).json()["results"])
        return read(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(AudienceCache, "_read", while_read)
    quiet.runtime.background.round()
    assert told == [before]
    assert audiences._held is not first
    assert first is not None
    assert audiences._held is not None
    assert audiences._held.filling == first.filling + 1


def test_a_large_shop_has_them_read_once_it_has_asked(served: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.audience_cache.MOST_UNASKED", 10)
    for shop in open_shop(served):
        audiences = shop.runtime.audiences
        assert audiences._held is None
        assert shop.post("/v1/audience", {"product_id": "003"}).status_code == 200
        first = audiences._held
        assert first is not None
        folding.refill(served, clock.present(served))
        shop.runtime.background.round()
        assert audiences._held is not first
        shop.runtime.predictions.close()
    runtime = Runtime(served)  # started again: the log tells that audiences are asked for
    runtime.before_ready = partial(warm_up, runtime)
    runtime.background.round()
    assert runtime.audiences._held is not None
    runtime.close()


def test_whoever_reads_behind_the_requests_rests_until_somebody_waits_for_it(quiet: Shop) -> None:
    audiences = quiet.runtime.audiences
    assert audiences.patience > 0
    audiences._waiting += 1
    assert audiences.patience == 0


def test_others_are_told_to_come_back_while_some_are_worked_out(quiet: Shop) -> None:
    held = [quiet.runtime.audiences._entering for _ in range(2)]
    for each in held:
        each.acquire()
    try:
        answer = quiet.post("/v1/audience", {"product_id": "003"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    finally:
        for each in held:
            each.release()


def test_a_store_that_was_never_filled_is_said(bare: Shop) -> None:
    assert bare.post("/v1/audience", {"product_id": "003"}).status_code == 503


def test_while_a_suppression_list_cannot_be_read_nobody_is_named(
    served: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_CONTACTS__SUPPRESS", "nowhere.txt")
    for shop in open_shop(Workspace.open(served.root)):
        answer = shop.post("/v1/audience", {"product_id": "003"})
        assert answer.status_code == 503
        assert "nowhere.txt can't be read" in answer.text
