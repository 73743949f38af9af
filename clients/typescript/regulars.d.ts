// What the service takes and answers.
// Generated from its OpenAPI document; `REGULARS_WRITE_DOCS=1 pytest tests/docs` writes it anew.

export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** At most as many customers as were asked for, of those who may be contacted. */
export interface AudienceAnswer {
  /** name it in POST /v1/feedback */
  prediction_id: string;
  model: "churn" | "recommendation" | "demand";
  /** the version in the model registry */
  version: string;
  /** what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's */
  variant: string;
  /** the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here */
  data_until?: string | null;
  results: AudienceCustomer[];
  /** product: by who bought it; alike: it is not sold often enough, and is told by products like it */
  told_by: "product" | "alike";
  /** the products that tell it, the most alike first; empty of one told by itself */
  alike: string[];
  /** customers who were scored */
  considered: number;
  /** how many of them are not in the results, by the first reason */
  left_out: { [name: string]: number };
}

/** Of which product. */
export interface AudienceBody {
  /** a product id, as a string; also of a product that is not sold yet */
  product_id: string;
  /** an integer from 1 to 10000: how many customers */
  size?: number;
}

/** One customer, the most likely buyer first. */
export interface AudienceCustomer {
  /** null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned */
  fallback: "population" | "popular" | "no_consent" | "baseline" | "inactive" | "new_customer" | "unknown_customer" | "unknown_series" | "unknown_product" | "no_scenario" | "new_product" | "pairs_only" | "no_features" | null;
  customer_id: string;
  /** comparable between customers and products, but not calibrated */
  score: number;
}

/** An expected figure; nine in ten customers end between low and high. */
export interface Band {
  expected: number;
  low: number;
  high: number;
}

/** Two products or three; figures are null where the version counted none. */
export interface BundleOfProducts {
  /** null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned */
  fallback: "population" | "popular" | "no_consent" | "baseline" | "inactive" | "new_customer" | "unknown_customer" | "unknown_series" | "unknown_product" | "no_scenario" | "new_product" | "pairs_only" | "no_features" | null;
  /** the product asked for first, if it is one of them */
  product_ids: string[];
  /** what it is for, told by the kinds of its products and when they are bought */
  scene: string;
  /** that hold all of them */
  baskets: number | null;
  /** the share of all baskets */
  support: number | null;
  /** how many times as many baskets as if the product that belongs least had to do with no other */
  lift: number | null;
  lift_low: number | null;
  lift_high: number | null;
  /** the lift of unrelated products in baskets as large */
  lift_by_chance: number | null;
  /** base currency: the sum of price less unit_cost; null where one is not known */
  margin: number | null;
  /** the product alike whose bundle it is; null of a product told by itself */
  told_by: string | null;
}

/** At most k bundles. */
export interface BundlesAnswer {
  /** name it in POST /v1/feedback */
  prediction_id: string;
  model: "churn" | "recommendation" | "demand";
  /** the version in the model registry */
  version: string;
  /** what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's */
  variant: string;
  /** the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here */
  data_until?: string | null;
  results: BundleOfProducts[];
  /** null, or why there are fewer than k bundles */
  shortfall: string | null;
  /** the product that was meant, where nobody knows the one asked for and one is near */
  did_you_mean: string | null;
}

/** With which product. */
export interface BundlesBody {
  /** a product id, as a string; also of a product that is not sold yet */
  product_id: string;
  /** an integer from 1 to 1000: how many bundles */
  k?: number;
}

/** One result for each customer id, in the order asked. */
export interface ChurnAnswer {
  /** name it in POST /v1/feedback */
  prediction_id: string;
  model: "churn" | "recommendation" | "demand";
  /** the version in the model registry */
  version: string;
  /** what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's */
  variant: string;
  /** the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here */
  data_until?: string | null;
  results: ChurnResult[];
}

/** For whom. */
export interface ChurnBody {
  /** at most 10,000 customer ids, each a string of 1 to 256 characters */
  customer_ids: string[];
  /** true or false: whether each result gives its reasons */
  explain?: boolean;
}

/** How likely one customer is to buy nothing within the horizon. */
export interface ChurnResult {
  /** null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned */
  fallback: "population" | "popular" | "no_consent" | "baseline" | "inactive" | "new_customer" | "unknown_customer" | "unknown_series" | "unknown_product" | "no_scenario" | "new_product" | "pairs_only" | "no_features" | null;
  /** the version that answered */
  version: string;
  /** champion, baseline, canary or another arm's name */
  variant: string;
  customer_id: string;
  /** null without the consent to profiling */
  churn_probability: number | null;
  /** floor of the percentile rank in the population the model was trained on */
  risk_score: number | null;
  risk_tier: number | null;
  /** log-odds before anything is known of the customer: with all effects of causes added, the log-odds of churn_probability; null unless explain was true */
  base: number | null;
  /** the strongest first; empty unless explain was true */
  causes: ExplainedCause[];
  /** the strongest first, no more than half of one cause where others have any; empty unless explain was true */
  reasons: Reason[];
  /** the family of reasons that raises the odds of leaving most; null where none does, or nobody asked */
  main_cause: "logistics" | "price" | "service" | "product" | "engagement" | "life_stage" | null;
  /** the win-back action of the tier (and of the cause, where churn.action_by says so); none for who does not allow marketing */
  action: string | null;
  /** the win-back action of the tier for the main cause; null without one */
  action_by_cause: string | null;
  /** null, or why nothing is to be done whatever the tier says; no_marketing_consent: the customer does not allow marketing */
  action_reason: "no_marketing_consent" | null;
  /** what a contact is expected to save, in the base currency; null where nothing is known */
  expected_value_saved: number | null;
}

/** How well the customer is: 0 to 100, the sum of the points of its parts. */
export interface CustomerHealth {
  index: number;
  parts: PartOfHealth[];
}

/** What the shop knows of one customer. */
export interface CustomerResult {
  /** null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned */
  fallback: "population" | "popular" | "no_consent" | "baseline" | "inactive" | "new_customer" | "unknown_customer" | "unknown_series" | "unknown_product" | "no_scenario" | "new_product" | "pairs_only" | "no_features" | null;
  customer_id: string;
  rfm: Rfm;
  /** one of eight groups by the scores of RFM */
  segment: string | null;
  /** one of seven stages, by days and by the year's spend */
  lifecycle_stage: string | null;
  rfm_x: RfmX;
  health: CustomerHealth | null;
  /** expected revenue of the next 28 days, in the base currency */
  value_forecast: number | null;
  /** what tells the value: the champion of value, the best baseline while no version passed its gates, or a plain formula while there is neither, and for who is new or has not bought for a year; null: nothing does */
  value_source: "model" | "baseline" | "formula" | null;
  /** 28, 90 and 365 days; empty where the formula answers */
  value: ValueOfHorizon[];
  /** null where the formula answers */
  next_purchase: NextPurchase | null;
  /** fifth of customers by expected spend of a year, 5: the top */
  value_tier: number | null;
  /** at most 5, those bought most and most lately first */
  due_products: DueAgain[];
  /** per purpose, whether the customer allows it */
  consents: { [name: string]: boolean };
  /** every feature of the data dictionary, in its order; null where it was not asked for, nothing is known of the customer, or the customer does not allow it */
  profile: ProfileFeature[] | null;
}

/** One result for each customer id, in the order asked. */
export interface CustomersAnswer {
  results: CustomerResult[];
}

/** Who. */
export interface CustomersBody {
  /** at most 10,000 customer ids, each a string of 1 to 256 characters */
  customer_ids: string[];
  /** true or false: whether each result has every described feature */
  profile?: boolean;
}

/** One result for each series, in the order asked. */
export interface DemandAnswer {
  /** name it in POST /v1/feedback */
  prediction_id: string;
  model: "churn" | "recommendation" | "demand";
  /** the version in the model registry */
  version: string;
  /** what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's */
  variant: string;
  /** the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here */
  data_until?: string | null;
  results: DemandResult[];
}

/** Of which series. */
export interface DemandBody {
  /** a list of at most 10,000 series, each an object with its key columns, as strings */
  series: ({ [name: string]: string })[];
  /** an integer from 1 to demand.horizon_days, or null for all of these days */
  horizon?: number | null;
  /** different ones of 0.05, 0.25, 0.5, 0.75, 0.95 */
  quantiles?: number[];
  /** an object with a price or a price_change, a promotion, or both; null: the forecast as planned */
  scenario?: ScenarioBody | null;
  /** whether to say what makes up each mean, in units */
  explain?: boolean;
}

/** The forecast of one series. */
export interface DemandResult {
  /** null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned */
  fallback: "population" | "popular" | "no_consent" | "baseline" | "inactive" | "new_customer" | "unknown_customer" | "unknown_series" | "unknown_product" | "no_scenario" | "new_product" | "pairs_only" | "no_features" | null;
  /** the version that answered */
  version: string;
  /** champion, baseline, canary or another arm's name */
  variant: string;
  /** the key columns, as asked */
  series: { [name: string]: string };
  forecast: ForecastDay[];
  /** units in hand and on order at which to order again; null: of a level, which is not ordered, or an unknown series */
  reorder_point: number | null;
  /** units to fill up to; null: lead time and review reach beyond the forecast */
  order_up_to: number | null;
  /** the chance of running out within the lead time; null: the stock is not known */
  stockout_risk: number | null;
  /** last week sold far more than the four before */
  surge: boolean;
  /** the chance of a week that sells as much as the last, if demand is that of the four before; null: not told of a group, a new product, an unknown series, or one that began later */
  surge_chance: number | null;
  /** so much, or so risky, that a person has to look first */
  needs_review: boolean;
  /** of a new product: how many products alike tell its forecast */
  alike?: number | null;
  /** where a scenario was asked: what it changes */
  scenario?: ScenarioAnswer | null;
}

/** A product that the customer buys again and again, and that is due. */
export interface DueAgain {
  product_id: string;
  /** may lie in the past */
  due_on: string;
  /** the customer's rhythm, drawn towards that of the product's buyers */
  every_days: number;
}

/** One interaction. */
export interface EventBody {
  /** a customer id, as a string */
  customer_id: string;
  /** one of view, cart, purchase, search, wishlist, email_open, email_click, login, complaint, ticket, review, payment_failed, order_cancelled */
  kind: "view" | "cart" | "purchase" | "search" | "wishlist" | "email_open" | "email_click" | "login" | "complaint" | "ticket" | "review" | "payment_failed" | "order_cancelled";
  /** a time with its zone, such as 2017-12-01T09:30:00Z, not after the shop's present; null: now */
  occurred_at?: string | null;
  /** a product id, as a string, or null */
  product_id?: string | null;
  /** an order id, as a string, or null */
  order_id?: string | null;
  /** units, a number of at most 1,000,000, or null */
  quantity?: number | null;
  /** an amount in the base currency or a score, a number of at most 1,000,000,000, or null */
  value?: number | null;
  /** at most 10,000 characters, or null */
  text?: string | null;
}

/** The events are on disk. */
export interface EventsAnswer {
  /** events that were kept, known ones among them */
  accepted: number;
  /** those of them that had been sent before: they count once */
  known: number;
  /** whether the next prediction shows the purchases, views, carts, wishes and searches among them; false: there is none, or the store does not answer and shows them as soon as it does */
  applied: boolean;
  /** events of other kinds: they change no answer before the next snapshot (ingest, then materialize) */
  deferred: number;
}

/** What happened. */
export interface EventsBody {
  /** 1 to 10,000 events, each an object */
  events: EventBody[];
}

/** What all features of a family of reasons add to the log-odds of leaving. */
export interface ExplainedCause {
  /** null: what belongs to none */
  cause: "logistics" | "price" | "service" | "product" | "engagement" | "life_stage" | null;
  /** what they add to the log-odds together */
  effect: number;
  /** the part of those that raise it */
  raises: number;
  /** the part of those that lower it */
  lowers: number;
}

/** The outcome is on disk. */
export interface FeedbackAnswer {
  feedback_id: string;
  prediction_id: string;
  /** whether the prediction is in the log */
  matched: boolean;
}

/** What came of a prediction. */
export interface FeedbackBody {
  /** the prediction_id of an answer: 32 hexadecimal digits */
  prediction_id: string;
  /** an object with at least one entry, at most 20,000 characters as JSON */
  outcome: { [name: string]: JsonValue };
}

/** The forecast of one date, in units; the quantiles that were asked for. */
export interface ForecastDay {
  date: string;
  /** null, as the quantiles: of an unknown series */
  mean: number | null;
  q05?: number | null;
  q25?: number | null;
  q50?: number | null;
  q75?: number | null;
  q95?: number | null;
  /** what adds up to the mean, in units, where asked to explain */
  parts?: { [name: string]: number } | null;
}

/** What one gate says: in words, and as a code with the values that the words speak of. */
export interface Gate {
  name: string;
  passed: boolean;
  reviewable: boolean;
  text: string;
  code: string;
  values: { [name: string]: JsonValue };
}

/** The process is alive. */
export interface Health {
  status: "alive";
}

/** A job for the whole population. It waits, runs, and then is done, has failed or was cancelled. */
export interface JobAnswer {
  job_id: string;
  model: "churn" | "recommendation" | "demand";
  format: "parquet" | "csv";
  state: "waiting" | "running" | "done" | "failed" | "cancelled";
  /** what it does just now */
  step: string | null;
  /** how much of that is done, from 0 to 1; null: nothing tells */
  share: number | null;
  /** why it failed */
  problem: string | null;
  asked_at: string;
  begun_at: string | null;
  ended_at: string | null;
  /** when the job and its file are forgotten */
  expires_at: string | null;
  /** the version that predicted */
  version: string | null;
  as_of: string | null;
  rows: number | null;
  bytes: number | null;
  /** the address of the file; it takes range requests */
  file: string | null;
}

/** Which predictions, and how; as `regulars predict` takes them. */
export interface JobBody {
  /** 'churn', 'recommendation' or 'demand' */
  model: "churn" | "recommendation" | "demand";
  /** 'parquet' or 'csv' */
  format?: "parquet" | "csv";
  /** the first day that is not known, as YYYY-MM-DD, or null: the shop's present */
  as_of?: string | null;
  /** of recommendation: 'all', 'new' for products the customer never bought before, or null */
  mode?: "all" | "new" | null;
  /** of recommendation: products per customer, an integer from 1 to 1000, or null */
  k?: number | null;
  /** of demand: the groups of a level of demand.levels, at most 256 characters, or null */
  level?: string | null;
}

/** The jobs, the newest first. */
export interface JobsAnswer {
  jobs: JobAnswer[];
}

/** What a rule kept out. */
export interface LeftOutByRule {
  rule: string;
  /** how many products of the catalogue it keeps from this customer */
  products: number;
}

/** A metric with its 95% interval. */
export interface MetricValue {
  value: number | null;
  low: number | null;
  high: number | null;
}

/** A version of a model that has an alias. */
export interface ModelVersion {
  name: string;
  version: string;
  aliases: string[];
  /** whether predictions come from it now */
  serving: boolean;
  /** champion, baseline, canary or another arm's name; null: it answers nobody */
  variant: string | null;
  trained_as_of: string | null;
  metrics: { [name: string]: MetricValue };
  gates: Gate[];
}

/** The versions that matter now; complete says whether the registry could be asked. */
export interface ModelsAnswer {
  models: ModelVersion[];
  complete: boolean;
}

/** When the customer is expected back; a day is null where that is more than a year away. */
export interface NextPurchase {
  /** as likely before as after */
  expected_on: string | null;
  /** one in twenty are back by then */
  earliest_on: string | null;
  /** one in twenty are not */
  latest_on: string | null;
  /** nine in ten customers of this rhythm would have bought again by now */
  overdue: boolean;
}

/** One part of the health index, with the figures behind it in words. */
export interface PartOfHealth {
  part: "rhythm" | "visits" | "spend" | "steadiness" | "engagement" | "satisfaction" | "service";
  /** the points of all parts add up to the index; null: not told */
  points: number | null;
  /** the most points it can have, among the parts that are told */
  most: number | null;
  text: string;
}

/** RFC 9457. */
export interface ProblemAnswer {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: ProblemField[] | null;
}

/** One field that is not as it must be. */
export interface ProblemField {
  field: string;
  problem: string;
  allowed: string;
  did_you_mean?: string | null;
}

/** One feature of a customer, in the words of the data dictionary. */
export interface ProfileFeature {
  name: string;
  /** a number, a text or a list of them; null: not known */
  value: number | string | (number | string)[] | null;
  /** the value in words */
  text: string;
  /** what the feature means */
  description: string;
  unit: string;
  /** the family of features it is computed with */
  family: string;
}

/** A figure, and the bounds between which it lies with a chance of nine in ten. */
export interface Range {
  value: number;
  low: number;
  high: number;
}

/** The models are loaded; per model the version that answers, null: defaults. `online_store` is "ok", or says what is wrong with it: then defaults answer. `database` is "ok", or says what is wrong with it: then events and feedback are refused, and predictions wait to be logged. */
export interface Ready {
  status: "ready";
  models: { [name: string]: string | null };
  online_store: string;
  database: string;
}

/** Why a churn probability is what it is. */
export interface Reason {
  /** a feature of the data dictionary */
  feature: string;
  /** the customer's value; null: missing */
  value: number | null;
  /** what it adds to the log-odds of leaving */
  effect: number;
  /** the same in words, with the unit, beside what is usual for the customer */
  text: string;
  /** the family of reasons it belongs to */
  cause: "logistics" | "price" | "service" | "product" | "engagement" | "life_stage" | null;
  /** features that say much the same: their effects are summed in this one's */
  related: string[];
}

/** What the shop front knows of the moment. */
export interface RecommendationContext {
  /** true where the shop front has checked that the customer is of age, else false */
  adult?: boolean;
  /** the visit of a guest, as a string, or null: in an experiment it gets one version throughout */
  session_id?: string | null;
}

/** At most k products. */
export interface RecommendationsAnswer {
  /** name it in POST /v1/feedback */
  prediction_id: string;
  model: "churn" | "recommendation" | "demand";
  /** the version in the model registry */
  version: string;
  /** what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's */
  variant: string;
  /** the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here */
  data_until?: string | null;
  results: RecommendedProduct[];
  rules: RulesOfAnswer;
  /** null, or why there are fewer than k products */
  shortfall: string | null;
}

/** For whom, and which products. */
export interface RecommendationsBody {
  /** a customer id, as a string; null for a guest */
  customer_id?: string | null;
  /** an integer from 1 to 1000: how many products */
  k?: number;
  /** 'all', or 'new' for products the customer never bought before */
  mode?: "all" | "new";
  /** at most 10,000 product ids (strings) that are left out */
  exclude?: string[];
  /** at most 1,000 product ids (strings) in the basket now */
  basket?: string[];
  /** a region as in the orders, as a string, or null */
  region?: string | null;
  /** how far the list follows the customer's own mix of categories, a number from 0 to 1; null: as recommendation.diversity says */
  diversity?: number | null;
  /** an object with the field adult (true or false) */
  context?: RecommendationContext;
}

/** One product, the best first. */
export interface RecommendedProduct {
  /** null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned */
  fallback: "population" | "popular" | "no_consent" | "baseline" | "inactive" | "new_customer" | "unknown_customer" | "unknown_series" | "unknown_product" | "no_scenario" | "new_product" | "pairs_only" | "no_features" | null;
  product_id: string;
  score: number;
  /** where the candidate came from */
  source: string;
  /** why, in words a shop front may print */
  reason: string;
  /** the names of the merchandiser's rules that lifted it, or put it in its place */
  rules: string[];
  /** whether chance put it there (recommendation.explore_share) */
  explored: boolean;
  /** the chance with which it stands in this list */
  propensity: number;
}

/** Recency, frequency, money. */
export interface Rfm {
  /** days since the last purchase */
  recency_days: number | null;
  /** orders of the last 364 days */
  frequency: number | null;
  /** revenue of the last 364 days, in the base currency */
  monetary: number | null;
  /** 1 to 5, 5 bought most recently */
  recency_score: number | null;
  /** 1 to 5, 5 buys most often */
  frequency_score: number | null;
  /** 1 to 5, 5 spends most */
  monetary_score: number | null;
}

/** What goes beyond recency, frequency and money, 1 to 5; null: nothing tells. */
export interface RfmX {
  /** how steadily the customer bought over the last half year */
  loyalty: number | null;
  /** by own reviews, the service desk, and complaints */
  satisfaction: number | null;
  /** how the customer speaks of the shop in reviews */
  referral: number | null;
}

/** What a merchandiser's rules did to the list. */
export interface RulesOfAnswer {
  /** the version of the rules; null where no rule counts now */
  version: number | null;
  /** what rules kept out of the list */
  left_out: LeftOutByRule[];
  /** pins and quotas that could not be kept */
  unmet: string[];
}

/** What the scenario changes over all days of the forecast. */
export interface ScenarioAnswer {
  /** units of the forecast as planned */
  planned_units: number | null;
  /** units of the forecast under the scenario */
  units: number | null;
  /** the difference */
  change_units: Range | null;
  /** the difference as a percentage of the plan */
  change_percent: Range | null;
  /** what a unit costs by the plan; null where the price is as planned */
  planned_price: number | null;
  /** what a unit costs under the scenario; null where it is as planned */
  price: number | null;
  /** by how many percent sales change with one percent of price; null where the price is as planned */
  elasticity: Range | null;
  /** how much of the elasticity the series' own weeks tell; the rest is its group's */
  own_share: number | null;
  /** null, or why the scenario can't be answered for the series */
  refused: "unknown_series" | "new_product" | "not_learnt" | "too_short" | "price_never_moved" | "price_moved_too_little" | "response_unclear" | "price_out_of_range" | "promotion_never_varied" | null;
  /** the same in words */
  reason: string | null;
}

/** What if. */
export interface ScenarioBody {
  /** the price of one unit, a number above 0, or null: as planned */
  price?: number | null;
  /** the change of the price as a share, a number above -1, such as -0.1; null: as planned */
  price_change?: number | null;
  /** true, false, 'display', 'mailer' or 'other'; null: as planned */
  promotion?: true | false | "display" | "mailer" | "other" | null;
}

/** At most k products. */
export interface SimilarAnswer {
  /** name it in POST /v1/feedback */
  prediction_id: string;
  model: "churn" | "recommendation" | "demand";
  /** the version in the model registry */
  version: string;
  /** what answered: champion; baseline, the best one while no version passed its gates; canary or another arm of an experiment by its name; mixed: each result says its own, and version is the champion's */
  variant: string;
  /** the last day with an order that the shop's tables have: where it lies far back, so do the answers; purchases received since are beside it. null: no table of orders is here */
  data_until?: string | null;
  results: SimilarProduct[];
  /** null, or why there are fewer than k products */
  shortfall: string | null;
  /** the product that was meant, where nobody knows the one asked for and one is near */
  did_you_mean: string | null;
}

/** To which product. */
export interface SimilarBody {
  /** a product id, as a string */
  product_id: string;
  /** an integer from 1 to 1000: how many products */
  k?: number;
}

/** One product, the most similar first. */
export interface SimilarProduct {
  /** null, or what was missing: population: the customer or their features are not known: the rate of the whole population; no_features: the feature store does not answer, was never filled or lost what it held, so nothing can be told of the customer: churn gives the rate of the whole population, recommendations what sells best; popular: nothing is known of the customer: what sells best; no_consent: the customer does not allow it; baseline: no model passed its gates yet: the best baseline answers; inactive: the customer has not bought for longer than the model's population has; new_customer: the customer is known by purchases since the last snapshot only, which is none of those the model was trained on: the rate of the whole population; unknown_customer: nothing is known of the customer; unknown_series: the series has no sales, or on too few days (demand.min_days): nothing is told of it; unknown_product: the product is not known: what sells best; new_product: the product was launched lately, or is to come: told by products alike; pairs_only: the version was trained by a release that counted no bundles: what was bought with it; no_scenario: the scenario can't be answered for the series, and `scenario` says why: the forecast as planned */
  fallback: "population" | "popular" | "no_consent" | "baseline" | "inactive" | "new_customer" | "unknown_customer" | "unknown_series" | "unknown_product" | "no_scenario" | "new_product" | "pairs_only" | "no_features" | null;
  product_id: string;
  score: number;
}

/** What is expected of a customer in the coming days. */
export interface ValueOfHorizon {
  days: number;
  /** revenue, in the base currency */
  spend: Band;
  /** days with a purchase */
  visits: Band;
}

/** What `type` of a problem document can be. */
export type ProblemType = "urn:regulars:problem:invalid-body" | "urn:regulars:problem:invalid-header" | "urn:regulars:problem:bad-request" | "urn:regulars:problem:unauthorized" | "urn:regulars:problem:forbidden" | "urn:regulars:problem:not-found" | "urn:regulars:problem:no-such-job" | "urn:regulars:problem:not-done" | "urn:regulars:problem:method-not-allowed" | "urn:regulars:problem:too-late" | "urn:regulars:problem:too-large" | "urn:regulars:problem:idempotency-key-reused" | "urn:regulars:problem:too-busy" | "urn:regulars:problem:over-limit" | "urn:regulars:problem:locked-out" | "urn:regulars:problem:head-too-large" | "urn:regulars:problem:internal" | "urn:regulars:problem:not-ready" | "urn:regulars:problem:no-model" | "urn:regulars:problem:store-down" | "urn:regulars:problem:too-many-connections" | "urn:regulars:problem:too-slow" | "urn:regulars:problem:no-room";

/** By `operationId`. */
export interface Operations {
  /** How likely customers are to buy nothing within the horizon */
  post_churn: { method: "POST"; path: "/v1/churn"; right: "predict"; body: ChurnBody; answer: ChurnAnswer; takesIdempotencyKey: false };
  /** Which products a customer buys next */
  post_recommendations: { method: "POST"; path: "/v1/recommendations"; right: "predict"; body: RecommendationsBody; answer: RecommendationsAnswer; takesIdempotencyKey: false };
  /** Which products are most like a product */
  post_similar: { method: "POST"; path: "/v1/similar"; right: "predict"; body: SimilarBody; answer: SimilarAnswer; takesIdempotencyKey: false };
  /** What is bought together with a product more often than chance has it */
  post_bundles: { method: "POST"; path: "/v1/bundles"; right: "predict"; body: BundlesBody; answer: BundlesAnswer; takesIdempotencyKey: false };
  /** Which customers are most likely to buy a product, of those who may be contacted */
  post_audience: { method: "POST"; path: "/v1/audience"; right: "customers"; body: AudienceBody; answer: AudienceAnswer; takesIdempotencyKey: false };
  /** How many units sell on each of the coming days */
  post_demand: { method: "POST"; path: "/v1/demand"; right: "predict"; body: DemandBody; answer: DemandAnswer; takesIdempotencyKey: false };
  /** RFM, segment, stage, health, expected value, next purchase, products due, consents; on request the whole profile */
  post_customers: { method: "POST"; path: "/v1/customers"; right: "customers"; body: CustomersBody; answer: CustomersAnswer; takesIdempotencyKey: false };
  /** Tell what customers do; the next prediction shows purchases, views, carts, wishes and searches */
  post_events: { method: "POST"; path: "/v1/events"; right: "events"; body: EventsBody; answer: EventsAnswer; takesIdempotencyKey: true };
  /** Tell what came of a prediction */
  post_feedback: { method: "POST"; path: "/v1/feedback"; right: "feedback"; body: FeedbackBody; answer: FeedbackAnswer; takesIdempotencyKey: true };
  /** The versions that matter now, their metrics and gates */
  get_models: { method: "GET"; path: "/v1/models"; right: "predict"; body: null; answer: ModelsAnswer; takesIdempotencyKey: false };
  /** Predict for the whole population into a file */
  post_new_job: { method: "POST"; path: "/v1/jobs"; right: "predict"; body: JobBody; answer: JobAnswer; takesIdempotencyKey: true };
  /** The jobs that this key asked for */
  get_jobs: { method: "GET"; path: "/v1/jobs"; right: "predict"; body: null; answer: JobsAnswer; takesIdempotencyKey: false };
  /** How a job stands */
  get_job: { method: "GET"; path: "/v1/jobs/{job_id}"; right: "predict"; body: null; answer: JobAnswer; takesIdempotencyKey: false };
  /** Cancel a job */
  delete_job: { method: "DELETE"; path: "/v1/jobs/{job_id}"; right: "predict"; body: null; answer: JobAnswer; takesIdempotencyKey: false };
  /** Whether the process is alive */
  get_health: { method: "GET"; path: "/healthz"; right: null; body: null; answer: Health; takesIdempotencyKey: false };
  /** Whether the service can answer */
  get_ready: { method: "GET"; path: "/readyz"; right: null; body: null; answer: Ready; takesIdempotencyKey: false };
}
