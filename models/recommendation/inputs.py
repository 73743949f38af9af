"""The features of (customer, product) pairs, derived from packed histories and product features.

One function for training, batch and serving alike: what was evaluated is what is served.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray

from feature_repo.feature_definition import Feature
from models.arrays import Float32Array, Int64Array
from models.recommendation.candidates import Candidates
from models.recommendation.history import ENTRIES, SCALARS
from models.recommendation.profiles import UserProfiles

_PRODUCT = {
    "order_count": ("orders with the product", "orders"),
    "buyers": ("customers who ever bought it", "customers"),
    "repeat_share": ("share of its buyers who bought it on several days", "share"),
    "repurchase_days": ("median days between purchases of its repeat buyers", "days"),
    "price": ("revenue per unit", "base currency"),
    "price_level": ("price over that of its category", "ratio"),
    "sales_7d": ("orders with it in the last 7 days", "orders"),
    "sales_28d": ("orders with it in the last 28 days", "orders"),
    "sales_84d": ("orders with it in the last 84 days", "orders"),
    "sales_weight": ("orders with it, half as much per 30 days", "orders"),
    "first_buyers_7d": ("first-time buyers in the last 7 days", "customers"),
    "first_buyers_28d": ("first-time buyers in the last 28 days", "customers"),
    "first_buyers_84d": ("first-time buyers in the last 84 days", "customers"),
    "first_buyers_weight": ("first-time buyers, half as much per 30 days", "customers"),
    "days_since_sold": ("days since it was last sold", "days"),
    "days_on_sale": ("days since it was first sold", "days"),
    "discount_share_28d": ("share of its lines with a discount, last 28 days", "share"),
    "discount_share_ever": ("share of its lines with a discount", "share"),
    "display_ahead": ("share of days and stores with a display ahead", "share"),
    "mailer_ahead": ("share of days and stores with a mailer ahead", "share"),
    "display_behind": ("share of days and stores with a display in the last 28 days", "share"),
    "mailer_behind": ("share of days and stores with a mailer in the last 28 days", "share"),
}
_GROUPS = ("category", "name", "department", "brand")

PAIR_FEATURES: tuple[Feature, ...] = (
    *(Feature(name, f"customer and product: {name.replace('_', ' ')}", "see customer_history") for name in ENTRIES),
    Feature("units_per_purchase", "units the customer buys at a time", "units"),
    Feature("own_gap", "mean days between the customer's purchases of it", "days"),
    Feature("due_own", "days since the last purchase over the customer's own mean gap", "ratio"),
    Feature("due_product", "days since the last purchase over the product's median gap", "ratio"),
    Feature("rate", "share of the customer's visits with it", "share"),
    Feature("rate_84d", "share of the visits of the last 84 days with it", "share"),
    *(Feature(f"rate_{h}d", f"share of the visits with it, half as much per {h} days", "share") for h in (30, 60, 120)),
    Feature("expected", "recent share of visits with it times the visits of the last 28 days", "purchases"),
    *(Feature(name, f"customer: {name.replace('_', ' ')}", "see customer_history") for name in SCALARS),
    Feature("products", "different products the customer ever bought", "products"),
    Feature("new_share_28d", "share of the lines of the last 28 days never bought before", "share"),
    Feature("new_share_84d", "share of the lines of the last 84 days never bought before", "share"),
    Feature("basket_size", "products per visit in the last 84 days", "products"),
    Feature("price_habit", "mean price level of what the customer buys", "ratio"),
    *(Feature(name, f"product: {text}", unit) for name, (text, unit) in _PRODUCT.items()),
    Feature("trend", "sales of the last 28 days over a third of those of the last 84", "ratio"),
    Feature("orders_per_buyer", "orders with it per buyer", "orders"),
    Feature("first_share_28d", "first-time buyers over orders with it, last 28 days", "ratio"),
    Feature("first_trend", "first-time buyers of the last 7 days over a quarter of those of the last 28", "ratio"),
    Feature("price_step", "price level less the customer's habit", "ratio"),
    *(Feature(f"{g}_weight", f"recent purchases of other products of its {g}", "purchases") for g in _GROUPS),
    *(Feature(f"{g}_purchases", f"purchases of other products of its {g}", "purchases") for g in _GROUPS),
    *(Feature(f"{g}_rate", f"recent purchases of its {g} per recent visit", "purchases") for g in _GROUPS),
    *(Feature(f"{g}_own_share", f"its share of the customer's recent purchases of its {g}", "share") for g in _GROUPS),
    *(Feature(f"{g}_sales_share", f"its share of the shop's recent sales of its {g}", "share") for g in _GROUPS),
    *(Feature(f"{g}_last_days", f"days since the customer bought of its {g}", "days") for g in _GROUPS),
    *(Feature(f"{g}_products", f"different products of its {g} that the customer bought", "products") for g in _GROUPS),
    *(
        Feature(f"{g}_first_{n}d", f"products of its {g} first bought in the last {n} days", "products")
        for g in _GROUPS
        for n in (28, 84)
    ),
    *(Feature(f"{g}_first_share", f"its share of the first-time buyers of its {g}, 84 days", "share") for g in _GROUPS),
    Feature("discovery", "how much all the customer ever bought speaks for it", "item-item weight"),
    Feature("recent", "how much the customer's recent purchases speak for it", "item-item weight"),
    Feature("discovery_lift", "discovery over the square root of its buyers", "item-item weight"),
    Feature("discovery_share", "discovery over that of the product most spoken for", "ratio"),
    Feature("recent_share", "recent over that of the product most spoken for", "ratio"),
    Feature("trending_share", "discovery and first-time buyers together, over the customer's highest", "ratio"),
)
NAMES = tuple(feature.name for feature in PAIR_FEATURES)


def pair_features(profiles: UserProfiles, pairs: Candidates) -> Float32Array:
    """The features of each pair, in the order of `NAMES`; NaN where nothing can be said. Shape (n, features)."""
    columns: dict[str, Float32Array] = {}
    columns |= _history(profiles, pairs)
    columns |= _customer(profiles, pairs.row)
    columns |= _product(profiles, pairs.product)
    columns |= _rates(columns)
    for name in _GROUPS:
        columns |= _group(profiles, pairs, name, columns)
    columns |= _item_item(profiles, pairs, columns)
    matrix = np.empty((len(pairs), len(NAMES)), dtype=np.float32)
    for place, name in enumerate(NAMES):
        matrix[:, place] = columns[name]
    return matrix


def _history(profiles: UserProfiles, pairs: Candidates) -> dict[str, Float32Array]:
    """The entry of the product in the customer's history: zeros, and missing days, where there is none."""
    bought = pairs.entry >= 0
    entries = pairs.entry[bought]
    columns: dict[str, Float32Array] = {}
    for name in ENTRIES:
        missing = np.nan if name in {"last_days", "first_days", "units"} else 0.0
        values = np.full(len(pairs), missing, dtype=np.float32)
        values[bought] = profiles.histories.entries[name][entries]
        columns[name] = values
    return columns


def _customer(profiles: UserProfiles, row: Int64Array) -> dict[str, Float32Array]:
    histories = profiles.histories
    customers = len(histories)
    scalars: dict[str, Float32Array] = dict(histories.scalars)
    first, owner = histories.entries["first_days"], histories.rows
    per_customer = _counter(owner, customers)
    scalars["products"] = np.diff(histories.start).astype(np.float32)
    for days in (28, 84):
        fresh = per_customer(first <= days)
        scalars[f"new_share_{days}d"] = _ratio(fresh, scalars[f"lines_{days}d"])
    scalars["basket_size"] = _ratio(scalars["lines_84d"], scalars["visits_84d"])
    level = profiles.index.catalogue.numbers["price_level"][profiles.product]
    weight = np.where(np.isfinite(level), profiles.of_entries("purchases"), 0).astype(np.float32)
    of_known = _counter(profiles.row, customers)
    scalars["price_habit"] = _ratio(of_known(weight * np.nan_to_num(level)), of_known(weight))
    if customers == 1:
        return {name: np.repeat(values, len(row)) for name, values in scalars.items()}
    return {name: values[row] for name, values in scalars.items()}


def _counter(owner: Int64Array, customers: int) -> Callable[[NDArray[np.generic]], Float32Array]:
    """Sums values of entries per customer."""
    return lambda values: np.bincount(owner, weights=values, minlength=customers).astype(np.float32)


def _product(profiles: UserProfiles, product: Int64Array) -> dict[str, Float32Array]:
    numbers = profiles.index.catalogue.numbers
    columns: dict[str, Float32Array] = {name: numbers[name][product] for name in _PRODUCT}
    columns["trend"] = ((columns["sales_28d"] + 1) / (columns["sales_84d"] / 3 + 1)).astype(np.float32)
    first = columns["first_buyers_28d"]
    columns["first_share_28d"] = (first / np.maximum(columns["sales_28d"], 1)).astype(np.float32)
    columns["first_trend"] = (columns["first_buyers_7d"] * 4 / np.maximum(first, 1)).astype(np.float32)
    columns["orders_per_buyer"] = _ratio(columns["order_count"], columns["buyers"])
    return columns


def _rates(c: dict[str, Float32Array]) -> dict[str, Float32Array]:
    """What follows from the pair's, the customer's and the product's numbers."""
    gap = _ratio(c["first_days"] - c["last_days"], c["purchases"] - 1)
    rates = {f"rate_{h}d": _ratio(c[f"weight_{h}d"], c[f"visit_weight_{h}d"]) for h in (30, 60, 120)}
    return {
        "units_per_purchase": _ratio(c["units"], c["purchases"]),
        "own_gap": gap,
        "due_own": _ratio(c["last_days"], gap),
        "due_product": _ratio(c["last_days"], c["repurchase_days"]),
        "rate": _ratio(c["purchases"], c["visits"]),
        "rate_84d": _ratio(c["purchases_84d"], c["visits_84d"]),
        **rates,
        "expected": rates["rate_60d"] * c["visits_28d"],
        "price_step": c["price_level"] - c["price_habit"],
    }


def _group(profiles: UserProfiles, pairs: Candidates, name: str, c: dict[str, Float32Array]) -> dict[str, Float32Array]:
    """The customer's purchases of the product's group; those of the product itself are taken out."""
    group, liked = profiles.index.catalogue.groups[name][pairs.product], profiles.group(name)
    place = liked.places(pairs.row, group)
    weight, last = liked.weight[place], liked.last_days[place]
    return {
        f"{name}_weight": weight - c["weight_60d"],
        f"{name}_purchases": liked.purchases[place] - c["purchases"],
        f"{name}_rate": _ratio(weight, c["visit_weight_60d"]),
        f"{name}_own_share": _ratio(c["weight_60d"], weight),
        f"{name}_sales_share": profiles.index.catalogue.group_shares[name][pairs.product],
        f"{name}_last_days": np.where(np.isfinite(last), last, np.float32(np.nan)),
        f"{name}_products": liked.products[place],
        f"{name}_first_28d": liked.first_28d[place],
        f"{name}_first_84d": liked.first_84d[place],
        f"{name}_first_share": profiles.index.catalogue.group_first_shares[name][pairs.product],
    }


def _item_item(profiles: UserProfiles, pairs: Candidates, c: dict[str, Float32Array]) -> dict[str, Float32Array]:
    """The item-item scores, and what share of the customer's highest score each is: how sure one may be of it."""
    scores = {
        "discovery": _of_targets(profiles, pairs, profiles.discovery),
        "recent": _of_targets(profiles, pairs, profiles.recent),
    }
    tables = {"discovery": profiles.discovery, "recent": profiles.recent, "trending": profiles.trending}
    shares = {
        f"{name}_share": _of_targets(profiles, pairs, table) / _positive(getattr(profiles.highest, name))[pairs.row]
        for name, table in tables.items()
    }
    return {**scores, **shares, "discovery_lift": _ratio(scores["discovery"], np.sqrt(c["buyers"]))}


def _of_targets(profiles: UserProfiles, pairs: Candidates, table: Float32Array) -> Float32Array:
    """The entries of a table (customers, targets); NaN for a product that is no target."""
    place = profiles.index.column[pairs.product]
    values = np.full(len(pairs), np.nan, dtype=np.float32)
    known = place >= 0
    values[known] = table[pairs.row[known], place[known]]
    return values


def _positive(values: Float32Array) -> Float32Array:
    return np.maximum(values, np.float32(1e-9))


def _ratio(part: Float32Array, whole: Float32Array) -> Float32Array:
    """part / whole, NaN where the whole is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return cast(Float32Array, np.where(whole > 0, part / whole, np.float32(np.nan)).astype(np.float32))
