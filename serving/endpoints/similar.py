"""POST /v1/similar: which products are bought by the same customers."""

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
    """At most k products; for one the model does not know, or where none can be had, what sells best."""
    serving = champion(runtime, KIND)
    model = serving.model
    missing: str | None = serving.fallback
    unavailable = model.not_to_be_shown(runtime.unavailable_products.now, runtime.rules.now)
    found = model.similar(body.product_id, body.k, unavailable)
    if not found:
        columns = runtime.products.columns
        items = model.recommend(None, columns, k=body.k, exclude=[body.product_id], unavailable=unavailable)
        found = [(item.product_id, item.score) for item in items]
        missing = "popular" if model.knows(body.product_id) else "unknown_product"
    results = [{"product_id": product, "score": score, "fallback": missing} for product, score in found]
    logged = [Result(body.product_id, score, product, missing) for product, score in found]
    return answer(runtime, serving, "similar", results, logged=logged, request={"k": body.k})


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
