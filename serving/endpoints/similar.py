"""POST /v1/similar: which products are bought by the same customers, or are like one that is new."""

from __future__ import annotations

from typing import Any

from core.keys import Key
from core.prediction_log import Result
from models.recommendation import KIND
from models.recommendation.model import Recommender
from serving.answers import SimilarAnswer
from serving.bodies import SimilarBody
from serving.endpoint import Endpoint
from serving.prediction import answer, champion
from serving.runtime import Runtime


def similar(runtime: Runtime, body: SimilarBody, _key: Key) -> dict[str, Any]:
    """At most k products; for one that nobody knows, or where none can be had, what sells best."""
    serving = champion(runtime, KIND)
    model, near = serving.model, None
    missing: str | None = serving.fallback
    unavailable = model.not_to_be_shown(runtime.unavailable_products.now, runtime.rules.now)
    if model.knows(body.product_id):
        found = model.similar(body.product_id, body.k, unavailable)
        why = _few_known(model, body.product_id, len(found))
    elif (described := runtime.described_products.now()).describes(body.product_id):
        found, missing = model.similar_to_new(described.of(body.product_id), body.k, unavailable), "new_product"
        why = f"{_products(len(found))} like it among those that may be recommended"
    else:
        found, missing, why = [], "unknown_product", ""
        near = runtime.described_products.nearest(body.product_id, model.item_statistics.catalogue)
    if not found:
        columns = runtime.products.columns
        best = model.recommendation(None, columns, k=body.k, exclude=[body.product_id], unavailable=unavailable)
        found, why = [(item.product_id, item.score) for item in best.items], best.shortfall or ""
        missing = "unknown_product" if missing == "unknown_product" else "popular"
    results = [{"product_id": product, "score": score, "fallback": missing} for product, score in found]
    logged = [Result(body.product_id, score, product, missing) for product, score in found]
    frame = answer(runtime, serving, "similar", results, logged=logged, request={"k": body.k})
    return {**frame, "shortfall": why if len(found) < body.k else None, "did_you_mean": near}


def _few_known(model: Recommender, product_id: str, shown: int) -> str:
    """Why there are no more of a product that is known."""
    known = len(model.similar(product_id, len(model.products)))
    hidden = f"; {known - shown:,} can't be had, or are kept out by rules" if known > shown else ""
    return f"{_products(known)} known to be similar: a version keeps the nearest of each product alone{hidden}"


def _products(number: int) -> str:
    return f"{number:,} {'product is' if number == 1 else 'products are'}"


ENDPOINT = Endpoint(
    "POST",
    "/v1/similar",
    "predict",
    similar,
    SimilarAnswer,
    "Which products are most like a product",
    SimilarBody,
    {"product_id": "1082185", "k": 10},
)
