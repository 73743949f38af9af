"""What a simulated shop is like, and what is planted in it: the scenario, and the file that tells it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from core.errors import UsageError, did_you_mean
from pipelines.sources.mapping_form import known_zone

Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(ge=0, le=100)]
Positive = Annotated[float, Field(gt=0, le=1e6)]
Zone = Annotated[str, BeforeValidator(known_zone)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
ATTRIBUTES = {
    "age_band": {"18-34": 0.28, "35-49": 0.30, "50-64": 0.26, "65+": 0.16},
    "gender": {"female": 0.53, "male": 0.45, "other": 0.02},
}
"""The protected attributes of simulated customers: each value with its share."""
DOCS = "docs/simulation.md"


class ScenarioPart(BaseModel):
    """A block of the file; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PurchaseHabits(ScenarioPart):
    """How customers buy. `evenness` is the shape of the gamma distribution of their rates: small means few buy most."""

    evenness: Positive = 0.8
    lines_per_order: Annotated[float, Field(ge=1, le=100)] = 3.0
    habitual: Share = 0.45
    tastes: Annotated[int, Field(ge=1, le=16)] = 8


class Lifetimes(ScenarioPart):
    """How long customers stay: the mean rate of leaving is one in `mean_days`, spread by a gamma distribution."""

    mean_days: Positive = 500.0
    evenness: Positive = 1.5
    there_at_start: Share = 0.4


class RangeOfProducts(ScenarioPart):
    """What is sold. The r-th product of a shop sells as r to the power of -`zipf`; prices are in the base currency."""

    categories: Annotated[int, Field(ge=1, le=200)] = 40
    zipf: Annotated[float, Field(ge=0, le=3)] = 0.9
    price: Positive = 12.0
    price_spread: Annotated[float, Field(ge=0, le=3)] = 0.7
    price_changes: Annotated[float, Field(ge=0, le=0.5)] = 0.03
    elasticity: Annotated[float, Field(ge=-10, le=0)] = -1.8
    elasticity_spread: Annotated[float, Field(ge=0, le=3)] = 0.5
    new_share: Share = 0.2


class PromotionHabits(ScenarioPart):
    """Weekly price cuts: of which share of products, how deep, and what being shown multiplies sales by besides."""

    share: Annotated[float, Field(ge=0, le=0.5)] = 0.03
    depths: Annotated[tuple[Annotated[float, Field(gt=0, lt=0.95)], ...], Field(min_length=1)] = (0.1, 0.2, 0.3, 0.4)
    display: Annotated[float, Field(ge=1, le=20)] = 1.3


class SeasonsOfShop(ScenarioPart):
    """The week from Monday, the swing of the year (each category's in a month of its own), December, growth a year."""

    week: Annotated[tuple[Factor, ...], Field(min_length=7, max_length=7)] = (0.9, 0.9, 0.95, 1.0, 1.2, 1.25, 0.8)
    year: Share = 0.35
    december: Factor = 1.5
    growth: Annotated[float, Field(ge=-0.9, le=10)] = 0.0
    closed: tuple[Annotated[str, Field(pattern=r"^\d\d-\d\d$")], ...] = ("12-25", "01-01")


class ReturnHabits(ScenarioPart):
    """What share of all lines is given back, and after how many days on average."""

    share: Annotated[float, Field(ge=0, le=0.45)] = 0.04
    mean_days: Positive = 9.0


class ContactHabits(ScenarioPart):
    """Rounds in which customers are contacted at random; `effect` is added to the purchase rate for `lasts_days`.

    Customers differ: by their taste the effect is up to twice that, or none.
    """

    every_days: Annotated[int, Field(ge=7)] = 91
    share: Share = 0.2
    treated: Share = 0.5
    effect: Annotated[float, Field(ge=-1, le=10)] = 0.3
    lasts_days: Annotated[int, Field(ge=1, le=365)] = 28
    cost: Annotated[float, Field(ge=0)] = 0.5


class SalesRegion(ScenarioPart):
    """Where customers live, with the currency in which they pay, and how they differ from the others."""

    name: Annotated[str, Field(min_length=1)]
    share: Positive
    currency: Currency = "EUR"
    purchase_rate: Factor = 1.0
    churn_rate: Factor = 1.0


class PlantedDifference(ScenarioPart):
    """A group of a protected attribute whose rates differ from all others' by a factor."""

    attribute: str
    value: str
    purchase_rate: Factor = 1.0
    churn_rate: Factor = 1.0

    @model_validator(mode="after")
    def _known(self) -> PlantedDifference:
        if self.attribute not in ATTRIBUTES:
            raise ValueError(f"there is no attribute {self.attribute!r}: {did_you_mean(self.attribute, ATTRIBUTES)}")
        values = ATTRIBUTES[self.attribute]
        if self.value not in values:
            raise ValueError(f"{self.attribute} has no value {self.value!r}: {did_you_mean(self.value, values)}")
        return self


class PlantedChange(ScenarioPart):
    """From a day on something is a multiple of what it was: of everybody, or of a region's, a group's, a category's."""

    since: date
    what: Literal["purchase_rate", "churn_rate", "price", "demand"]
    factor: Positive
    region: str | None = None
    attribute: str | None = None
    value: str | None = None
    category: str | None = None

    @model_validator(mode="after")
    def _fitting(self) -> PlantedChange:
        of_customers = self.what in ("purchase_rate", "churn_rate")
        if of_customers and self.category:
            raise ValueError(f"{self.what} is the customers': name a region, or an attribute and its value")
        if not of_customers and (self.region or self.attribute or self.value):
            raise ValueError(f"{self.what} is the products': name a category, or none")
        if (self.attribute is None) != (self.value is None):
            raise ValueError("attribute and value belong together")
        if self.attribute is not None:
            PlantedDifference(attribute=self.attribute, value=str(self.value))
        return self


_REGIONS = (
    SalesRegion(name="DE", share=0.4),
    SalesRegion(name="FR", share=0.2),
    SalesRegion(name="AT", share=0.1),
    SalesRegion(name="GB", share=0.2, currency="GBP"),
    SalesRegion(name="CH", share=0.1, currency="CHF"),
)


class ShopScenario(ScenarioPart):
    """The whole file: every key may be left out."""

    last_day: date = date(2024, 12, 31)
    timezone: Zone = "Europe/Berlin"
    base_currency: Currency = "EUR"
    currencies: dict[Currency, Positive] = {"GBP": 1.17, "CHF": 1.05}
    regions: Annotated[tuple[SalesRegion, ...], Field(min_length=1, max_length=200)] = _REGIONS
    purchases: PurchaseHabits = PurchaseHabits()
    lifetimes: Lifetimes = Lifetimes()
    products: RangeOfProducts = RangeOfProducts()
    promotions: PromotionHabits = PromotionHabits()
    seasons: SeasonsOfShop = SeasonsOfShop()
    returns: ReturnHabits = ReturnHabits()
    contacts: ContactHabits = ContactHabits()
    groups: tuple[PlantedDifference, ...] = ()
    changes: Annotated[tuple[PlantedChange, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _named(self) -> ShopScenario:
        names = [region.name for region in self.regions]
        if len(set(names)) < len(names):
            raise ValueError("a region stands in it twice")
        known = {self.base_currency, *self.currencies}
        for region in self.regions:
            if region.currency not in known:
                raise ValueError(f"currencies has no rate of {region.currency}: {did_you_mean(region.currency, known)}")
        for change in self.changes:
            if change.region is not None and change.region not in names:
                raise ValueError(f"there is no region {change.region!r}: {did_you_mean(change.region, names)}")
            categories = [category_name(number) for number in range(self.products.categories)]
            if change.category is not None and change.category not in categories:
                raise ValueError(
                    f"there is no category {change.category!r}: {did_you_mean(change.category, categories)}"
                )
        return self


def category_name(number: int) -> str:
    """What a category is called."""
    return f"category {number + 1:03d}"


def read_scenario(path: Path | None) -> ShopScenario:
    """The scenario of a YAML file; without one, the usual shop.

    Raises:
        UsageError: with the key, what is wrong and what is allowed.
    """
    if path is None:
        return ShopScenario()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} can't be read", why=error.strerror, todo="name a file that is there") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise UsageError("not valid YAML", where=place, why=getattr(error, "problem", None) or str(error)) from None
    if not isinstance(content or {}, dict):
        raise UsageError("it holds no mapping", where=str(path), todo=f"see {DOCS}")
    try:
        return ShopScenario.model_validate(content or {})
    except ValidationError as error:
        raise _explain(error, path) from None


def _explain(error: ValidationError, path: Path) -> UsageError:
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        *parents, last = first["loc"]
        return UsageError(f"unknown key {key!r}", where=str(path), todo=did_you_mean(str(last), _keys(parents)))
    text = first["msg"].removeprefix("Value error, ")
    value = first["input"]
    simple = isinstance(value, str | int | float)
    shown = f"{key} = {value!r} is not possible" if key and simple else f"{key or 'scenario'} is not possible"
    return UsageError(shown, where=str(path), why=text[0].lower() + text[1:], todo=f"see {DOCS}")


def _keys(parents: list[int | str]) -> list[str]:
    """The keys that are allowed at a place of the file."""
    block: type[ScenarioPart] = ShopScenario
    for parent in parents:
        field = block.model_fields.get(str(parent))
        inner = [field.annotation, *get_args(field.annotation)] if field else []
        block = next((kind for kind in inner if isinstance(kind, type) and issubclass(kind, ScenarioPart)), block)
    return list(block.model_fields)
