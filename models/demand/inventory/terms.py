"""What the settings say of how a shop orders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core import query_engine
from core.errors import UsageError, did_you_mean
from core.settings import Settings
from core.workspace import Workspace
from models.arrays import Float64Array
from models.demand.inventory.levels import OrderTerms
from models.demand.series import split_id


def order_terms(settings: Settings) -> OrderTerms:
    """The terms that the settings say."""
    own = settings.ordering
    return OrderTerms(settings.demand.lead_time_days, own.lead_time_deviation, own.review_days, own.min_quantity,
                 own.multiple, own.shelf_life_days, own.shelf_life_chance)  # fmt: skip


def service_levels(workspace: Workspace, keys: Sequence[str], ids: Sequence[str]) -> Float64Array:
    """`demand.service_level`, or what `ordering.service_levels` says of the category of each series."""
    settings = workspace.settings
    usual, own = settings.demand.service_level, settings.ordering.service_levels
    if not own or not {"category", "product_id"} & set(keys):
        return np.full(len(ids), usual)
    key = "category" if "category" in keys else "product_id"
    names = [split_id(each, keys)[keys.index(key)] for each in ids]
    if key == "product_id":
        categories = _categories(workspace)
        names = [categories.get(name, "") for name in names]
    return np.array([own.get(name, usual) for name in names])


def refuse_unknown_categories(workspace: Workspace) -> None:
    """Refuse a service level of a category that no product has.

    Raises:
        UsageError: one does not exist, with the nearest name; or a level is named where no series has a category.
    """
    named = set(workspace.settings.ordering.service_levels)
    known = set(_categories(workspace).values()) if named else set()
    for name in sorted(named - known):
        raise UsageError(
            f"ordering.service_levels names {name!r}, no product's category", todo=did_you_mean(name, known)
        )


def _categories(workspace: Workspace) -> dict[str, str]:
    if not workspace.tables.has("products"):
        return {}
    with query_engine.on_tables(workspace) as connection:
        found = connection.execute("SELECT product_id, coalesce(category, '') FROM products").fetchall()
    return dict(found)
