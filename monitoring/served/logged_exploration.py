"""Two versions judged by what customers bought of lists that were served with exploration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from core import clock, utc
from core.consents import Consents
from core.prediction_log import PredictionLog
from core.workspace import Workspace, of_one_generation
from feature_repo import facts
from models.arrays import BoolArray, Int64Array
from models.artifact_cache import EVALUATION
from models.intervals import Interval
from models.recommendation import KIND, Recommender, batch
from models.recommendation.dataset import Dataset
from models.recommendation.off_policy import (
    LEAST_COVERED,
    LEAST_EFFECTIVE,
    LEAST_EXPLORED,
    ListValue,
    LoggedPlaces,
    VersionLists,
    difference,
    forecast,
    value,
)
from models.registry import Registry
from monitoring.served.feedback_table import read_feedback
from monitoring.served.lists import KIND as ASKED

DAYS: Final = 7
"""The newest days that both versions are judged on: each takes the features and lists of a day."""
BACK_DAYS: Final = 400
_SEEN_TIMES: Final = np.array([1, 2, 4, 8])
_SEEN_LATELY: Final = np.array([8, 29, 85])
_TENTHS: Final = 10


@dataclass(frozen=True)
class OffPolicy:
    """What both versions' lists would have brought, by `lists` answers to `customers` on `days`.

    `difference` is that of the doubly robust values, a - b. With no answer to go by, the values are None.
    """

    days: tuple[str, ...]
    lists: int
    customers: int
    explored: int
    a: ListValue | None = None
    b: ListValue | None = None
    difference: Interval | None = None

    @property
    def verdict(self) -> str:
        """In words."""
        if self.a is None or self.b is None or self.difference is None:
            return (
                "off-policy: too few: no answer with explored places whose days are over was logged since both were"
                " evaluated (recommendation.explore_share)"
            )
        if "too few" in (self.a.verdict, self.b.verdict):
            return (
                f"off-policy: too few: {self.explored:,} explored places in {self.lists:,} answers; each version needs"
                f" {LEAST_EFFECTIVE} effective matches and {LEAST_COVERED:.0%} of its places covered,"
                f" both {LEAST_EXPLORED} explored places"
            )
        certain = "no certain difference" if self.difference.low <= 0 <= self.difference.high else "a certain one"
        return f"off-policy: {certain} in products bought per list (a - b): {self.difference}"

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self) | {"verdict": self.verdict}


@of_one_generation
def judge(workspace: Workspace, a: str, b: str) -> OffPolicy:
    """Two versions, by number or alias, on the newest days that neither has seen.

    The evaluation models make the lists, as in every comparison; answers with a basket or exclusions, in mode `new`,
    to guests and without consent are left out, and of several to a customer on a day all but the first.
    """
    registry = Registry(workspace)
    versions = [registry.version(KIND.name, each) for each in (a, b)]
    since = max(version.evaluated_from for version in versions)
    return of_models(workspace, [KIND.load(registry.fetch(version) / EVALUATION) for version in versions], since)


def of_models(workspace: Workspace, models: Sequence[Recommender], since: date) -> OffPolicy:
    """The same of two models that know nothing from `since` on."""
    horizon = timedelta(days=KIND.horizon_days(workspace.settings))
    logged = _logged(workspace, since, clock.present(workspace) - horizon)
    if logged.empty:
        return OffPolicy((), 0, 0, 0)
    days = sorted(logged["day"].unique())
    parts = [_of_day(workspace, models, logged[logged["day"] == day], day, horizon) for day in days]
    places = pd.concat([part[0] for part in parts], ignore_index=True)
    if places.empty:
        return OffPolicy((), 0, 0, 0)
    both = [pd.concat([part[1][i] for part in parts], ignore_index=True) for i in (0, 1)]
    return _judged(places, both, [day.isoformat() for day in days])


def _logged(workspace: Workspace, since: date, until: date) -> pd.DataFrame:
    """The places of answers on the newest days in [since, until], the first of each customer and day."""
    log = PredictionLog(workspace)
    now = utc.now()
    rows = [
        _place(line)
        for line in log.predictions(ASKED, now - timedelta(days=BACK_DAYS), now)
        if line["propensity"] is not None and line["subject"] and _usable(line["request"], since, until)
    ]
    found = pd.DataFrame(rows, columns=["list", "day", "customer_id", "product_id", "propensity", "k", "made_at"])
    if found.empty:
        return found
    refused = Consents.load(workspace).refused(found["customer_id"].unique(), "personalisation")
    found = found[~found["customer_id"].isin(list(refused))]
    newest = sorted(found["day"].unique())[-DAYS:]
    found = found[found["day"].isin(newest)]
    first = found.groupby(["customer_id", "day"])["list"].transform("first")
    found = found[found["list"] == first].reset_index(drop=True)
    share = {line["list"]: line["share"] for line in rows}
    stays = 1 - found["list"].map(share)
    place = found.groupby("list").cumcount()
    return found.assign(explored=(place > 0) & ~np.isclose(found["propensity"], stays) & (found["propensity"] < 1))


def _usable(request: dict[str, Any], since: date, until: date) -> bool:
    day = request.get("as_of")
    told = request.get("explored") and request.get("plain") and request.get("mode") == "all" and day
    return bool(told) and since <= date.fromisoformat(str(day)) <= until


def _place(line: dict[str, Any]) -> dict[str, Any]:
    names = {"list": "prediction_id", "customer_id": "subject", "product_id": "item", "propensity": "propensity"}
    request = line["request"]
    return {name: line[column] for name, column in names.items()} | {
        "day": date.fromisoformat(request["as_of"]),
        "k": request["k"],
        "share": request["explored"],
        "made_at": line["made_at"],
    }


def _of_day(
    workspace: Workspace, models: Sequence[Recommender], logged: pd.DataFrame, day: date, horizon: timedelta
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The logged places of a day with what was bought, and both versions' lists for the same answers."""
    dataset = Dataset.load(workspace, day)
    asked = logged.drop_duplicates("list").set_index("customer_id")
    rows = np.flatnonzero(pd.Index(dataset.histories.customers).isin(asked.index)).astype(np.int64)
    dataset = replace(dataset, histories=dataset.histories.of_customers(rows))
    known = logged[logged["customer_id"].isin(dataset.histories.customers)].copy()
    bought = _bought(workspace, known, day, horizon)
    known["bought"] = bought
    known["cell"] = _cells(dataset, known)
    both = []
    for model in models:
        lists = batch.lists(workspace, model, dataset, "all", int(logged["k"].max()))
        lists = lists.join(asked[["list", "k"]], on="customer_id")
        lists = lists[lists["rank"] <= lists["k"]]
        both.append(lists.assign(cell=_cells(dataset, lists)))
    return known, both


def _bought(workspace: Workspace, places: pd.DataFrame, day: date, horizon: timedelta) -> BoolArray:
    """Whether the customer bought the product in the days after, by orders or by feedback on the answer."""
    orders = facts.purchases(workspace, day, day + horizon)
    pairs = pd.MultiIndex.from_frame(places[["customer_id", "product_id"]])
    by_orders = pairs.isin(pd.MultiIndex.from_frame(orders[["customer_id", "product_id"]]))
    if places.empty:
        return np.asarray(by_orders, dtype=bool)
    since: datetime = places["made_at"].min()
    told = read_feedback(workspace, PredictionLog(workspace), since).rows
    told = told[told["bought"].fillna(False).astype(bool) & told["item"].notna()]
    of_answer = pd.MultiIndex.from_frame(places[["list", "product_id"]])
    return np.asarray(by_orders | of_answer.isin(pd.MultiIndex.from_frame(told[["prediction_id", "item"]])), dtype=bool)


def _cells(dataset: Dataset, pairs: pd.DataFrame) -> Int64Array:
    """What the forecast of a purchase goes by: how often and how lately it was bought before, and how well it sells."""
    histories, catalogue = dataset.histories, dataset.catalogue
    row = pd.Index(histories.customers).get_indexer(pd.Index(pairs["customer_id"]))
    product = catalogue.codes(pairs["product_id"].to_numpy(object))
    known = histories.product >= 0
    entries = pd.DataFrame(
        {
            "row": histories.rows[known],
            "product": histories.product[known],
            "times": histories.entries["purchases"][known],
            "last": histories.entries["last_days"][known],
        }
    )
    own = pd.DataFrame({"row": row, "product": product}).merge(entries, on=["row", "product"], how="left")
    times = np.digitize(own["times"].fillna(0), _SEEN_TIMES)
    lately = np.digitize(own["last"].fillna(1e9), _SEEN_LATELY)
    place = np.empty(len(catalogue), dtype=np.int64)
    place[catalogue.popular] = np.arange(len(catalogue))
    sells = np.where(product >= 0, place[product] * _TENTHS // max(len(catalogue), 1), _TENTHS)
    return (times * (len(_SEEN_LATELY) + 1) + lately) * (_TENTHS + 1) + sells


def _judged(places: pd.DataFrame, both: list[pd.DataFrame], days: list[str]) -> OffPolicy:
    number, names = pd.factorize(places["list"])
    customers = places.drop_duplicates("list").set_index("list").loc[list(names), "customer_id"]
    customer, _ = pd.factorize(customers)
    logged = LoggedPlaces(
        number.astype(np.int64),
        places["propensity"].to_numpy(float),
        places["bought"].to_numpy(bool),
        places["explored"].to_numpy(bool),
        customer.astype(np.int64),
    )
    versions = [_version(places, lists, logged, pd.Index(names)) for lists in both]
    return OffPolicy(
        tuple(days),
        logged.lists,
        int(customer.max(initial=-1)) + 1,
        int(logged.explored.sum()),
        value(logged, versions[0]),
        value(logged, versions[1]),
        difference(logged, *versions),
    )


def _version(places: pd.DataFrame, lists: pd.DataFrame, logged: LoggedPlaces, names: pd.Index[str]) -> VersionLists:
    """Halves of customers, so that no customer's purchases forecast their own."""
    row = names.get_indexer(pd.Index(lists["list"]))
    fold = logged.customer % 2 > 0
    cell, halves = places["cell"].to_numpy(np.int64), fold[logged.row]
    expected = forecast(cell, logged.bought, halves, cell, halves)
    of_list = forecast(cell, logged.bought, halves, lists["cell"].to_numpy(np.int64), fold[row])
    shown = pd.MultiIndex.from_frame(places[["list", "product_id"]])
    return VersionLists(
        np.asarray(shown.isin(pd.MultiIndex.from_frame(lists[["list", "product_id"]])), dtype=bool),
        expected,
        np.bincount(row, weights=of_list, minlength=len(names)).astype(float),
        np.bincount(row, minlength=len(names)).astype(np.int64),
    )
