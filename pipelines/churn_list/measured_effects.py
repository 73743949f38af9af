"""What contacts were measured to do, where a version of uplift is champion: it takes the place of what is assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from core.workspace import Workspace
from models.arrays import Float64Array
from models.artifact_cache import MODEL
from models.kinds import kind
from models.registry import Registry
from models.uplift import dataset
from models.uplift.model import NOBODY, UpliftModel
from models.version import CHAMPION


@dataclass(frozen=True)
class BestOffers:
    """The offer that earns most with each customer (`none`: none adds anything), and what it adds before its cost."""

    offers: Sequence[str]
    adds: Float64Array


def measured_by(registry: Registry, as_of: date) -> UpliftModel | None:
    """The champion of uplift; None where there is none that knows nothing from `as_of` on."""
    version = registry.find("uplift", CHAMPION)
    if version is None or version.as_of > as_of:
        return None
    model: UpliftModel = kind("uplift").load(registry.fetch(version) / MODEL)
    return model


def costs_of(model: UpliftModel, stated: Mapping[str, float], for_all: float | None) -> Mapping[str, float]:
    """What a contact with each offer costs on a list: what is asked for all of it, else what is stated of the offer,
    else what its contacts did cost.
    """
    before = zip(model.terms.offers, model.terms.costs.tolist(), strict=True)
    return {offer: stated.get(offer, paid) if for_all is None else for_all for offer, paid in before}


def best_offers(
    workspace: Workspace, model: UpliftModel, customers: Sequence[str], as_of: date, costs: Mapping[str, float]
) -> BestOffers:
    """What the model says of customers as of a date, where a contact with an offer costs what `costs` says.

    An offer that adds less than it costs is still named: that it costs too much is for the list to say.
    """
    rows = pd.DataFrame({"customer_id": list(customers), "day": as_of}, dtype="object")
    adds = model.adds(dataset.with_features(workspace, rows))
    best = (adds - np.array([costs[offer] for offer in model.terms.offers])).argmax(axis=1)
    named = np.where((adds > 0).any(axis=1), np.array(model.terms.offers, dtype=object)[best], NOBODY)
    return BestOffers(named.tolist(), adds[np.arange(len(adds)), best])
