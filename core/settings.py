"""The settings as one typed object: defaults here, `regulars.toml` over them, the environment over both.

Every field says in one sentence what it means; `core.settings_template` writes those sentences into the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as Unreadable

from core import progress
from core.errors import SettingsError, did_you_mean, nearest
from core.settings_errors import ENVIRONMENT_PREFIX, explain, unreadable, variable

RETIRED = {"serving.canary_percent": "nothing has ever read it; it is variants.canary_percent now"}
"""Keys of earlier releases and why they went: a file that still has one is read without it, and says so."""
OTHER_VARIABLES = {"REGULARS_WORKSPACE", "REGULARS_REQUIRE_ALL"}
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=1, le=3660)]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int, Field(ge=0)]
Percentile = Annotated[int, Field(ge=0, le=100)]
Actions = tuple[str, str, str, str]
FeatureEngine = Literal["duckdb", "spark"]
Cause = Literal["logistics", "price", "service", "product", "engagement", "life_stage"]
"""The families of reasons for which customers leave, as a marketer knows them."""


class SettingsSection(BaseModel):
    """One table of `regulars.toml`; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ingest(SettingsSection):
    """How the shop's sources are looked after."""

    look_s: Annotated[float, Field(gt=0)] = Field(
        2.0, description="with --watch: seconds between two looks at the files"
    )
    quiet_s: Annotated[float, Field(gt=0)] = Field(
        10.0, description="with --watch: a file is read once it has not changed for so many seconds"
    )
    every_s: Annotated[float, Field(gt=0)] = Field(
        300.0, description="with --watch: seconds between two looks into a database or an object storage"
    )
    s3_endpoint: str = Field("", description="address of an S3-compatible server that s3:// means; empty: Amazon's")
    copies_gb: Annotated[float, Field(gt=0)] = Field(
        50.0, description="room for copies of objects that the mapping names, in gigabytes"
    )


class Churn(SettingsSection):
    """Who will buy nothing in the coming days."""

    horizon_days: Days = Field(28, description="a customer who buys nothing in these days has churned")
    active_days: Days = Field(60, description="customers with a purchase in these days are scored")
    trials: Count = Field(30, description="completed Optuna trials of one training")
    timeout_s: Count = Field(900, description="safety stop of the tuning, in seconds")
    tiers: tuple[Percentile, Percentile, Percentile] = Field(
        (70, 86, 96), description="lowest risk score of tier 1, 2 and 3"
    )
    actions: Actions = Field(
        ("none", "send a reminder", "offer a coupon", "call in person"),
        description="the win-back action of tier 0, 1, 2 and 3",
    )
    actions_by_cause: dict[Cause, Actions] = Field(
        {
            "logistics": ("none", "say when it arrives", "offer free delivery", "call in person about the delivery"),
            "price": ("none", "show offers on favourites", "offer a coupon", "offer a price for regulars"),
            "service": ("none", "ask what went wrong", "apologise with a voucher", "call in person to put it right"),
            "product": ("none", "show what is new", "offer a sample", "advise in person"),
            "engagement": ("none", "send a reminder", "offer a coupon", "call in person"),
            "life_stage": ("none", "send a welcome series", "offer a coupon for the next order", "call in person"),
        },
        description="the same for customers whose main cause to leave is this one; a cause not named: as in actions",
    )
    action_by: Literal["tier", "cause"] = Field(
        "tier", description="whether the action of files and of the service goes by the tier alone or by the cause too"
    )

    @field_validator("tiers")
    @classmethod
    def _rising(cls, tiers: tuple[int, int, int]) -> tuple[int, int, int]:
        if not tiers[0] < tiers[1] < tiers[2]:
            raise ValueError("three rising scores between 0 and 100 are allowed")
        return tiers


HealthPart = Literal["rhythm", "visits", "spend", "steadiness", "engagement", "satisfaction", "service"]


class Segments(SettingsSection):
    """Stages of a customer's life, and the health index."""

    new_days: Days = Field(30, description="days since the first purchase up to which a customer is new")
    growing_days: Days = Field(90, description="the same of growing")
    mature_days: Days = Field(180, description="the same of mature; who is known for longer is established")
    at_risk_days: Days = Field(60, description="who bought nothing in these days is at risk")
    lost_days: Days = Field(90, description="who bought nothing in these days is lost")
    high_value_share: Share = Field(0.2, description="share of customers, by the year's spend, who are of high value")
    health: dict[HealthPart, Annotated[float, Field(ge=0)]] = Field(
        {
            "rhythm": 30.0,
            "visits": 15.0,
            "spend": 15.0,
            "steadiness": 10.0,
            "engagement": 10.0,
            "satisfaction": 10.0,
            "service": 10.0,
        },
        description="what each part weighs in the health index; a part that is not named weighs nothing",
    )

    @field_validator("health")
    @classmethod
    def _weighing(cls, health: dict[HealthPart, float]) -> dict[HealthPart, float]:
        if not health.get("rhythm"):
            raise ValueError("a weight of rhythm above 0 is needed: the one part that is known of everybody")
        return health

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.new_days < self.growing_days < self.mature_days:
            raise ValueError("new_days, growing_days and mature_days must rise")
        if not self.at_risk_days < self.lost_days:
            raise ValueError("lost_days must be more than at_risk_days")
        return self


class ContactLists(SettingsSection):
    """Lists of whom to contact."""

    costs: dict[str, Annotated[float, Field(ge=0)]] = Field(
        {}, description="what an action costs, base currency; one that is not named costs nothing"
    )
    save_rate: Share = Field(
        0.1, description="share of those about to leave whom a contact keeps: assumed, until it was measured"
    )
    worth_days: Days = Field(364, description="days over which it is counted what a customer is worth")
    hold_out: Annotated[float, Field(ge=0, le=0.9)] = Field(
        0.1, description="share of a list that is left alone, so that its effect can be measured"
    )
    margin: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0,
        description="share of spend that is earned: what contacts save or add is counted by it, beside what they cost",
    )
    rest_days: Annotated[int, Field(ge=0, le=3660)] = Field(
        28, description="days after a contact in which nobody is contacted again"
    )
    most_per_year: Annotated[int, Field(ge=0, le=366)] = Field(
        12, description="who was contacted as often in the last 364 days is left in peace; 0: no limit"
    )
    channel: str = Field("email", description="the channel for customers of whom nothing tells which they prefer")
    suppress: str = Field(
        "", description="a text file of ids never to contact, one a line, relative to the workspace; empty: none"
    )


class Demand(SettingsSection):
    """How much of everything will sell."""

    series: tuple[str, ...] = Field(("category",), description="the columns of orders or products that name a series")
    freq: Literal["D", "W"] = Field("D", description="one forecast per day (D) or per week from Monday (W)")
    horizon_days: Annotated[int, Field(ge=7, le=182)] = Field(28, description="how many days ahead is forecast")
    clip_quantile: Annotated[float, Field(gt=0.5, le=1)] = Field(
        0.999, description="line quantities are clipped at this quantile of the category before as-of"
    )
    min_days: Count = Field(
        28,
        description="a series needs sales on this many days before as-of; a weekly one in a seventh as many weeks",
    )
    holidays: tuple[str, ...] = Field(
        (), description='public holidays of countries and regions count beside those of the calendar: ["US", "DE-BY"]'
    )
    levels: tuple[tuple[str, ...], ...] = Field(
        (), description='coarser groups whose forecasts add up to those of the series: [["department"], ["store_id"]]'
    )
    infer_stockouts: bool = Field(
        False,
        description="where no table stock tells: take long gaps of steadily selling series for days out of stock",
    )
    lead_time_days: Days = Field(
        7, description="days between an order to the supplier and its delivery (reorder point)"
    )
    service_level: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="chance of not running out during the lead time (reorder point)"
    )
    trials: Count = Field(20, description="completed Optuna trials of one training")
    timeout_s: Count = Field(900, description="safety stop of the tuning, in seconds")

    @field_validator("holidays")
    @classmethod
    def _places(cls, places: tuple[str, ...]) -> tuple[str, ...]:
        if places:
            import holidays  # a quarter of a second that only who names a place pays for

            known = holidays.list_supported_countries()
            for place in places:
                country, _, region = place.partition("-")
                if country not in known or (region and region not in known[country]):
                    allowed = known.get(country, sorted(known))
                    raise ValueError(f"no holidays of {place!r} are known; allowed: {', '.join(allowed)}")
        return places

    @field_validator("series")
    @classmethod
    def _some(cls, series: tuple[str, ...]) -> tuple[str, ...]:
        if not series or len(set(series)) < len(series):
            raise ValueError("one or more different columns are allowed")
        return series

    @field_validator("levels")
    @classmethod
    def _each_level_once(cls, levels: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        if any(not level or len(set(level)) < len(level) for level in levels):
            raise ValueError("a level is a list of one or more different columns")
        if len({frozenset(level) for level in levels}) < len(levels):
            raise ValueError("a level is named twice")
        return levels

    @property
    def min_periods(self) -> int:
        """In how many periods (days, or weeks) a series needs sales: `min_days`, or a seventh of it."""
        return self.min_days if self.freq == "D" else -(-self.min_days // 7)


class Ordering(SettingsSection):
    """What `regulars order-plan` orders by, beside demand.lead_time_days and demand.service_level."""

    review_days: Days = Field(7, description="days between two looks at the stock, each of which may place an order")
    lead_time_deviation: Annotated[float, Field(ge=0, le=365)] = Field(
        0.0, description="standard deviation of the lead time, in days; 0: it is certain"
    )
    service_levels: dict[str, Annotated[float, Field(gt=0.5, lt=1)]] = Field(
        {}, description="demand.service_level of single categories, by their name"
    )
    min_quantity: Annotated[float, Field(ge=0)] = Field(0.0, description="the smallest order of a series, in units")
    multiple: Annotated[float, Field(gt=0)] = Field(1.0, description="units in a pack: orders are whole packs")
    shelf_life_days: Annotated[int, Field(ge=0, le=3660)] = Field(
        0, description="days after its arrival in which a unit has to be sold; 0: it keeps"
    )
    shelf_life_chance: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.5, description="no more is ordered than sells within the shelf life at this quantile of demand"
    )
    margin: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.3, description="share of the price that is earned: what a lost sale costs (order-plan --backtest)"
    )
    holding_cost: Annotated[float, Field(ge=0)] = Field(
        0.25, description="cost of holding stock for a year, as a share of what the goods cost (order-plan --backtest)"
    )


SelectionPart = Literal["success", "heat", "competition", "margin"]


class Launches(SettingsSection):
    """Which products not yet sold to take in, and which of those just launched to stop."""

    days: Annotated[int, Field(ge=14, le=364)] = Field(
        90, description="a launch is a success if the product reaches its goal in these days"
    )
    goal_units: Annotated[float, Field(ge=0)] = Field(
        0.0, description="the goal in units; 0: what products alike sold on their first days, in the mean"
    )
    settle_days: Annotated[int, Field(ge=1, le=3660)] = Field(
        56, description="a product that first sold within these days from the shop's first one is no launch"
    )
    stop_days: Annotated[int, Field(ge=7, le=360)] = Field(
        30, description="after so many days on sale a launch is looked at again"
    )
    stop_below: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.1, description="a launch less likely than this to reach its goal should be stopped"
    )
    weights: dict[SelectionPart, Annotated[float, Field(ge=0)]] = Field(
        {"success": 40.0, "heat": 20.0, "competition": 20.0, "margin": 20.0},
        description="what each part weighs in the score of a product not yet sold; one not named weighs nothing",
    )

    @field_validator("weights")
    @classmethod
    def _weighing(cls, weights: dict[SelectionPart, float]) -> dict[SelectionPart, float]:
        if not sum(weights.values()):
            raise ValueError("at least one weight above 0 is needed")
        return weights

    @model_validator(mode="after")
    def _stopping_in_time(self) -> Self:
        if self.stop_days >= self.days:
            raise ValueError("stop_days must be less than days")
        return self


class Recommendation(SettingsSection):
    """What each customer wants next."""

    horizon_days: Days = Field(28, description="a recommendation is right if it is bought in these days")
    min_purchases: Count = Field(5, description="a product needs this many purchases before as-of to be recommended")
    diversity: Literal["auto"] | Share = Field(
        "auto",
        description="how far lists follow the customer's own mix of categories: from 0 (scores alone) to 1, or auto: as"
        " far as each version found it to cost nothing",
    )
    most_per_category: CountOrNone = Field(
        0, description="a list has at most so many products of one category; 0: any number"
    )
    most_per_brand: CountOrNone = Field(
        0, description="a list has at most so many products of one brand; 0: any number"
    )
    explore_share: Annotated[float, Field(ge=0, le=0.4)] = Field(
        0.0,
        description="share of the places after the first that the service fills by chance, so that what else is liked"
        " can be seen, and versions be judged by it",
    )
    trials: Count = Field(12, description="completed Optuna trials of one training")
    timeout_s: Count = Field(900, description="safety stop of the tuning, in seconds")


class ValueSettings(SettingsSection):
    """What each customer will be worth, and when they are back."""

    trials: Count = Field(3, description="completed Optuna trials of one training")
    timeout_s: Count = Field(300, description="safety stop of the tuning, in seconds")


class Tuning(SettingsSection):
    """How the trials of a training follow each other."""

    at_once: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="trials that may run beside each other, each proposed from what was known before them"
    )


class FeatureSettings(SettingsSection):
    """How features are computed."""

    engine: FeatureEngine = Field(
        "duckdb", description="what computes them: duckdb (within this process) or spark; the values are the same"
    )


class SparkSettings(SettingsSection):
    """The Spark that computes features where features.engine says so."""

    master: Annotated[str, Field(pattern=r"^(local(\[.+\])?|spark://.+|yarn|k8s://.+)$")] = Field(
        "local[2]", description="local[N] (N cores of this machine), spark://host:port, yarn or k8s://https://..."
    )
    config: dict[str, str] = Field(
        {}, description='properties of the session: {"spark.executor.memory" = "8g"}; they go over the product\'s own'
    )

    @field_validator("config")
    @classmethod
    def _named(cls, config: dict[str, str]) -> dict[str, str]:
        if wrong := sorted(name for name in config if not name.startswith("spark.") or name == "spark.master"):
            raise ValueError(f"{wrong[0]!r} does not belong here: names begin with spark., the master is spark.master")
        return config


class Products(SettingsSection):
    """Which products count."""

    exclude: str = Field(
        "",
        description="SQL condition over products; what it matches does not count for demand and recommendation",
    )
    high_risk: tuple[str, ...] = Field(
        (), description="categories whose forecasts always need a review, beside products.high_risk"
    )


class ConsentSettings(SettingsSection):
    """Choices of customers."""

    default: Literal["refused", "granted"] = Field(
        "refused", description="a customer without a row in the consents table counts as this"
    )


class Serving(SettingsSection):
    """The prediction service."""

    host: str = Field("127.0.0.1", description="address the service listens on")
    port: Port = Field(3000, description="port of the service")
    workers: Count = Field(1, description="processes of the service")
    kept_customers: Annotated[int, Field(ge=0)] = Field(
        50_000,
        description="customers whose churn score and worth a process keeps until their features change, some 300 bytes"
        " each and version; 0: each request tells them anew",
    )
    reload_seconds: Annotated[float, Field(gt=0, le=10)] = Field(
        5.0, description="how often a new champion is looked for, in seconds"
    )
    max_ids: Annotated[int, Field(ge=1, le=10_000)] = Field(10_000, description="customers in one request, at most")
    max_explained: Annotated[int, Field(ge=1, le=10_000)] = Field(
        500, description="customers in one request that asks for reasons, at most"
    )
    max_body_bytes: Annotated[int, Field(ge=1_000)] = Field(
        8 * 2**20, description="bytes a body may have (8 MiB by default)"
    )
    max_header_bytes: Annotated[int, Field(ge=1_000)] = Field(
        32_768, description="bytes that the address and the headers may have together"
    )
    max_headers: Annotated[int, Field(ge=10)] = Field(100, description="headers a request may have")
    max_connections: Count = Field(2_000, description="connections of one worker; another is answered with 503")
    max_requests: Count = Field(256, description="requests under way in one worker; another is answered with 429")
    header_seconds: Annotated[float, Field(gt=0)] = Field(
        10.0, description="time in which the headers of a request must be here"
    )
    body_seconds: Annotated[float, Field(gt=0)] = Field(20.0, description="time in which its body must be here")
    request_seconds: Annotated[float, Field(gt=0)] = Field(60.0, description="time in which it must be answered")
    drain_seconds: Annotated[float, Field(ge=0)] = Field(
        3.0, description="time in which a service that ends still answers, but says at /readyz that it is not ready"
    )
    key_per_second: Annotated[float, Field(ge=0)] = Field(
        0.0, description="requests a second of one key that names no limit of its own; 0: any number"
    )
    key_burst_seconds: Annotated[float, Field(gt=0)] = Field(
        2.0, description="a key that was quiet may send the requests of so many seconds at once"
    )
    lock_out_after: Count = Field(20, description="wrong keys after which an address is locked out")
    lock_out_seconds: Annotated[float, Field(gt=0)] = Field(
        60.0, description="time in which they count, and for which it is locked out; a valid key opens still"
    )
    cors_origins: tuple[str, ...] = Field(
        (), description='origins whose pages may call the service from a browser: ["https://shop.example"]'
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description='addresses or networks of proxies whose X-Forwarded-For counts: ["10.0.0.0/8"]'
    )
    traces: str = Field(
        "", description='where spans go (OTLP over HTTP): "http://collector:4318/v1/traces"; empty: no traces'
    )
    traces_share: Share = Field(0.01, description="share of requests that are traced where the caller does not say")
    log_requests: bool = Field(False, description="each request has a line in the log: its id, status and seconds")
    jobs_waiting: Count = Field(10, description="batch jobs that may wait; another is answered with 429")
    jobs_keep_hours: Annotated[float, Field(gt=0)] = Field(
        24.0, description="a batch job that has ended is kept for so long, and its file"
    )
    experiment_look_seconds: Annotated[float, Field(ge=0)] = Field(
        3600.0,
        description="how often the service looks whether an arm of an experiment is certainly worse, in seconds;"
        " 0: never, only regulars monitor does",
    )
    tls_cert: str = Field("", description="PEM file of the certificate and its chain; empty: no TLS")
    tls_key: str = Field("", description="PEM file of the certificate's key")

    @field_validator("traces")
    @classmethod
    def _collector(cls, url: str) -> str:
        if url and not re.fullmatch(r"https?://[^/\s]+(/\S*)?", url):
            raise ValueError("an http:// or https:// URL such as http://collector:4318/v1/traces, or nothing")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            ip_network(proxy, strict=False)  # its own words say what is wrong
        return proxies

    @model_validator(mode="after")
    def _both_of_tls(self) -> Self:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("tls_cert and tls_key are given together, or neither")
        return self


class Variants(SettingsSection):
    """Versions that answer a share of requests beside the champion."""

    canary_percent: Annotated[float, Field(gt=0, lt=100)] = Field(
        5.0, description="share of customers that a canary answers where the command does not say, in percent"
    )
    alpha: Annotated[float, Field(gt=0, le=0.5)] = Field(
        0.05, description="chance, at most, that an experiment ever calls two equal versions different"
    )
    least_difference: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.05, description="difference worth finding, as a share of the champion's figure: says how many are needed"
    )
    stop_worse: bool = Field(True, description="an arm that is certainly worse than the champion is ended")


class PredictionLogSettings(SettingsSection):
    """What is kept of predictions, and how long."""

    features: bool = Field(
        True, description="predictions are kept with the feature values they were made of, which training can read"
    )
    keep_days: Days = Field(184, description="predictions and what came of them are deleted after so many days")
    spool_mb: Count = Field(
        1000, description="room for predictions that wait for a database that is away, in megabytes"
    )


class Review(SettingsSection):
    """The review desk and the reviewer's part in a release."""

    host: str = Field("127.0.0.1", description="address the review desk listens on")
    port: Port = Field(3001, description="port of the review desk")
    required: bool = Field(False, description="a version needs a reviewer's approval before it becomes champion")
    four_eyes: bool = Field(False, description="who trained a version may not approve it")


class Pages(SettingsSection):
    """The pages of MLflow and Evidently, on loopback."""

    mlflow_port: Port = Field(5000, description="port of the MLflow pages")
    evidently_port: Port = Field(8000, description="port of the Evidently pages")


class Stores(SettingsSection):
    """Where state lives; empty means: in the workspace. A password comes as ${NAME} from the environment."""

    database: str = Field(
        "", description="prediction log, feedback, keys, audit: a PostgreSQL URL, or empty for SQLite"
    )
    feast_registry: str = Field("", description="Feast's registry: a PostgreSQL URL, or empty for SQLite")
    online: str = Field("", description="online store: redis://..., a PostgreSQL URL, or empty for SQLite")
    mlflow: str = Field("", description="MLflow's database: a PostgreSQL URL, or empty for SQLite")
    mlflow_artifacts: str = Field("", description="MLflow's artifacts: s3://..., or empty for files")
    optuna: str = Field("", description="Optuna's storage: a PostgreSQL URL, or empty for a journal file")

    @field_validator("*")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url and urlsplit(url).scheme.split("+")[0] not in {"postgresql", "redis", "s3", "sqlite", "file"}:
            raise ValueError("a postgresql://, redis://, s3:// or sqlite:// URL is allowed, or nothing")
        return url


ShopFigure = Literal[
    "revenue",
    "revenue_per_customer",
    "basket_value",
    "margin",
    "coupon_cost",
    "active_customers",
    "returned",
    "stock_outs",
    "late_deliveries",
    "payment_failures",
    "repeat_rate",
    "repurchase_cycle",
    "rating",
    "satisfaction",
]
"""What `monitoring.shop_figures` measures."""


class Monitoring(SettingsSection):
    """What is watched, over which days."""

    window_days: Days = Field(28, description="the days that are compared with the reference")
    targets: dict[ShopFigure, float] = Field(
        {"payment_failures": 0.05},
        description="what the shop asks of its own figures, by name: at least where more is better, else at most",
    )


AlertLevel = Literal["info", "mild", "moderate", "severe"]


class AlertSettings(SettingsSection):
    """Who answers alerts, in which time, and where they are told."""

    owner: str = Field(
        "", description="who answers alerts, where owners names nobody else; empty: nobody in particular"
    )
    owners: dict[str, str] = Field(
        {}, description='who answers those of a model or a part: {churn = "ada", registry = "operations"}'
    )
    answer_hours: tuple[Count, Count, Count] = Field(
        (168, 72, 48), description="hours in which a mild, a moderate and a severe alert has to be answered"
    )
    channels: dict[str, str] = Field(
        {}, description="where alerts are told, by name; secrets as ${NAME} from the environment (docs/monitoring.md)"
    )
    levels: dict[str, AlertLevel] = Field(
        {}, description="the least level that a channel is told of; one that is not named: mild"
    )
    per_hour: Count = Field(12, description="messages a channel gets in an hour at most; the rest goes out together")
    send_s: Annotated[float, Field(gt=0, le=300)] = Field(
        10.0, description="seconds that sending may take a command, all channels together"
    )
    give_up_hours: Count = Field(72, description="hours for which a channel that fails is tried again")

    @field_validator("answer_hours")
    @classmethod
    def _the_worse_the_sooner(cls, hours: tuple[int, int, int]) -> tuple[int, int, int]:
        if not hours[0] >= hours[1] >= hours[2]:
            raise ValueError("three times are allowed of which none is longer than the one before")
        return hours

    @model_validator(mode="after")
    def _of_channels(self) -> Self:
        if unknown := sorted(set(self.levels) - set(self.channels)):
            raise ValueError(f"levels names {unknown[0]!r}, which channels does not")
        return self


class Rules(SettingsSection):
    """Thresholds of the rules of the house."""

    false_alarms: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.05, description="how likely a year of looks without any change may raise an alert, all rules together"
    )
    drift_share: Share = Field(0.3, description="share of drifted features that raises an alert")
    drift_distance: Annotated[float, Field(gt=0)] = Field(
        0.15, description="how far a number may move before it counts, in standard deviations of its ranks"
    )
    drift_code_distance: Share = Field(
        0.15, description="how far a code's share may move before it counts (arcsine of its root)"
    )
    quality_days: Count = Field(7, description="days in a row below its floor until retraining is requested")
    quality_far: Share = Field(
        0.1, description="share of the floor by which a metric certainly below it asks for retraining at once"
    )
    quality_collapse: Share = Field(
        0.2, description="share of what was promised by which a metric may fall; a loss may grow by it twice over"
    )
    left_ratio: Annotated[float, Field(gt=1)] = Field(
        1.25, description="customers who left over those expected to, or the reverse, from which it matters"
    )
    stopped_share: Share = Field(
        0.03, description="share of customers who stopped beyond what is usual, from which it matters"
    )
    week_change: Share = Field(
        0.35, description="how far orders, customers or revenue of a week may lie off the 8 weeks before, at least"
    )
    check_jump: Share = Field(
        0.05, description="how far a share of the week's order lines may move before a check fails, at least"
    )
    silent_share: Share = Field(
        0.02, description="stores, channels or categories gone silent that held more of the revenue raise an alert"
    )
    live_days: Days = Field(
        35, description="orders that ended longer ago when they were read are a past, and no feed that can fall silent"
    )
    unit_factor: Annotated[float, Field(gt=1)] = Field(
        5.0, description="factor by which a category's quantities or prices may move in a week, at least"
    )
    shop_factor: Annotated[float, Field(gt=1)] = Field(
        1.25, description="the same of all lines of the shop together, at least"
    )
    business_change: tuple[Share, Share, Share] = Field(
        (0.20, 0.35, 0.50), description="change of a business figure that is mild, moderate, severe"
    )
    business_days: Count = Field(3, description="days in a row a business figure must be off")
    fairness_low: Share = Field(0.85, description="lowest ratio of a group to the rest that is fair")
    fairness_high: Annotated[float, Field(ge=1)] = Field(
        1.18, description="highest ratio of a group to the rest that is fair"
    )
    fairness_min_group: Count = Field(30, description="a smaller group is shown, never judged")
    fairness_min_selected: Count = Field(5, description="fewer expected selections are shown, never judged")
    fairness_min_positives: Count = Field(10, description="fewer positives are too few to judge a true-positive rate")
    segment_churn: Share = Field(0.05, description="churn of a group of customers above which it raises its hand")
    segment_churn_months: Annotated[int, Field(ge=1, le=12)] = Field(
        3, description="months in a row for which it must be above"
    )
    segment_min_members: Count = Field(30, description="a group with fewer active members is shown, never judged")
    bias_limit: Annotated[float, Field(gt=0)] = Field(
        0.25,
        description="a demand model with sums certainly off by more, and by more than the best baseline's, is refused",
    )
    surge_ratio: Annotated[float, Field(gt=1)] = Field(
        2.5, description="last 7 days over the mean week of the 4 before that is a surge"
    )
    surge_units: Annotated[float, Field(ge=0)] = Field(20.0, description="units in the last 7 days that a surge needs")
    review_units: Annotated[float, Field(gt=0)] = Field(
        1000.0, description="a forecast total over the horizon above this needs a review"
    )
    accepted_change: Share = Field(
        0.2, description="an accepted forecast needs a new review when its total changes by more than this share"
    )
    coverage_kept: Share = Field(
        0.5, description="recommendations that reach less than this share of the products they reached raise an alert"
    )
    concentration_rise: Share = Field(
        0.15, description="rise of the share of all places that the 10 products shown most hold, above it an alert"
    )
    exposure_ratio: Annotated[float, Field(gt=1)] = Field(
        3.0,
        description="customers of high value who get more than so many times the rest's exposure raise an alert",
    )
    repetition_rise: Share = Field(
        0.15, description="rise of the share of places with products bought before, above it an alert"
    )
    sameness_rise: Share = Field(
        0.1, description="rise of the share of a list's pairs of products of one category, above it an alert"
    )
    off_mix_rise: Share = Field(
        0.1, description="rise of the share of places off the customer's own mix of categories, above it an alert"
    )


class Demo(SettingsSection):
    """`regulars demo`."""

    trials: Count = Field(3, description="completed Optuna trials of each model in the demo")


class Start(SettingsSection):
    """`regulars start`."""

    trials: Count = Field(5, description="completed Optuna trials of each model of a first start")
    timeout_s: Count = Field(45, description="safety stop of each tuning of a first start, in seconds")


class _Environment(EnvSettingsSource):
    """The environment, without retired keys."""

    def __call__(self) -> dict[str, Any]:
        return _without_retired(super().__call__(), "environment")


class Settings(BaseSettings):
    """All settings of a workspace."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(20, description="seed of everything random")
    threads: Annotated[int, Field(ge=1, le=256)] = Field(2, description="threads of training and of feature builds")
    memory_mb: Annotated[int, Field(ge=256)] = Field(2000, description="memory of the table engine, in megabytes")
    clock: Literal["data", "wall"] = Field(
        "data", description="the shop's present: the day after its last order (data), or today (wall)"
    )
    max_rejected_share: Share = Field(0.05, description="share of bad rows in a table above which an ingest fails")
    ingest: Ingest = Field(Ingest(), description="how the shop's sources are looked after")
    churn: Churn = Field(Churn(), description="who will buy nothing in the coming days")
    segments: Segments = Field(Segments(), description="groups and stages of customers, and their health")
    contacts: ContactLists = Field(ContactLists(), description="lists of whom to contact")
    demand: Demand = Field(Demand(), description="how much of everything will sell")
    ordering: Ordering = Field(Ordering(), description="how much to order of everything")
    launches: Launches = Field(Launches(), description="products not yet sold, or just launched")
    recommendation: Recommendation = Field(Recommendation(), description="what each customer wants next")
    value: ValueSettings = Field(
        ValueSettings(), description="what each customer will be worth, and when they are back"
    )
    tuning: Tuning = Field(Tuning(), description="how the trials of a training follow each other")
    products: Products = Field(Products(), description="which products count")
    features: FeatureSettings = Field(FeatureSettings(), description="how features are computed")
    spark: SparkSettings = Field(SparkSettings(), description="Spark, where features.engine is spark (docs/spark.md)")
    consents: ConsentSettings = Field(ConsentSettings(), description="choices of customers")
    serving: Serving = Field(Serving(), description="the prediction service")
    variants: Variants = Field(Variants(), description="versions that answer a share of requests beside the champion")
    log: PredictionLogSettings = Field(PredictionLogSettings(), description="what is kept of predictions, and how long")
    review: Review = Field(Review(), description="the review desk and the reviewer's part in a release")
    pages: Pages = Field(Pages(), description="the pages of MLflow and Evidently, on loopback")
    stores: Stores = Field(
        Stores(),
        description="where state lives; empty: in the workspace; a password comes as ${NAME} from the environment",
    )
    monitoring: Monitoring = Field(Monitoring(), description="what is watched, over which days")
    rules: Rules = Field(Rules(), description="thresholds of the rules of the house")
    alerts: AlertSettings = Field(
        AlertSettings(), description="who answers alerts, in which time, and where they are told"
    )
    demo: Demo = Field(Demo(), description="the demo")
    start: Start = Field(Start(), description="the first start from a shop's own export")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes over the file (which comes as init arguments)."""
        return _Environment(settings_cls), init_settings

    def computed_by(self, engine: FeatureEngine) -> Settings:
        """The same settings with another engine for features."""
        return self.model_copy(update={"features": FeatureSettings(engine=engine)})

    @model_validator(mode="after")
    def _fairness_band(self) -> Settings:
        if not self.rules.fairness_low < 1 <= self.rules.fairness_high:
            raise ValueError("rules.fairness_low must lie below 1, and rules.fairness_high not")
        return self


def known_keys() -> list[str]:
    """Every key as `section.key` (or `key` for those above the sections)."""
    keys = []
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, SettingsSection):
            keys += [f"{name}.{key}" for key in section.model_fields]
        else:
            keys.append(name)
    return keys


def load(path: Path) -> Settings:
    """Read `regulars.toml` and the environment.

    Raises:
        SettingsError: with the key, the bad value, what is allowed and the nearest valid name.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError("not valid TOML", where=str(path), why=str(error), todo="mend that line") from None
    _refuse_literal_passwords(values, path)
    _refuse_literal_tokens(values, path)
    _refuse_unknown_environment()
    try:
        return Settings(**_without_retired(values, str(path)))
    except ValidationError as error:
        raise explain(error, path, known_keys()) from None
    except Unreadable as error:
        raise unreadable(path, str(error)) from None


def _without_retired(values: dict[str, Any], where: str) -> dict[str, Any]:
    """The values without keys that an earlier release had; each is told in one line."""
    kept = {name: dict(value) if isinstance(value, dict) else value for name, value in values.items()}
    for key, why in RETIRED.items():
        section, _, name = key.rpartition(".")
        there = kept.get(section, {}) if section else kept
        if isinstance(there, dict) and name in there:
            del there[name]
            progress.current().note(f"{where}: {key} no longer exists ({why}); take it out")
    return kept


def _refuse_literal_passwords(values: dict[str, Any], path: Path) -> None:
    stores = values.get("stores")
    for key, url in (stores if isinstance(stores, dict) else {}).items():
        password = re.search(r"://[^/@]*:([^/@]+)@", url) if isinstance(url, str) else None
        if password and not re.fullmatch(r"\$\{\w+\}", password[1]):
            raise SettingsError(
                f"stores.{key} holds a password",
                where=str(path),
                why="secrets come only from the environment",
                todo=f"write ${{NAME}} in its place, or set {ENVIRONMENT_PREFIX}STORES__{key.upper()}",
            )


_WITHOUT_TOKEN: Final = frozenset({"json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos"})
"""Kinds of channels whose addresses hold no secret beside a password; of all others the path or the host is one."""


def _refuse_literal_tokens(values: dict[str, Any], path: Path) -> None:
    """Without the address: what is wrong with it may be a secret in it."""
    section = values.get("alerts")
    channels = section.get("channels") if isinstance(section, dict) else None
    for name, url in (channels if isinstance(channels, dict) else {}).items():
        if not isinstance(url, str):
            continue
        password = re.search(r"://[^/@?#]*:([^/@?#]+)@|[?&](?:pass|password|token|secret|key)=([^&]+)", url)
        written = password and (password[1] or password[2])
        is_open = url.partition("://")[0] in _WITHOUT_TOKEN or "${" in url
        if not is_open or (written and not re.fullmatch(r"\$\{\w+\}", written)):
            raise SettingsError(
                f"alerts.channels.{name} holds a password or a token",
                where=str(path),
                why="secrets come only from the environment",
                todo="write ${NAME} in its place, or of the whole address, and set NAME",
            )


def _refuse_unknown_environment() -> None:
    keys, retired = set(map(variable, known_keys())), set(map(variable, RETIRED))
    for name in os.environ:
        if not name.startswith(ENVIRONMENT_PREFIX) or name.upper() in keys | retired:
            continue
        if "__" in name or _is_slip(name):
            raise SettingsError(f"unknown setting {name}", where="environment", todo=did_you_mean(name.upper(), keys))


def _is_slip(name: str) -> bool:
    """Whether a variable without a section is a misspelt key; else it may be a secret, such as REGULARS_AUDIT_KEY."""
    above_sections = [key for key in known_keys() if "." not in key]
    return name not in OTHER_VARIABLES and nearest(name.removeprefix(ENVIRONMENT_PREFIX), above_sections) is not None
