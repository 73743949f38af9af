"""What contacts were measured to do, where a version of uplift is champion: it takes the place of what is assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from core.workspace import Workspace
from models.arrays import Float64Array
from models.artifact_cache import MODEL
from models.kinds import kind
from models.registry import Registry
from models.uplift import dataset
from models.uplift.model import NOBODY, UpliftModel, choose
from models.version import CHAMPION


@dataclass(frozen=True)
class BestOffers:
    """The offer that earns most with each customer (`none`: none does), what it adds, and what offers cost."""

    offers: Sequence[str]
    adds: Float64Array
    costs: Mapping[str, float]


def measured_by(registry: Registry, as_of: date) -> UpliftModel | None:
    """The champion of uplift; None where there is none that knows nothing from `as_of` on."""
    version = registry.find("uplift", CHAMPION)
    if version is None or version.as_of > as_of:
        return None
    model: UpliftModel = kind("uplift").load(registry.fetch(version) / MODEL)
    return model


def best_offers(workspace: Workspace, model: UpliftModel, customers: Sequence[str], as_of: date) -> BestOffers:
    """What the model says of customers as of a date."""
    rows = pd.DataFrame({"customer_id": list(customers), "day": as_of}, dtype="object")
    values = model.values(dataset.with_features(workspace, rows))
    names = (NOBODY, *model.terms.offers)
    costs = dict(zip(model.terms.offers, model.terms.costs.tolist(), strict=True))
    best = values.argmax(axis=1)
    return BestOffers([names[each] for each in choose(values)], values.max(axis=1) + model.terms.costs[best], costs)
