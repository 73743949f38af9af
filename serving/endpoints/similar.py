"""POST /v1/similar: which products are bought by the same customers, or are like one that is new."""

from __future__ import annotations

from typing import Any

from core.keys import Key
from core.prediction_log import Result
from models.recommendation import KIND
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
    elif (described := runtime.described_products.now()).describes(body.product_id):
        found, missing = model.similar_to_new(described.of(body.product_id), body.k, unavailable), "new_product"
    else:
        found, missing = [], "unknown_product"
        near = runtime.described_products.nearest(body.product_id, model.item_statistics.catalogue)
    if not found:
        columns = runtime.products.columns
        items = model.recommend(None, columns, k=body.k, exclude=[body.product_id], unavailable=unavailable)
        found = [(item.product_id, item.score) for item in items]
        missing = "unknown_product" if missing == "unknown_product" else "popular"
    results = [{"product_id": product, "score": score, "fallback": missing} for product, score in found]
    logged = [Result(body.product_id, score, product, missing) for product, score in found]
    frame = answer(runtime, serving, "similar", results, logged=logged, request={"k": body.k})
    return {**frame, "did_you_mean": near}


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
