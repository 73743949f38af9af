"""POST /v1/audience: which customers are most likely to buy a product."""

from __future__ import annotations

from typing import Any

from core.keys import Key
from core.prediction_log import Result
from models.recommendation import KIND
from models.recommendation.audience.asked_product import AskedProduct
from models.recommendation.audience.chosen_customers import chosen
from models.recommendation.catalogue import Catalogue
from serving.answers import AudienceAnswer
from serving.bodies import AudienceBody
from serving.endpoint import Endpoint
from serving.prediction import answer, champion
from serving.problems import InvalidBody
from serving.runtime import Runtime


def audience(runtime: Runtime, body: AudienceBody, _key: Key) -> dict[str, Any]:
    """At most `size` customers who may be contacted, the most likely buyers first."""
    settings = runtime.workspace.settings
    if body.size > settings.serving.max_ids:
        allowed = f"an integer from 1 to {settings.serving.max_ids:,} (serving.max_ids)"
        raise InvalidBody.field("size", f"{body.size:,} is not possible", allowed)
    serving = champion(runtime, KIND)
    caps, held = runtime.contact_caps.now, runtime.audiences.held(serving)
    bound = held.bound if held else serving.model.bound_to(runtime.products.columns)
    asked = _asked(runtime, body.product_id, bound.catalogue)
    customers, scores = runtime.audiences.scores(serving, bound, asked, held)
    why = caps.left_out(customers, [runtime.choices.now], settings.contacts)
    found = chosen(customers, scores, why, body.size)
    missing = "new_product" if asked.told_by == "alike" else serving.fallback
    pairs = list(zip(found.customers, found.scores, strict=True))
    results = [{"customer_id": who, "score": score, "fallback": missing} for who, score in pairs]
    logged = [Result(who, score, asked.product_id, missing) for who, score in pairs]
    frame = answer(runtime, serving, "audience", results, logged=logged, request={"size": body.size})
    about = {"told_by": asked.told_by, "alike": list(asked.alike), "considered": found.considered}
    return {**frame, **about, "left_out": dict(found.left_out)}


def _asked(runtime: Runtime, product_id: str, catalogue: Catalogue) -> AskedProduct:
    """The product, or those like it.

    Raises:
        InvalidBody: nobody describes it, or it does not count; with the nearest.
    """
    asked = runtime.described_products.asked(product_id, catalogue)
    if asked is not None:
        return asked
    allowed = "a product that was bought often enough, or is in the table products and not excluded"
    near = runtime.described_products.nearest(product_id, catalogue)
    if runtime.described_products.now().excluded(product_id):
        raise InvalidBody.field("product_id", "does not count (products.exclude)", allowed)
    raise InvalidBody.field("product_id", f"{product_id!r} is not known", allowed, [near] if near else [], near or "")


ENDPOINT = Endpoint(
    "POST",
    "/v1/audience",
    "customers",
    audience,
    AudienceAnswer,
    "Which customers are most likely to buy a product, of those who may be contacted",
    AudienceBody,
    {"product_id": "1082185", "size": 500},
)
