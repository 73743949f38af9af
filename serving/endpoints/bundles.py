"""POST /v1/bundles: what is bought together with a product more often than chance has it."""

from __future__ import annotations

from typing import Any

from core.keys import Key
from core.prediction_log import Result
from models.recommendation import KIND
from models.recommendation.bundles.asked_bundles import BundleList
from models.recommendation.model import Recommender
from serving.answers import BundlesAnswer
from serving.bodies import BundlesBody
from serving.endpoint import Endpoint
from serving.prediction import answer, champion
from serving.runtime import Runtime


def bundles(runtime: Runtime, body: BundlesBody, _key: Key) -> dict[str, Any]:
    """At most k bundles with the product; for one that nobody knows those that most baskets hold."""
    serving = champion(runtime, KIND)
    found, near = _found(runtime, serving.model, body)
    missing = found.missing or serving.fallback
    results = [{**vars(item), "product_ids": list(item.product_ids), "fallback": missing} for item in found.items]
    # Once each, so that what is bought of them counts once.
    lifts = {other: item.lift for item in reversed(found.items) for other in item.product_ids}
    logged = [Result(body.product_id, lift, each, missing) for each, lift in lifts.items() if each != body.product_id]
    frame = answer(runtime, serving, "bundles", results, logged=logged, request={"k": body.k})
    return {**frame, "shortfall": found.shortfall, "did_you_mean": near}


def _found(runtime: Runtime, model: Recommender, body: BundlesBody) -> tuple[BundleList, str | None]:
    """The bundles, and the product that was meant where nobody knows the one asked for."""
    rules, unavailable = runtime.rules.now, runtime.unavailable_products.now
    hidden = model.not_to_be_shown(unavailable, rules)
    shelf = model.bundle_shelf(runtime.products.columns, hidden, runtime.unit_costs.now)
    known = model.item_statistics.catalogue
    asked = runtime.described_products.asked(body.product_id, known)
    if asked is None:
        return shelf.most_bought(body.k), runtime.described_products.nearest(body.product_id, known)
    if asked.told_by == "product":
        return shelf.of_known(body.product_id, body.k), None
    own = runtime.described_products.now().as_catalogue(body.product_id)
    kept_out = body.product_id in unavailable or (rules is not None and bool(rules.keeps_out(own)[0]))
    return shelf.of_new(asked, float(own.numbers["price"][0]), body.k, kept_out=kept_out), None


ENDPOINT = Endpoint(
    "POST",
    "/v1/bundles",
    "predict",
    bundles,
    BundlesAnswer,
    "What is bought together with a product more often than chance has it",
    BundlesBody,
    {"product_id": "1082185", "k": 5},
)
