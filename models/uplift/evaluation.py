"""What following a model would have brought, estimated from contacts it knows nothing of."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.workspace import Workspace
from models.arrays import Float64Array, Int64Array
from models.uplift.dataset import UNIT
from models.uplift.fitting import Study, study
from models.uplift.model import UpliftModel, choose
from models.uplift.trial import HELD_OUT, doubly_robust


def evaluate(workspace: Workspace, model: UpliftModel, as_of: date) -> pd.DataFrame:
    """A row per contact (customer, campaign, day), see `of_study`.

    A model by folds is asked about every contact known at `as_of`: each customer's by the part that knows nothing of
    them. Another is asked about those made since it was trained, their outcomes known one horizon after `as_of`.

    Raises:
        NotReady, DataError: there are no contacts to ask about.
    """
    if len(model.parts) > 1:
        return of_study(model, study(workspace, as_of))
    found = study(workspace, as_of + timedelta(days=model.horizon_days))
    frame = of_study(model, found)
    return frame[(found.contacts.frame["day"] >= model.trained_as_of).to_numpy()]


def of_study(model: UpliftModel, found: Study) -> pd.DataFrame:
    """Doubly robust estimates per contact, in money earned beyond what contacts cost.

    policy_value: what the model's choice brings; gain_over_nobody, gain_over_single: that less what no contact, and
    what the best single offer for all brings, missing where that offer was not possible: no score tells what it would
    have brought there; purchases_gained: purchases beyond those without a contact; qini: the contact's part in the
    area between the model's order and none (see `_qini`); contacted: the model's choice is an offer; bought.
    """
    frame, offers = found.contacts.frame, found.contacts.offers
    who = frame["customer_id"].astype(str)
    values = _of_offers(model.values(frame, list(who)), model, offers, found)
    chosen = choose(values)
    earned = _earned(found, model)
    rows = np.arange(len(chosen))
    single = _single(model, offers)
    could_be = found.trial.chances[:, single] > 0
    bought = _bought(found)
    best = values.argmax(axis=1) + 1
    return pd.DataFrame(
        {
            "policy_value": earned[rows, chosen],
            "gain_over_nobody": earned[rows, chosen] - earned[:, HELD_OUT],
            "gain_over_single": np.where(could_be, earned[rows, chosen] - earned[:, single], np.nan),
            "purchases_gained": bought[rows, chosen] - bought[:, HELD_OUT],
            "qini": _qini(values.max(axis=1), earned[rows, best] - earned[:, HELD_OUT], found.trial.fold),
            "contacted": (chosen > 0).astype(float),
            "bought": frame["bought"].to_numpy(dtype=float),
            "customer_id": who.to_numpy(),
        },
        index=pd.Index(who + UNIT + frame["campaign_id"].astype(str) + UNIT + frame["day"].astype(str), name="contact"),
    ).sort_index()


def _of_offers(told: Float64Array, model: UpliftModel, offers: tuple[str, ...], found: Study) -> Float64Array:
    """The model's values of the offers of these contacts; one it does not know, or that was not possible, is none."""
    values = np.full((len(told), len(offers)), -np.inf)
    for number, offer in enumerate(offers):
        if offer in model.terms.offers:
            values[:, number] = told[:, model.terms.offers.index(offer)]
    return np.where(found.learnt.possible, values, -np.inf)


def _single(model: UpliftModel, offers: tuple[str, ...]) -> int:
    best = model.best_single()
    name = model.terms.offers[best - 1] if best else ""
    return offers.index(name) + 1 if name in offers else HELD_OUT


def _earned(found: Study, model: UpliftModel) -> Float64Array:
    """What each arm earns of each contact, beyond its cost: unbiased for spend, whatever effects were learnt on."""
    spend = doubly_robust(found.trial, found.learnt.expected, found.trial.spend)
    costs = np.concatenate([[0.0], found.contacts.costs])
    return np.asarray(model.terms.margin * spend - costs)


def _bought(found: Study) -> Float64Array:
    bought = found.contacts.frame["bought"].to_numpy(dtype=float)
    arm: Int64Array = found.trial.arm
    rates = np.array([bought[arm == each].mean() if (arm == each).any() else 0.0 for each in range(found.trial.arms)])
    return doubly_robust(found.trial, np.tile(rates, (len(arm), 1)), bought)


def _qini(order: Float64Array, effect: Float64Array, fold: Int64Array) -> Float64Array:
    """Each row's part in the Qini coefficient: effect x (1/2 - rank), with ranks from 0 (contacted first) to 1.

    The mean over rows is the area between the gain curve of the order and the straight line of no order, for one
    customer (Radcliffe 2007, with doubly robust effects in the place of differences of counts). Ranks are within
    folds: where the mean effect of a fold is high, that of the others, by which it is asked, is low.
    """
    ranked = pd.DataFrame({"order": np.where(np.isfinite(order), -order, 1e300), "fold": fold}).groupby("fold")["order"]
    ranks = (ranked.rank(method="average") - 0.5) / ranked.transform("size")
    return np.asarray(effect * (0.5 - ranks.to_numpy(dtype=float)))
