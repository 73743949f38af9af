"""Which views there are, whose features they hold, and which views each model's feature list is made of.

Nothing here imports Feast (`feature_repo.views` and `feature_repo.services` turn it into Feast objects), and families
are imported when first asked for: what only names views pays for no Ibis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from core.errors import UsageError, did_you_mean
from feature_repo import family_modules

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from core.settings import Cause
    from feature_repo.feature_definition import Feature
    from feature_repo.shop_tables import KnownTables


@dataclass(frozen=True)
class Entity:
    """What a row of features is about; `key` is its id column."""

    name: str
    key: str
    description: str


@dataclass(frozen=True)
class View:
    """One table of features per entity, made of families joined on the entity's key.

    `listed` are the families that come first, in their order; after them come, where the view is `open`, those modules
    of `feature_repo.families` that say they are of this view. `population` gives the entities that have a row (one
    column, the key); None where the rows of the first family are the population.
    """

    name: str
    entity: Entity
    description: str
    listed: tuple[str, ...]
    population: Callable[[KnownTables], ir.Table] | None = None
    open: bool = True

    @property
    def family_names(self) -> tuple[str, ...]:
        """The names of the families, in order; nothing is imported for it."""
        found = family_modules.found(self.name) if self.open else ()
        return (*self.listed, *(name for name in found if name not in self.listed))

    @property
    def families(self) -> tuple[ModuleType, ...]:
        """The families, modules of `feature_repo.families`, in order.

        Raises:
            DataError: a family can't be imported; names it.
        """
        return tuple(family_modules.load(name) for name in self.family_names)

    @property
    def key(self) -> str:
        """The entity's id column."""
        return self.entity.key

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features of all families, in order."""
        return tuple(feature for family in self.families for feature in features_of(family))


def features_of(family: ModuleType) -> tuple[Feature, ...]:
    """A family's features, each with its cause: its own, else the family's."""
    cause = getattr(family, "CAUSE", None)
    return tuple(feature if feature.cause else replace(feature, cause=cause) for feature in family.FEATURES)


CUSTOMER = Entity("customer", "customer_id", "a customer of the shop")
PRODUCT = Entity("product", "product_id", "a product of the shop")
SERIES = Entity("series", "series_id", "a demand series: one combination of the columns in demand.series")


def everyone(shop: KnownTables) -> ir.Table:
    """Every customer with an order line before the snapshot."""
    return shop.visits.select("customer_id").distinct()


def known_people(shop: KnownTables) -> ir.Table:
    """Every customer with an order line before the snapshot, and everybody the shop has an account of."""
    return everyone(shop).union(shop.customers.select("customer_id"), distinct=True)


_ALL = (
    View(
        "customer_features",
        CUSTOMER,
        "everything said about a customer; all customers with an order line before the snapshot",
        (
            "recency",
            "frequency",
            "gaps",
            "rhythm",
            "trend",
            "money",
            "baskets",
            "tenure",
            "breadth",
            "brands",
            "discounts",
            "coupons",
            "campaigns",
            "habits",
            "stores",
            "returns",
            "uncounted",
            "rfm",
            "interactions",
            "account",
        ),
        everyone,
    ),
    View(
        "customer_history",
        CUSTOMER,
        "what each customer bought, packed; all customers with a purchase of a product that counts",
        ("customer_history",),
    ),
    View(
        "customer_interests",
        CUSTOMER,
        "what each customer looked at, put into the cart, wished and searched for lately, packed; all who did, known or"
        " not",
        ("customer_interests",),
    ),
    View(
        "customer_preferences",
        CUSTOMER,
        "what each customer prefers, by name; all customers with an order line before the snapshot or an account",
        ("preferences",),
        known_people,
    ),
    View(
        "series_features",
        SERIES,
        "how each demand series sells, packed; all series with sales on at least demand.min_days days (weekly ones:"
        " in a seventh as many weeks)",
        ("series_features", "series_promotions", "series_stockouts", "series_interest"),
    ),
    View(
        "product_features",
        PRODUCT,
        "how each product sells; all products with enough purchases to be recommended",
        ("product_features", "product_buyers", "product_promotions"),
    ),
)
VIEWS: Mapping[str, View] = MappingProxyType({view.name: view for view in _ALL})
SERVICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "churn_v1": ("customer_features",),
        "recommendation_v1": ("customer_history", "product_features"),
        "recommendation_v2": ("customer_history", "customer_interests", "product_features"),
        "demand_v1": ("series_features",),
        "uplift_v1": ("customer_features", "customer_preferences"),
    }
)
"""The feature list of each model and its version: a changed list is a new version beside the old one."""


def view(name: str) -> View:
    """The view of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in VIEWS:
        raise UsageError(f"no feature view {name!r}", todo=did_you_mean(name, VIEWS))
    return VIEWS[name]


def cause_of(feature: Feature) -> Cause | None:
    """The cause a customer's feature belongs to; of one that was stored without it, the one it has today."""
    return feature.cause or _causes().get(feature.name)


def family_of_feature(view: str = "customer_features") -> Mapping[str, str]:
    """The family that tells each feature of a view."""
    spec = VIEWS[view]
    return _families_of(view, spec.family_names)


@cache
def _families_of(view: str, names: tuple[str, ...]) -> Mapping[str, str]:
    modules = zip(names, VIEWS[view].families, strict=True)
    return MappingProxyType({feature.name: name for name, family in modules for feature in family.FEATURES})


@cache
def _causes() -> Mapping[str, Cause | None]:
    return {each.name: each.cause for each in VIEWS["customer_features"].features}


def service(name: str) -> tuple[View, ...]:
    """The views a service's features come from.

    Raises:
        UsageError: there is no such service.
    """
    if name not in SERVICES:
        raise UsageError(f"no feature service {name!r}", todo=did_you_mean(name, SERVICES))
    return tuple(VIEWS[each] for each in SERVICES[name])


def views_of(name: str, columns: Iterable[str]) -> tuple[View, ...]:
    """The views of a service whose key is among the columns.

    Raises:
        UsageError: no such service, or none of its keys among the columns.
    """
    views, given = service(name), set(columns)
    parts = tuple(part for part in views if part.key in given)
    if not parts:
        keys = " or ".join(sorted({part.key for part in views}))
        raise UsageError(f"{name} is keyed by {keys}", why=f"given: {', '.join(map(str, given))}")
    return parts
