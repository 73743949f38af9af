"""What the service takes and answers, as typed dictionaries.

Generated from the OpenAPI document of the service; `REGULARS_WRITE_DOCS=1 pytest tests/docs` writes it anew.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

JsonValue = Any


class _AudienceAnswer(TypedDict):
    """The fields that are always there."""

    prediction_id: str
    """name it in POST /v1/feedback"""
    model: Literal["churn", "recommendation", "demand"]
    version: str
    """the version in the model registry"""
    variant: str
    """what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's"""
    results: list[AudienceCustomer]
    told_by: Literal["product", "alike"]
    """product: by who bought it; alike: it is not sold often enough, and is told by products like it"""
    alike: list[str]
    """the products that tell it, the most alike first; empty of one told by itself"""
    considered: int
    """customers who were scored"""
    left_out: dict[str, int]
    """how many of them are not in the results, by the first reason"""


class AudienceAnswer(_AudienceAnswer, total=False):
    """At most as many customers as were asked for, of those who may be contacted."""

    data_until: str | None
    """the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here"""


class _AudienceBody(TypedDict):
    """The fields that are always there."""

    product_id: str
    """a product id, as a string; also of a product that is not sold yet"""


class AudienceBody(_AudienceBody, total=False):
    """Of which product."""

    size: int
    """an integer from 1 to 10000: how many customers"""


class AudienceCustomer(TypedDict):
    """One customer, the most likely buyer first."""

    fallback: Literal["population", "popular", "no_consent", "baseline", "inactive", "new_customer", "unknown_customer", "unknown_series", "unknown_product", "no_scenario", "new_product", "pairs_only", "no_features"] | None
    """null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned"""
    customer_id: str
    score: float
    """comparable between customers and products, but not calibrated"""


class Band(TypedDict):
    """An expected figure; nine in ten customers end between low and high."""

    expected: float
    low: float
    high: float


class BundleOfProducts(TypedDict):
    """Two products or three; figures are null where the version counted none."""

    fallback: Literal["population", "popular", "no_consent", "baseline", "inactive", "new_customer", "unknown_customer", "unknown_series", "unknown_product", "no_scenario", "new_product", "pairs_only", "no_features"] | None
    """null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned"""
    product_ids: list[str]
    """the product asked for first, if it is one of them"""
    scene: str
    """what it is for, told by the kinds of its products and when they are bought"""
    baskets: int | None
    """that hold all of them"""
    support: float | None
    """the share of all baskets"""
    lift: float | None
    """how many times as many baskets as if the product that belongs least had to do with no other"""
    lift_low: float | None
    lift_high: float | None
    lift_by_chance: float | None
    """the lift of unrelated products in baskets as large"""
    margin: float | None
    """base currency: the sum of price less unit_cost; null where one is not known"""
    told_by: str | None
    """the product alike whose bundle it is; null of a product told by itself"""


class _BundlesAnswer(TypedDict):
    """The fields that are always there."""

    prediction_id: str
    """name it in POST /v1/feedback"""
    model: Literal["churn", "recommendation", "demand"]
    version: str
    """the version in the model registry"""
    variant: str
    """what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's"""
    results: list[BundleOfProducts]
    shortfall: str | None
    """null, or why there are fewer than k bundles"""
    did_you_mean: str | None
    """the product that was meant, where nobody knows the one asked for and one is near"""


class BundlesAnswer(_BundlesAnswer, total=False):
    """At most k bundles."""

    data_until: str | None
    """the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here"""


class _BundlesBody(TypedDict):
    """The fields that are always there."""

    product_id: str
    """a product id, as a string; also of a product that is not sold yet"""


class BundlesBody(_BundlesBody, total=False):
    """With which product."""

    k: int
    """an integer from 1 to 1000: how many bundles"""


class _ChurnAnswer(TypedDict):
    """The fields that are always there."""

    prediction_id: str
    """name it in POST /v1/feedback"""
    model: Literal["churn", "recommendation", "demand"]
    version: str
    """the version in the model registry"""
    variant: str
    """what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's"""
    results: list[ChurnResult]


class ChurnAnswer(_ChurnAnswer, total=False):
    """One result for each customer id, in the order asked."""

    data_until: str | None
    """the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here"""


class _ChurnBody(TypedDict):
    """The fields that are always there."""

    customer_ids: list[str]
    """at most 10,000 customer ids, each a string of 1 to 256 characters"""


class ChurnBody(_ChurnBody, total=False):
    """For whom."""

    explain: bool
    """true or false: whether each result gives its reasons"""


class ChurnResult(TypedDict):
    """How likely one customer is to buy nothing within the horizon."""

    fallback: Literal["population", "popular", "no_consent", "baseline", "inactive", "new_customer", "unknown_customer", "unknown_series", "unknown_product", "no_scenario", "new_product", "pairs_only", "no_features"] | None
    """null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned"""
    version: str
    """the version that answered"""
    variant: str
    """champion, baseline, canary or another arm's name"""
    customer_id: str
    churn_probability: float | None
    """null without the consent to profiling"""
    risk_score: int | None
    """floor of the percentile rank in the population the model was trained on"""
    risk_tier: int | None
    base: float | None
    """log-odds before anything is known of the customer: with all effects of causes added, the log-odds of churn_probability; null unless explain was true"""
    causes: list[ExplainedCause]
    """the strongest first; empty unless explain was true"""
    reasons: list[Reason]
    """the strongest first, no more than half of one cause where others have any; empty unless explain was true"""
    main_cause: Literal["logistics", "price", "service", "product", "engagement", "life_stage"] | None
    """the family of reasons that raises the odds of leaving most; null where none does, or nobody asked"""
    action: str | None
    """the win-back action of the tier (and of the cause, where churn.action_by says so); none for who does not allow marketing"""
    action_by_cause: str | None
    """the win-back action of the tier for the main cause; null without one"""
    action_reason: Literal["no_marketing_consent"] | None
    """null, or why nothing is to be done whatever the tier says; no_marketing_consent: the customer does not allow marketing"""
    expected_value_saved: float | None
    """what a contact is expected to save, in the base currency; null where nothing is known"""


class CustomerHealth(TypedDict):
    """How well the customer is: 0 to 100, the sum of the points of its parts."""

    index: float
    parts: list[PartOfHealth]


class CustomerResult(TypedDict):
    """What the shop knows of one customer."""

    fallback: Literal["population", "popular", "no_consent", "baseline", "inactive", "new_customer", "unknown_customer", "unknown_series", "unknown_product", "no_scenario", "new_product", "pairs_only", "no_features"] | None
    """null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned"""
    customer_id: str
    rfm: Rfm
    segment: str | None
    """one of eight groups by the scores of RFM"""
    lifecycle_stage: str | None
    """one of seven stages, by days and by the year's spend"""
    rfm_x: RfmX
    health: CustomerHealth | None
    value_forecast: float | None
    """expected revenue of the next 28 days, in the base currency"""
    value_source: Literal["model", "baseline", "formula"] | None
    """what tells the value: the champion of value, the best baseline while no version passed its gates, or a plain formula while there is neither, and for who is new or has not bought for a year; null: nothing does"""
    value: list[ValueOfHorizon]
    """28, 90 and 365 days; empty where the formula answers"""
    next_purchase: NextPurchase | None
    """null where the formula answers"""
    value_tier: int | None
    """fifth of customers by expected spend of a year, 5: the top"""
    due_products: list[DueAgain]
    """at most 5, those bought most and most lately first"""
    consents: dict[str, bool]
    """per purpose, whether the customer allows it"""
    profile: list[ProfileFeature] | None
    """every feature of the data dictionary, in its order; null where it was not asked for, nothing is known of the customer, or the customer does not allow it"""


class CustomersAnswer(TypedDict):
    """One result for each customer id, in the order asked."""

    results: list[CustomerResult]


class _CustomersBody(TypedDict):
    """The fields that are always there."""

    customer_ids: list[str]
    """at most 10,000 customer ids, each a string of 1 to 256 characters"""


class CustomersBody(_CustomersBody, total=False):
    """Who."""

    profile: bool
    """true or false: whether each result has every described feature"""


class _DemandAnswer(TypedDict):
    """The fields that are always there."""

    prediction_id: str
    """name it in POST /v1/feedback"""
    model: Literal["churn", "recommendation", "demand"]
    version: str
    """the version in the model registry"""
    variant: str
    """what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's"""
    results: list[DemandResult]


class DemandAnswer(_DemandAnswer, total=False):
    """One result for each series, in the order asked."""

    data_until: str | None
    """the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here"""


class _DemandBody(TypedDict):
    """The fields that are always there."""

    series: list[dict[str, str]]
    """a list of at most 10,000 series, each an object with its key columns, as strings"""


class DemandBody(_DemandBody, total=False):
    """Of which series."""

    horizon: int | None
    """an integer from 1 to demand.horizon_days, or null for all of these days"""
    quantiles: list[float]
    """different ones of 0.05, 0.25, 0.5, 0.75, 0.95"""
    scenario: ScenarioBody | None
    """an object with a price or a price_change, a promotion, or both; null: the forecast as planned"""
    explain: bool
    """whether to say what makes up each mean, in units"""


class _DemandResult(TypedDict):
    """The fields that are always there."""

    fallback: Literal["population", "popular", "no_consent", "baseline", "inactive", "new_customer", "unknown_customer", "unknown_series", "unknown_product", "no_scenario", "new_product", "pairs_only", "no_features"] | None
    """null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned"""
    version: str
    """the version that answered"""
    variant: str
    """champion, baseline, canary or another arm's name"""
    series: dict[str, str]
    """the key columns, as asked"""
    forecast: list[ForecastDay]
    reorder_point: float | None
    """units in hand and on order at which to order again; null: of a level, which is not ordered, or an unknown series"""
    order_up_to: float | None
    """units to fill up to; null: lead time and review reach beyond the forecast"""
    stockout_risk: float | None
    """the chance of running out within the lead time; null: the stock is not known"""
    surge: bool
    """last week sold far more than the four before"""
    surge_chance: float | None
    """the chance of a week that sells as much as the last, if demand is that of the four before; null: not told of a group, a new product, an unknown series, or one that began later"""
    needs_review: bool
    """so much, or so risky, that a person has to look first"""


class DemandResult(_DemandResult, total=False):
    """The forecast of one series."""

    alike: int | None
    """of a new product: how many products alike tell its forecast"""
    scenario: ScenarioAnswer | None
    """where a scenario was asked: what it changes"""


class DueAgain(TypedDict):
    """A product that the customer buys again and again, and that is due."""

    product_id: str
    due_on: str
    """may lie in the past"""
    every_days: float
    """the customer's rhythm, drawn towards that of the product's buyers"""


class _EventBody(TypedDict):
    """The fields that are always there."""

    customer_id: str
    """a customer id, as a string"""
    kind: Literal["view", "cart", "purchase", "search", "wishlist", "email_open", "email_click", "login", "complaint", "ticket", "review", "payment_failed", "order_cancelled"]
    """one of view, cart, purchase, search, wishlist, email_open, email_click, login, complaint, ticket, review, payment_failed, order_cancelled"""


class EventBody(_EventBody, total=False):
    """One interaction."""

    occurred_at: str | None
    """a time with its zone, such as 2017-12-01T09:30:00Z, not after the shop's present; null: now"""
    product_id: str | None
    """a product id, as a string, or null"""
    order_id: str | None
    """an order id, as a string, or null"""
    quantity: float | None
    """units, a number of at most 1,000,000, or null"""
    value: float | None
    """an amount in the base currency or a score, a number of at most 1,000,000,000, or null"""
    text: str | None
    """at most 10,000 characters, or null"""


class EventsAnswer(TypedDict):
    """The events are on disk."""

    accepted: int
    """events that were kept, known ones among them"""
    known: int
    """those of them that had been sent before: they count once"""
    applied: bool
    """whether the next prediction shows the purchases, views, carts, wishes and searches among them; false: there is none, or the store does not answer and shows them as soon as it does"""
    deferred: int
    """events of other kinds: they change no answer before the next snapshot (ingest, then materialize)"""


class EventsBody(TypedDict):
    """What happened."""

    events: list[EventBody]
    """1 to 10,000 events, each an object"""


class ExplainedCause(TypedDict):
    """What all features of a family of reasons add to the log-odds of leaving."""

    cause: Literal["logistics", "price", "service", "product", "engagement", "life_stage"] | None
    """null: what belongs to none"""
    effect: float
    """what they add to the log-odds together"""
    raises: float
    """the part of those that raise it"""
    lowers: float
    """the part of those that lower it"""


class FeedbackAnswer(TypedDict):
    """The outcome is on disk."""

    feedback_id: str
    prediction_id: str
    matched: bool
    """whether the prediction is in the log"""


class FeedbackBody(TypedDict):
    """What came of a prediction."""

    prediction_id: str
    """the prediction_id of an answer: 32 hexadecimal digits"""
    outcome: dict[str, JsonValue]
    """an object with at least one entry, at most 20,000 characters as JSON"""


class _ForecastDay(TypedDict):
    """The fields that are always there."""

    date: str
    mean: float | None
    """null, as the quantiles: of an unknown series"""


class ForecastDay(_ForecastDay, total=False):
    """The forecast of one date, in units; the quantiles that were asked for."""

    q05: float | None
    q25: float | None
    q50: float | None
    q75: float | None
    q95: float | None
    parts: dict[str, float] | None
    """what adds up to the mean, in units, where asked to explain"""


class Gate(TypedDict):
    """What one gate says: in words, and as a code with the values that the words speak of."""

    name: str
    passed: bool
    reviewable: bool
    text: str
    code: str
    values: dict[str, Any]


class Health(TypedDict):
    """The process is alive."""

    status: Literal["alive"]


class JobAnswer(TypedDict):
    """A job for the whole population. It waits, runs, and then is done, has failed or was cancelled."""

    job_id: str
    model: Literal["churn", "recommendation", "demand"]
    format: Literal["parquet", "csv"]
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    step: str | None
    """what it does just now"""
    share: float | None
    """how much of that is done, from 0 to 1; null: nothing tells"""
    problem: str | None
    """why it failed"""
    asked_at: str
    begun_at: str | None
    ended_at: str | None
    expires_at: str | None
    """when the job and its file are forgotten"""
    version: str | None
    """the version that predicted"""
    as_of: str | None
    rows: int | None
    bytes: int | None
    file: str | None
    """the address of the file; it takes range requests"""


class _JobBody(TypedDict):
    """The fields that are always there."""

    model: Literal["churn", "recommendation", "demand"]
    """'churn', 'recommendation' or 'demand'"""


class JobBody(_JobBody, total=False):
    """Which predictions, and how; as `regulars predict` takes them."""

    format: Literal["parquet", "csv"]
    """'parquet' or 'csv'"""
    as_of: str | None
    """the first day that is not known, as YYYY-MM-DD, or null: the shop's present"""
    mode: Literal["all", "new"] | None
    """of recommendation: 'all', 'new' for products the customer never bought before, or null"""
    k: int | None
    """of recommendation: products per customer, an integer from 1 to 1000, or null"""
    level: str | None
    """of demand: the groups of a level of demand.levels, at most 256 characters, or null"""


class JobsAnswer(TypedDict):
    """The jobs, the newest first."""

    jobs: list[JobAnswer]


class LeftOutByRule(TypedDict):
    """What a rule kept out."""

    rule: str
    products: int
    """how many products of the catalogue it keeps from this customer"""


class MetricValue(TypedDict):
    """A metric with its 95% interval."""

    value: float | None
    low: float | None
    high: float | None


class ModelVersion(TypedDict):
    """A version of a model that has an alias."""

    name: str
    version: str
    aliases: list[str]
    serving: bool
    """whether predictions come from it now"""
    variant: str | None
    """champion, baseline, canary or another arm's name; null: it answers nobody"""
    trained_as_of: str | None
    metrics: dict[str, MetricValue]
    gates: list[Gate]


class ModelsAnswer(TypedDict):
    """The versions that matter now; complete says whether the registry could be asked."""

    models: list[ModelVersion]
    complete: bool


class NextPurchase(TypedDict):
    """When the customer is expected back; a day is null where that is more than a year away."""

    expected_on: str | None
    """as likely before as after"""
    earliest_on: str | None
    """one in twenty are back by then"""
    latest_on: str | None
    """one in twenty are not"""
    overdue: bool
    """nine in ten customers of this rhythm would have bought again by now"""


class PartOfHealth(TypedDict):
    """One part of the health index, with the figures behind it in words."""

    part: Literal["rhythm", "visits", "spend", "steadiness", "engagement", "satisfaction", "service"]
    points: float | None
    """the points of all parts add up to the index; null: not told"""
    most: float | None
    """the most points it can have, among the parts that are told"""
    text: str


class _ProblemAnswer(TypedDict):
    """The fields that are always there."""

    type: str
    title: str
    status: int
    detail: str


class ProblemAnswer(_ProblemAnswer, total=False):
    """RFC 9457."""

    errors: list[ProblemField] | None


class _ProblemField(TypedDict):
    """The fields that are always there."""

    field: str
    problem: str
    allowed: str


class ProblemField(_ProblemField, total=False):
    """One field that is not as it must be."""

    did_you_mean: str | None


class ProfileFeature(TypedDict):
    """One feature of a customer, in the words of the data dictionary."""

    name: str
    value: float | str | list[float | str] | None
    """a number, a text or a list of them; null: not known"""
    text: str
    """the value in words"""
    description: str
    """what the feature means"""
    unit: str
    family: str
    """the family of features it is computed with"""


class Range(TypedDict):
    """A figure, and the bounds between which it lies with a chance of nine in ten."""

    value: float
    low: float
    high: float


class Ready(TypedDict):
    """The models are loaded; per model the version that answers, null: defaults.

`online_store` is "ok", or says what is wrong with it: then defaults answer. `database` is "ok", or says what is
wrong with it: then events and feedback are refused, and predictions wait to be logged."""

    status: Literal["ready"]
    models: dict[str, str | None]
    online_store: str
    database: str


class Reason(TypedDict):
    """Why a churn probability is what it is."""

    feature: str
    """a feature of the data dictionary"""
    value: float | None
    """the customer's value; null: missing"""
    effect: float
    """what it adds to the log-odds of leaving"""
    text: str
    """the same in words, with the unit, beside what is usual for the customer"""
    cause: Literal["logistics", "price", "service", "product", "engagement", "life_stage"] | None
    """the family of reasons it belongs to"""
    related: list[str]
    """features that say much the same: their effects are summed in this one's"""


class RecommendationContext(TypedDict, total=False):
    """What the shop front knows of the moment."""

    adult: bool
    """true where the shop front has checked that the customer is of age, else false"""
    session_id: str | None
    """the visit of a guest, as a string, or null: in an experiment it gets one version throughout"""


class _RecommendationsAnswer(TypedDict):
    """The fields that are always there."""

    prediction_id: str
    """name it in POST /v1/feedback"""
    model: Literal["churn", "recommendation", "demand"]
    version: str
    """the version in the model registry"""
    variant: str
    """what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's"""
    results: list[RecommendedProduct]
    rules: RulesOfAnswer
    shortfall: str | None
    """null, or why there are fewer than k products"""


class RecommendationsAnswer(_RecommendationsAnswer, total=False):
    """At most k products."""

    data_until: str | None
    """the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here"""


class RecommendationsBody(TypedDict, total=False):
    """For whom, and which products."""

    customer_id: str | None
    """a customer id, as a string; null for a guest"""
    k: int
    """an integer from 1 to 1000: how many products"""
    mode: Literal["all", "new"]
    """'all', or 'new' for products the customer never bought before"""
    exclude: list[str]
    """at most 10,000 product ids (strings) that are left out"""
    basket: list[str]
    """at most 1,000 product ids (strings) in the basket now"""
    region: str | None
    """a region as in the orders, as a string, or null"""
    diversity: float | None
    """how far the list follows the customer's own mix of categories, a number from 0 to 1; null: as recommendation.diversity says"""
    context: RecommendationContext
    """an object with the field adult (true or false)"""


class RecommendedProduct(TypedDict):
    """One product, the best first."""

    fallback: Literal["population", "popular", "no_consent", "baseline", "inactive", "new_customer", "unknown_customer", "unknown_series", "unknown_product", "no_scenario", "new_product", "pairs_only", "no_features"] | None
    """null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned"""
    product_id: str
    score: float
    source: str
    """where the candidate came from"""
    reason: str
    """why, in words a shop front may print"""
    rules: list[str]
    """the names of the merchandiser's rules that lifted it, or put it in its place"""
    explored: bool
    """whether chance put it there (recommendation.explore_share)"""
    propensity: float
    """the chance with which it stands in this list"""


class Rfm(TypedDict):
    """Recency, frequency, money."""

    recency_days: float | None
    """days since the last purchase"""
    frequency: float | None
    """orders of the last 364 days"""
    monetary: float | None
    """revenue of the last 364 days, in the base currency"""
    recency_score: int | None
    """1 to 5, 5 bought most recently"""
    frequency_score: int | None
    """1 to 5, 5 buys most often"""
    monetary_score: int | None
    """1 to 5, 5 spends most"""


class RfmX(TypedDict):
    """What goes beyond recency, frequency and money, 1 to 5; null: nothing tells."""

    loyalty: int | None
    """how steadily the customer bought over the last half year"""
    satisfaction: int | None
    """by own reviews, the service desk, and complaints"""
    referral: int | None
    """how the customer speaks of the shop in reviews"""


class RulesOfAnswer(TypedDict):
    """What a merchandiser's rules did to the list."""

    version: int | None
    """the version of the rules; null where no rule counts now"""
    left_out: list[LeftOutByRule]
    """what rules kept out of the list"""
    unmet: list[str]
    """pins and quotas that could not be kept"""


class ScenarioAnswer(TypedDict):
    """What the scenario changes over all days of the forecast."""

    planned_units: float | None
    """units of the forecast as planned"""
    units: float | None
    """units of the forecast under the scenario"""
    change_units: Range | None
    """the difference"""
    change_percent: Range | None
    """the difference as a percentage of the plan"""
    planned_price: float | None
    """what a unit costs by the plan; null where the price is as planned"""
    price: float | None
    """what a unit costs under the scenario; null where it is as planned"""
    elasticity: Range | None
    """by how many percent sales change with one percent of price; null where the price is as planned"""
    own_share: float | None
    """how much of the elasticity the series' own weeks tell; the rest is its group's"""
    refused: Literal["unknown_series", "new_product", "not_learnt", "too_short", "price_never_moved", "price_moved_too_little", "response_unclear", "price_out_of_range", "promotion_never_varied"] | None
    """null, or why the scenario can't be answered for the series"""
    reason: str | None
    """the same in words"""


class ScenarioBody(TypedDict, total=False):
    """What if."""

    price: float | None
    """the price of one unit, a number above 0, or null: as planned"""
    price_change: float | None
    """the change of the price as a share, a number above -1, such as -0.1; null: as planned"""
    promotion: Literal[True, False, "display", "mailer", "other"] | None
    """true, false, 'display', 'mailer' or 'other'; null: as planned"""


class _SimilarAnswer(TypedDict):
    """The fields that are always there."""

    prediction_id: str
    """name it in POST /v1/feedback"""
    model: Literal["churn", "recommendation", "demand"]
    version: str
    """the version in the model registry"""
    variant: str
    """what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's"""
    results: list[SimilarProduct]
    shortfall: str | None
    """null, or why there are fewer than k products"""
    did_you_mean: str | None
    """the product that was meant, where nobody knows the one asked for and one is near"""


class SimilarAnswer(_SimilarAnswer, total=False):
    """At most k products."""

    data_until: str | None
    """the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here"""


class _SimilarBody(TypedDict):
    """The fields that are always there."""

    product_id: str
    """a product id, as a string"""


class SimilarBody(_SimilarBody, total=False):
    """To which product."""

    k: int
    """an integer from 1 to 1000: how many products"""


class SimilarProduct(TypedDict):
    """One product, the most similar first."""

    fallback: Literal["population", "popular", "no_consent", "baseline", "inactive", "new_customer", "unknown_customer", "unknown_series", "unknown_product", "no_scenario", "new_product", "pairs_only", "no_features"] | None
    """null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned"""
    product_id: str
    score: float


class ValueOfHorizon(TypedDict):
    """What is expected of a customer in the coming days."""

    days: int
    spend: Band
    """revenue, in the base currency"""
    visits: Band
    """days with a purchase"""
