"""What a request's body may be. A field's description says what is allowed: errors and OpenAPI print it.

Of a long list the first wrong entry is told, and no other looked at: to say what is wrong with 10,000 takes seconds.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from core import utc
from feature_repo.contract import EVENT_KINDS

MOST_IDS: Final = 10_000
MOST_ITEMS: Final = 1_000
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
LONGEST_OUTCOME: Final = 20_000
LONGEST_HORIZON: Final = 182
# One event beyond these would drown everything else that is known of a customer.
MOST_UNITS: Final = 1e6
MOST_VALUE: Final = 1e9

# U+0000 can't be kept by every database.
Id = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]
Text = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]
Units = Annotated[float, Field(allow_inf_nan=False, ge=-MOST_UNITS, le=MOST_UNITS)]
Amount = Annotated[float, Field(allow_inf_nan=False, ge=-MOST_VALUE, le=MOST_VALUE)]


class Body(BaseModel):
    """A JSON object; unknown fields and other types are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ChurnBody(Body):
    """For whom."""

    customer_ids: list[Id] = Field(
        max_length=MOST_IDS,
        fail_fast=True,
        description=f"at most {MOST_IDS:,} customer ids, each a string of 1 to 256 characters",
    )
    explain: bool = Field(False, description="true or false: whether each result gives its reasons")


class RecommendationContext(Body):
    """What the shop front knows of the moment."""

    adult: bool = Field(
        False, description="true where the shop front has checked that the customer is of age, else false"
    )
    session_id: Id | None = Field(
        None, description="the visit of a guest, as a string, or null: in an experiment it gets one version throughout"
    )


class RecommendationsBody(Body):
    """For whom, and which products."""

    customer_id: Id | None = Field(None, description="a customer id, as a string; null for a guest")
    k: int = Field(10, ge=1, le=MOST_ITEMS, description="an integer from 1 to 1000: how many products")
    mode: Literal["all", "new"] = Field(
        "all", description="'all', or 'new' for products the customer never bought before"
    )
    exclude: list[Id] = Field(
        [],
        max_length=MOST_IDS,
        fail_fast=True,
        description=f"at most {MOST_IDS:,} product ids (strings) that are left out",
    )
    basket: list[Id] = Field(
        [],
        max_length=MOST_ITEMS,
        fail_fast=True,
        description=f"at most {MOST_ITEMS:,} product ids (strings) in the basket now",
    )
    region: Id | None = Field(None, description="a region as in the orders, as a string, or null")
    diversity: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = Field(
        None,
        description="how far the list follows the customer's own mix of categories, a number from 0 to 1; null: as"
        " recommendation.diversity says",
    )
    context: RecommendationContext = Field(
        RecommendationContext(), description="an object with the field adult (true or false)"
    )


class SimilarBody(Body):
    """To which product."""

    product_id: Id = Field(description="a product id, as a string")
    k: int = Field(10, ge=1, le=MOST_ITEMS, description="an integer from 1 to 1000: how many products")


class BundlesBody(Body):
    """With which product."""

    product_id: Id = Field(description="a product id, as a string; also of a product that is not sold yet")
    k: int = Field(5, ge=1, le=MOST_ITEMS, description="an integer from 1 to 1000: how many bundles")


class AudienceBody(Body):
    """Of which product."""

    product_id: Id = Field(description="a product id, as a string; also of a product that is not sold yet")
    size: int = Field(500, ge=1, le=MOST_IDS, description=f"an integer from 1 to {MOST_IDS}: how many customers")


class ScenarioBody(Body):
    """What if."""

    price: Annotated[float, Field(gt=0, le=MOST_VALUE, allow_inf_nan=False)] | None = Field(
        None, description="the price of one unit, a number above 0, or null: as planned"
    )
    price_change: Annotated[float, Field(gt=-1, le=10, allow_inf_nan=False)] | None = Field(
        None, description="the change of the price as a share, a number above -1, such as -0.1; null: as planned"
    )
    promotion: Literal[True, False, "display", "mailer", "other"] | None = Field(
        None, description="true, false, 'display', 'mailer' or 'other'; null: as planned"
    )

    @field_validator("promotion", mode="before")
    @classmethod
    def _no_number(cls, promotion: object) -> object:
        if isinstance(promotion, int | float) and not isinstance(promotion, bool):
            raise ValueError(f"{promotion!r} is not possible")  # 1 would count as true
        return promotion

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.price is not None and self.price_change is not None:
            raise ValueError("price and price_change can't both be given")
        if self.price is None and self.price_change is None and self.promotion is None:
            raise ValueError("nothing is asked")
        return self


class DemandBody(Body):
    """Of which series."""

    series: list[dict[str, Id]] = Field(
        max_length=MOST_IDS,
        fail_fast=True,
        description=f"a list of at most {MOST_IDS:,} series, each an object with its key columns, as strings",
    )
    horizon: int | None = Field(
        None,
        description="an integer from 1 to demand.horizon_days, or null for all of these days",
        # Held by the endpoint, which knows how far the shop's forecast goes: one message for 0 and for too many.
        json_schema_extra={"minimum": 1, "maximum": LONGEST_HORIZON},
    )
    quantiles: list[Amount] = Field(
        list(QUANTILES), max_length=5, description="different ones of 0.05, 0.25, 0.5, 0.75, 0.95"
    )
    scenario: ScenarioBody | None = Field(
        None,
        description="an object with a price or a price_change, a promotion, or both; null: the forecast as planned",
    )
    explain: bool = Field(False, description="whether to say what makes up each mean, in units")

    @field_validator("quantiles")
    @classmethod
    def _known(cls, quantiles: list[float]) -> list[float]:
        odd = [quantile for quantile in quantiles if quantile not in QUANTILES]
        if odd:
            raise ValueError(f"{odd[0]!r} is not among the quantiles")
        if len(set(quantiles)) < len(quantiles):
            raise ValueError("a quantile is named twice")
        return quantiles


class CustomersBody(Body):
    """Who."""

    customer_ids: list[Id] = Field(
        max_length=MOST_IDS,
        fail_fast=True,
        description=f"at most {MOST_IDS:,} customer ids, each a string of 1 to 256 characters",
    )
    profile: bool = Field(default=False, description="true or false: whether each result has every described feature")


class EventBody(Body):
    """One interaction."""

    customer_id: Id = Field(description="a customer id, as a string")
    kind: Literal[EVENT_KINDS] = Field(description=f"one of {', '.join(EVENT_KINDS)}")  # type: ignore[valid-type]
    occurred_at: AwareDatetime | None = Field(
        None, description="a time with its zone, such as 2017-12-01T09:30:00Z, not after the shop's present; null: now"
    )
    product_id: Id | None = Field(None, description="a product id, as a string, or null")
    order_id: Id | None = Field(None, description="an order id, as a string, or null")
    quantity: Units | None = Field(None, description=f"units, a number of at most {MOST_UNITS:,.0f}, or null")
    value: Amount | None = Field(
        None, description=f"an amount in the base currency or a score, a number of at most {MOST_VALUE:,.0f}, or null"
    )
    text: Text | None = Field(None, description="at most 10,000 characters, or null")

    @field_validator("occurred_at")
    @classmethod
    def _in_utc(cls, occurred_at: AwareDatetime | None) -> AwareDatetime | None:
        try:
            return occurred_at and utc.aware(occurred_at)
        except OverflowError:
            raise ValueError("lies beyond the years 1 to 9999 in UTC") from None


class EventsBody(Body):
    """What happened."""

    events: list[EventBody] = Field(
        min_length=1, max_length=MOST_IDS, fail_fast=True, description=f"1 to {MOST_IDS:,} events, each an object"
    )


class FeedbackBody(Body):
    """What came of a prediction."""

    prediction_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = Field(
        description="the prediction_id of an answer: 32 hexadecimal digits"
    )
    outcome: dict[str, JsonValue] = Field(
        min_length=1,
        description=f"an object with at least one entry, at most {LONGEST_OUTCOME:,} characters as JSON",
    )

    @field_validator("outcome")
    @classmethod
    def _plain(cls, outcome: dict[str, JsonValue]) -> dict[str, JsonValue]:
        try:
            length = len(json.dumps(outcome, allow_nan=False))
        except ValueError:
            raise ValueError("NaN and Infinity are no JSON") from None
        if length > LONGEST_OUTCOME:
            raise ValueError(f"has {length:,} characters as JSON")
        return outcome


class JobBody(Body):
    """Which predictions, and how; as `regulars predict` takes them."""

    model: Literal["churn", "recommendation", "demand"] = Field(description="'churn', 'recommendation' or 'demand'")
    format: Literal["parquet", "csv"] = Field("parquet", description="'parquet' or 'csv'")
    as_of: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = Field(
        None, description="the first day that is not known, as YYYY-MM-DD, or null: the shop's present"
    )
    mode: Literal["all", "new"] | None = Field(
        None, description="of recommendation: 'all', 'new' for products the customer never bought before, or null"
    )
    k: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None, description="of recommendation: products per customer, an integer from 1 to 1000, or null"
    )
    level: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = Field(
        None, description="of demand: the groups of a level of demand.levels, at most 256 characters, or null"
    )

    @field_validator("as_of")
    @classmethod
    def _a_day(cls, as_of: str | None) -> str | None:
        if as_of is not None:
            _ = date.fromisoformat(as_of)  # says which part is wrong
        return as_of

    @field_validator("mode", "k", "level")
    @classmethod
    def _of_the_model(cls, value: Any, field: ValidationInfo) -> Any:
        of = "demand" if field.field_name == "level" else "recommendation"
        model = field.data.get("model", of)
        if value is not None and model != of:
            raise ValueError(f"is not for {model}")
        return value


class JobPlace(Body):
    """Of which job."""

    job_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = Field(
        description="the job_id of an answer: 32 hexadecimal digits"
    )
