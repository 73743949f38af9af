"""POST /v1/recommendations: what a customer wants next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from core.keys import Key
from core.prediction_log import Result
from core.sortable_ids import new_id
from models.recommendation import KIND
from models.recommendation.candidates import CandidateSource
from models.recommendation.history import IDS
from models.recommendation.interests import has_any, of_row
from models.recommendation.merchandising.bound_rules import RuleSet
from models.recommendation.model import Recommended, RecommendedList, Recommender
from models.recommendation.variety.exploration import Exploration, seed_of
from models.recommendation.variety.list_variety import ListVariety
from serving.answers import RecommendationsAnswer
from serving.bodies import RecommendationsBody
from serving.champions import Champion
from serving.endpoint import Endpoint, LaneName, calculating
from serving.prediction import answer, lineup, or_champion
from serving.runtime import Runtime

SHORT: Final = 100
"""A list of so many products is made within a few milliseconds."""


def recommendations(runtime: Runtime, body: RecommendationsBody, _key: Key) -> dict[str, Any]:
    """At most k products for a customer; what sells best for guests, unknown customers, and without consent."""
    team = lineup(runtime, KIND)
    customer = None if body.customer_id is None else runtime.persons.now.person(body.customer_id)
    known, fallback = _known(runtime, customer)
    recent = of_row(known, runtime.now()) if known and has_any(known) else ()
    rules = runtime.rules.now
    settings = runtime.workspace.settings.recommendation
    variety = ListVariety.asked(settings, body.diversity)
    share = settings.explore_share
    exploration = Exploration(share, seed_of(customer, runtime.present, body.mode)) if share else None
    guest = customer is None or fallback == "no_consent"
    subject = "" if guest else str(customer)
    chosen = team.of(str(body.context.session_id or new_id()) if guest else subject)
    ask = partial(
        _asked_of,
        runtime,
        history=known,
        k=body.k,
        mode=body.mode,
        exclude=body.exclude,
        basket=body.basket,
        region=body.region,
        unavailable=runtime.unavailable_products.now,
        rules=rules,
        audience=rules.audience(customer, body.region, body.context.adult) if rules else None,
        recent=recent,
        variety=variety,
        exploration=exploration,
        arrivals=runtime.arrivals.now,
    )
    serving, found = or_champion(runtime, team, chosen, ask, asked="recommendations", subjects=[subject])
    if not found.known:  # nor is anything where all that was bought is too rare to be recommended
        fallback = fallback or "popular"
    results = [
        {
            "product_id": item.product_id,
            "score": item.score,
            "source": item.source,
            "reason": item.reason,
            "rules": list(item.rules),
            "explored": item.explored,
            "propensity": item.propensity,
            "fallback": _missing(item, fallback, serving.fallback),
        }
        for item in found.items
    ]
    logged = [
        Result(
            subject,
            item.score,
            item.product_id,
            _missing(item, fallback, serving.fallback),
            item.propensity if share else None,
        )
        for item in found.items
    ]
    asked: dict[str, Any] = {"k": body.k, "mode": body.mode} | ({"rules": rules.version} if rules else {})
    if share:
        asked |= {"explored": share, "plain": not (body.basket or body.exclude)}
    for who in team.shadows:
        runtime.score_shadow(who, "recommendations", asked, lambda who=who: _shadow_lines(ask(who), subject))  # type: ignore[misc]
    framed = answer(runtime, serving, "recommendations", results, logged=logged, request=asked)
    return framed | {"rules": _told(rules, found), "shortfall": found.shortfall}


def _asked_of(runtime: Runtime, who: Champion[Recommender], history: Mapping[str, Any] | None, **asked: Any) -> (
    RecommendedList
):  # fmt: skip
    """The list of a version, by the features of its products."""
    return who.model.recommendation(history, runtime.products_of(who).columns, **asked)


def _shadow_lines(found: RecommendedList, subject: str) -> list[Result]:
    return [Result(subject, item.score, item.product_id) for item in found.items]


def _told(rules: RuleSet | None, found: RecommendedList) -> dict[str, Any]:
    """What the rules did, for the answer."""
    left_out = [{"rule": name, "products": count} for name, count in found.left_out.items()]
    return {"version": rules.version if rules else None, "left_out": left_out, "unmet": list(found.unmet)}


def _missing(item: Recommended, fallback: str | None, of_model: str | None) -> str | None:
    """What was missing for one product: what a stranger looked at is known of them."""
    told = fallback == "popular" and item.source == CandidateSource.INTEREST.label
    return (None if told else fallback) or of_model


def _known(runtime: Runtime, customer: str | None) -> tuple[Mapping[str, Any] | None, str | None]:
    """The customer's packed history and recent interests, and why there is no history where there is none."""
    if customer is None:
        return None, "popular"
    if not runtime.choices.now.allows(customer, "personalisation"):
        return None, "no_consent"
    found = runtime.features.read(KIND.service, "customer_id", [customer])
    if not found.known:
        return None, "popular" if found.is_read else "no_features"
    row = found.first
    return row, None if row[IDS] else "popular"


def _lane(runtime: Runtime, size: int, body: RecommendationsBody | None) -> LaneName:
    return calculating(runtime, size, body is not None and body.k <= SHORT)


ENDPOINT = Endpoint(
    "POST",
    "/v1/recommendations",
    "predict",
    recommendations,
    RecommendationsAnswer,
    "Which products a customer buys next",
    RecommendationsBody,
    {
        "customer_id": "2375",
        "k": 10,
        "mode": "all",
        "exclude": [],
        "basket": [],
        "region": None,
        "diversity": None,
        "context": {},
    },
    lane=_lane,
)
