"""What the endpoints answer. Handlers build plain objects of this shape; OpenAPI is made from it, tests hold both."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.settings import Cause

Fallback = Literal[
    "population",
    "popular",
    "no_consent",
    "baseline",
    "inactive",
    "new_customer",
    "unknown_customer",
    "unknown_series",
    "unknown_product",
    "no_scenario",
    "new_product",
    "pairs_only",
    "no_features",
]
ScenarioRefusal = Literal[
    "unknown_series",
    "new_product",
    "not_learnt",
    "too_short",
    "price_never_moved",
    "price_moved_too_little",
    "response_unclear",
    "price_out_of_range",
    "promotion_never_varied",
]
FALLBACKS = {
    "population": "the customer or their features are not known: the rate of the whole population",
    "no_features": "the feature store does not answer, was never filled or lost what it held, so nothing can be told "
    "of the customer: churn gives the rate of the whole population, recommendations what sells best",
    "popular": "nothing is known of the customer: what sells best",
    "no_consent": "the customer does not allow it",
    "baseline": "no model passed its gates yet: the best baseline answers",
    "inactive": "the customer has not bought for longer than the model's population has",
    "new_customer": "the customer is known by purchases since the last snapshot only, which is none of those the model "
    "was trained on: the rate of the whole population",
    "unknown_customer": "nothing is known of the customer",
    "unknown_series": "the series has no sales, or on too few days (demand.min_days): nothing is told of it",
    "unknown_product": "the product is not known: what sells best",
    "new_product": "the product was launched lately, or is to come: told by products alike",
    "pairs_only": "the version was trained by a release that counted no bundles: what was bought with it",
    "no_scenario": "the scenario can't be answered for the series, and `scenario` says why: the forecast as planned",
}


def _open(schema: dict[str, Any]) -> None:
    """Open is what says nothing: «true» would say that callers have to do with fields of any name."""
    schema.pop("additionalProperties", None)


class Answer(BaseModel):
    """A JSON object; a later release may add fields, which callers pass over."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_open)


class AnswerLine(Answer):
    """One line of an answer."""

    fallback: Fallback | None = Field(
        description="null, or what was missing: " + "; ".join(f"{name}: {text}" for name, text in FALLBACKS.items())
    )


class PredictionAnswer(Answer):
    """What every prediction has."""

    prediction_id: str = Field(pattern="^[0-9a-f]{32}$", description="name it in POST /v1/feedback")
    model: Literal["churn", "recommendation", "demand"]
    version: str = Field(description="the version in the model registry")
    variant: str = Field(
        description="what answered: champion; baseline, the best one while no version passed its gates; canary or "
        "another arm of an experiment by its name; mixed: each result says its own, and version is the champion's"
    )
    data_until: str | None = Field(
        None,
        description="the last day with an order that the shop's tables have: where it lies far back, so do the answers;"
        " purchases received since are beside it. null: no table of orders is here",
        json_schema_extra={"format": "date"},
    )


class Reason(Answer):
    """Why a churn probability is what it is."""

    feature: str = Field(description="a feature of the data dictionary")
    value: float | None = Field(description="the customer's value; null: missing")
    effect: float = Field(description="what it adds to the log-odds of leaving")
    text: str = Field(description="the same in words, with the unit, beside what is usual for the customer")
    cause: Cause | None = Field(description="the family of reasons it belongs to")
    related: list[str] = Field(description="features that say much the same: their effects are summed in this one's")


class ExplainedCause(Answer):
    """What all features of a family of reasons add to the log-odds of leaving."""

    cause: Cause | None = Field(description="null: what belongs to none")
    effect: float = Field(description="what they add to the log-odds together")
    raises: float = Field(ge=0, description="the part of those that raise it")
    lowers: float = Field(le=0, description="the part of those that lower it")


class LineOfVariant(AnswerLine):
    """One line, where each may be answered by another version."""

    version: str = Field(description="the version that answered")
    variant: str = Field(description="champion, baseline, canary or another arm's name")


class ChurnResult(LineOfVariant):
    """How likely one customer is to buy nothing within the horizon."""

    customer_id: str
    churn_probability: float | None = Field(ge=0, le=1, description="null without the consent to profiling")
    risk_score: int | None = Field(
        ge=0, le=100, description="floor of the percentile rank in the population the model was trained on"
    )
    risk_tier: int | None = Field(ge=0, le=3)
    base: float | None = Field(
        description="log-odds before anything is known of the customer: with all effects of causes added, "
        "the log-odds of churn_probability; null unless explain was true"
    )
    causes: list[ExplainedCause] = Field(description="the strongest first; empty unless explain was true")
    reasons: list[Reason] = Field(
        description="the strongest first, no more than half of one cause where others have any; "
        "empty unless explain was true"
    )
    main_cause: Cause | None = Field(
        description="the family of reasons that raises the odds of leaving most; null where none does, or nobody asked"
    )
    action: str | None = Field(
        description="the win-back action of the tier (and of the cause, where churn.action_by says so); "
        "none for who does not allow marketing"
    )
    action_by_cause: str | None = Field(
        description="the win-back action of the tier for the main cause; null without one"
    )
    action_reason: Literal["no_marketing_consent"] | None = Field(
        description="null, or why nothing is to be done whatever the tier says; no_marketing_consent: "
        "the customer does not allow marketing"
    )
    expected_value_saved: float | None = Field(
        ge=0, description="what a contact is expected to save, in the base currency; null where nothing is known"
    )


class ChurnAnswer(PredictionAnswer):
    """One result for each customer id, in the order asked."""

    results: list[ChurnResult]


class RecommendedProduct(AnswerLine):
    """One product, the best first."""

    product_id: str
    score: float
    source: str = Field(description="where the candidate came from")
    reason: str = Field(description="why, in words a shop front may print")
    rules: list[str] = Field(description="the names of the merchandiser's rules that lifted it, or put it in its place")
    explored: bool = Field(description="whether chance put it there (recommendation.explore_share)")
    propensity: float = Field(gt=0, le=1, description="the chance with which it stands in this list")


class LeftOutByRule(Answer):
    """What a rule kept out."""

    rule: str
    products: int = Field(ge=1, description="how many products of the catalogue it keeps from this customer")


class RulesOfAnswer(Answer):
    """What a merchandiser's rules did to the list."""

    version: int | None = Field(description="the version of the rules; null where no rule counts now")
    left_out: list[LeftOutByRule] = Field(description="what rules kept out of the list")
    unmet: list[str] = Field(description="pins and quotas that could not be kept")


class RecommendationsAnswer(PredictionAnswer):
    """At most k products."""

    results: list[RecommendedProduct]
    rules: RulesOfAnswer
    shortfall: str | None = Field(description="null, or why there are fewer than k products")


_NEAREST = "the product that was meant, where nobody knows the one asked for and one is near"


class SimilarProduct(AnswerLine):
    """One product, the most similar first."""

    product_id: str
    score: float


class SimilarAnswer(PredictionAnswer):
    """At most k products."""

    results: list[SimilarProduct]
    shortfall: str | None = Field(description="null, or why there are fewer than k products")
    did_you_mean: str | None = Field(description=_NEAREST)


class BundleOfProducts(AnswerLine):
    """Two products or three; figures are null where the version counted none."""

    product_ids: list[str] = Field(description="the product asked for first, if it is one of them")
    scene: str = Field(description="what it is for, told by the kinds of its products and when they are bought")
    baskets: int | None = Field(ge=0, description="that hold all of them")
    support: float | None = Field(ge=0, le=1, description="the share of all baskets")
    lift: float | None = Field(
        ge=0, description="how many times as many baskets as if the product that belongs least had to do with no other"
    )
    lift_low: float | None = Field(ge=0)
    lift_high: float | None = Field(ge=0)
    lift_by_chance: float | None = Field(ge=0, description="the lift of unrelated products in baskets as large")
    margin: float | None = Field(
        description="base currency: the sum of price less unit_cost; null where one is not known"
    )
    told_by: str | None = Field(description="the product alike whose bundle it is; null of a product told by itself")


class BundlesAnswer(PredictionAnswer):
    """At most k bundles."""

    results: list[BundleOfProducts]
    shortfall: str | None = Field(description="null, or why there are fewer than k bundles")
    did_you_mean: str | None = Field(description=_NEAREST)


class AudienceCustomer(AnswerLine):
    """One customer, the most likely buyer first."""

    customer_id: str
    score: float = Field(ge=0, le=1, description="comparable between customers and products, but not calibrated")


class AudienceAnswer(PredictionAnswer):
    """At most as many customers as were asked for, of those who may be contacted."""

    results: list[AudienceCustomer]
    told_by: Literal["product", "alike"] = Field(
        description="product: by who bought it; alike: it is not sold often enough, and is told by products like it"
    )
    alike: list[str] = Field(description="the products that tell it, the most alike first; empty of one told by itself")
    considered: int = Field(ge=0, description="customers who were scored")
    left_out: dict[str, int] = Field(description="how many of them are not in the results, by the first reason")


class ForecastDay(Answer):
    """The forecast of one date, in units; the quantiles that were asked for."""

    date: str = Field(json_schema_extra={"format": "date"})
    mean: float | None = Field(ge=0, description="null, as the quantiles: of an unknown series")
    q05: float | None = Field(None, ge=0)
    q25: float | None = Field(None, ge=0)
    q50: float | None = Field(None, ge=0)
    q75: float | None = Field(None, ge=0)
    q95: float | None = Field(None, ge=0)
    parts: dict[str, float] | None = Field(
        None, description="what adds up to the mean, in units, where asked to explain"
    )


class Range(Answer):
    """A figure, and the bounds between which it lies with a chance of nine in ten."""

    value: float
    low: float
    high: float


class ScenarioAnswer(Answer):
    """What the scenario changes over all days of the forecast."""

    planned_units: float | None = Field(ge=0, description="units of the forecast as planned")
    units: float | None = Field(ge=0, description="units of the forecast under the scenario")
    change_units: Range | None = Field(description="the difference")
    change_percent: Range | None = Field(description="the difference as a percentage of the plan")
    planned_price: float | None = Field(description="what a unit costs by the plan; null where the price is as planned")
    price: float | None = Field(description="what a unit costs under the scenario; null where it is as planned")
    elasticity: Range | None = Field(
        description="by how many percent sales change with one percent of price; null where the price is as planned"
    )
    own_share: float | None = Field(
        ge=0, le=1, description="how much of the elasticity the series' own weeks tell; the rest is its group's"
    )
    refused: ScenarioRefusal | None = Field(description="null, or why the scenario can't be answered for the series")
    reason: str | None = Field(description="the same in words")


class DemandResult(LineOfVariant):
    """The forecast of one series."""

    series: dict[str, str] = Field(description="the key columns, as asked")
    forecast: list[ForecastDay]
    reorder_point: float | None = Field(
        ge=0,
        description="units in hand and on order at which to order again; null: of a level, which is not ordered,"
        " or an unknown series",
    )
    order_up_to: float | None = Field(
        ge=0, description="units to fill up to; null: lead time and review reach beyond the forecast"
    )
    stockout_risk: float | None = Field(
        ge=0, le=1, description="the chance of running out within the lead time; null: the stock is not known"
    )
    surge: bool = Field(description="last week sold far more than the four before")
    surge_chance: float | None = Field(
        ge=0,
        le=1,
        description="the chance of a week that sells as much as the last, if demand is that of the four before;"
        " null: not told of a group, a new product, an unknown series, or one that began later",
    )
    needs_review: bool = Field(description="so much, or so risky, that a person has to look first")
    alike: int | None = Field(None, description="of a new product: how many products alike tell its forecast")
    scenario: ScenarioAnswer | None = Field(None, description="where a scenario was asked: what it changes")


class DemandAnswer(PredictionAnswer):
    """One result for each series, in the order asked."""

    results: list[DemandResult]


class Rfm(Answer):
    """Recency, frequency, money."""

    recency_days: float | None = Field(description="days since the last purchase")
    frequency: float | None = Field(description="orders of the last 364 days")
    monetary: float | None = Field(description="revenue of the last 364 days, in the base currency")
    recency_score: int | None = Field(description="1 to 5, 5 bought most recently")
    frequency_score: int | None = Field(description="1 to 5, 5 buys most often")
    monetary_score: int | None = Field(description="1 to 5, 5 spends most")


class RfmX(Answer):
    """What goes beyond recency, frequency and money, 1 to 5; null: nothing tells."""

    loyalty: int | None = Field(ge=1, le=5, description="how steadily the customer bought over the last half year")
    satisfaction: int | None = Field(ge=1, le=5, description="by own reviews, the service desk, and complaints")
    referral: int | None = Field(ge=1, le=5, description="how the customer speaks of the shop in reviews")


class PartOfHealth(Answer):
    """One part of the health index, with the figures behind it in words."""

    part: Literal["rhythm", "visits", "spend", "steadiness", "engagement", "satisfaction", "service"]
    points: float | None = Field(ge=0, description="the points of all parts add up to the index; null: not told")
    most: float | None = Field(ge=0, description="the most points it can have, among the parts that are told")
    text: str


class CustomerHealth(Answer):
    """How well the customer is: 0 to 100, the sum of the points of its parts."""

    index: float = Field(ge=0, le=100)
    parts: list[PartOfHealth]


class Band(Answer):
    """An expected figure; nine in ten customers end between low and high."""

    expected: float = Field(ge=0)
    low: float = Field(ge=0)
    high: float = Field(ge=0)


class ValueOfHorizon(Answer):
    """What is expected of a customer in the coming days."""

    days: int
    spend: Band = Field(description="revenue, in the base currency")
    visits: Band = Field(description="days with a purchase")


class NextPurchase(Answer):
    """When the customer is expected back; a day is null where that is more than a year away."""

    expected_on: str | None = Field(description="as likely before as after", json_schema_extra={"format": "date"})
    earliest_on: str | None = Field(description="one in twenty are back by then", json_schema_extra={"format": "date"})
    latest_on: str | None = Field(description="one in twenty are not", json_schema_extra={"format": "date"})
    overdue: bool = Field(description="nine in ten customers of this rhythm would have bought again by now")


class DueAgain(Answer):
    """A product that the customer buys again and again, and that is due."""

    product_id: str
    due_on: str = Field(description="may lie in the past", json_schema_extra={"format": "date"})
    every_days: float = Field(gt=0, description="the customer's rhythm, drawn towards that of the product's buyers")


class ProfileFeature(Answer):
    """One feature of a customer, in the words of the data dictionary."""

    name: str
    value: float | str | list[float | str] | None = Field(
        description="a number, a text or a list of them; null: not known"
    )
    text: str = Field(description="the value in words")
    description: str = Field(description="what the feature means")
    unit: str
    family: str = Field(description="the family of features it is computed with")


class CustomerResult(AnswerLine):
    """What the shop knows of one customer."""

    customer_id: str
    rfm: Rfm
    segment: str | None = Field(description="one of eight groups by the scores of RFM")
    lifecycle_stage: str | None = Field(description="one of seven stages, by days and by the year's spend")
    rfm_x: RfmX
    health: CustomerHealth | None
    value_forecast: float | None = Field(description="expected revenue of the next 28 days, in the base currency")
    value_source: Literal["model", "baseline", "formula"] | None = Field(
        description="what tells the value: the champion of value, the best baseline while no version passed its gates, "
        "or a plain formula while there is neither, and for who is new or has not bought for a year; null: nothing does"
    )
    value: list[ValueOfHorizon] = Field(description="28, 90 and 365 days; empty where the formula answers")
    next_purchase: NextPurchase | None = Field(description="null where the formula answers")
    value_tier: int | None = Field(ge=1, le=5, description="fifth of customers by expected spend of a year, 5: the top")
    due_products: list[DueAgain] = Field(description="at most 5, those bought most and most lately first")
    consents: dict[str, bool] = Field(description="per purpose, whether the customer allows it")
    profile: list[ProfileFeature] | None = Field(
        description="every feature of the data dictionary, in its order; null where it was not asked for, nothing is "
        "known of the customer, or the customer does not allow it"
    )


class CustomersAnswer(Answer):
    """One result for each customer id, in the order asked."""

    results: list[CustomerResult]


class EventsAnswer(Answer):
    """The events are on disk."""

    accepted: int = Field(ge=0, description="events that were kept, known ones among them")
    known: int = Field(ge=0, description="those of them that had been sent before: they count once")
    applied: bool = Field(
        description="whether the next prediction shows the purchases, views, carts, wishes and searches among them; "
        "false: there is none, or the store does not answer and shows them as soon as it does"
    )
    deferred: int = Field(
        ge=0,
        description="events of other kinds: they change no answer before the next snapshot (ingest, then materialize)",
    )


class FeedbackAnswer(Answer):
    """The outcome is on disk."""

    feedback_id: str
    prediction_id: str
    matched: bool = Field(description="whether the prediction is in the log")


class MetricValue(Answer):
    """A metric with its 95% interval."""

    value: float | None
    low: float | None
    high: float | None


class Gate(Answer):
    """What one gate says: in words, and as a code with the values that the words speak of."""

    name: str
    passed: bool
    reviewable: bool
    text: str
    code: str
    values: dict[str, Any]


class ModelVersion(Answer):
    """A version of a model that has an alias."""

    name: str
    version: str
    aliases: list[str]
    serving: bool = Field(description="whether predictions come from it now")
    variant: str | None = Field(description="champion, baseline, canary or another arm's name; null: it answers nobody")
    trained_as_of: str | None = Field(json_schema_extra={"format": "date"})
    metrics: dict[str, MetricValue]
    gates: list[Gate]


class ModelsAnswer(Answer):
    """The versions that matter now; complete says whether the registry could be asked."""

    models: list[ModelVersion]
    complete: bool


class Health(Answer):
    """The process is alive."""

    status: Literal["alive"]


class Ready(Answer):
    """The models are loaded; per model the version that answers, null: defaults.

    `online_store` is "ok", or says what is wrong with it: then defaults answer. `database` is "ok", or says what is
    wrong with it: then events and feedback are refused, and predictions wait to be logged.
    """

    status: Literal["ready"]
    models: dict[str, str | None]
    online_store: str
    database: str


class ProblemField(Answer):
    """One field that is not as it must be."""

    field: str
    problem: str
    allowed: str
    did_you_mean: str | None = None


class ProblemAnswer(Answer):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField] | None = None


class JobAnswer(Answer):
    """A job for the whole population. It waits, runs, and then is done, has failed or was cancelled."""

    job_id: str
    model: Literal["churn", "recommendation", "demand"]
    format: Literal["parquet", "csv"]
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    step: str | None = Field(description="what it does just now")
    share: float | None = Field(description="how much of that is done, from 0 to 1; null: nothing tells")
    problem: str | None = Field(description="why it failed")
    asked_at: str
    begun_at: str | None
    ended_at: str | None
    expires_at: str | None = Field(description="when the job and its file are forgotten")
    version: str | None = Field(description="the version that predicted")
    as_of: str | None
    rows: int | None
    bytes: int | None
    file: str | None = Field(description="the address of the file; it takes range requests")


class JobsAnswer(Answer):
    """The jobs, the newest first."""

    jobs: list[JobAnswer]
