"""What came of the answers of two versions that answered at the same time: one figure for each subject.

A subject counts once its horizon has passed, or feedback tells of it; until then nothing is taken to be known, not even
that nothing was bought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from core.lines_by_variant import SHADOW_SUFFIX
from feature_repo import facts
from models.experiment import SHADOW
from models.recommendation import KIND as RECOMMENDATION
from monitoring import prices
from monitoring.served import lists, probabilities, totals
from monitoring.served.window import ServedWindow

ASKED: Final = {"churn": probabilities.KIND, "recommendation": lists.KIND, "demand": totals.KIND}
"""The kind of prediction that each model answers, as the log names it."""


@dataclass(frozen=True)
class ArmFigure:
    """A figure of each subject: `frame` has `value` and `version`; `shares` lie between 0 and 1."""

    name: str
    higher_is_better: bool | None
    frame: pd.DataFrame
    shares: bool = True


def outcome(window: ServedWindow, model: str) -> ArmFigure:
    """What the version is judged by."""
    return _OUTCOMES[model](window)


def guardrails(window: ServedWindow, model: str) -> list[ArmFigure]:
    """What must not become worse meanwhile: answers with something missing, and how dear the lists are."""
    kind = ASKED[model]
    lines = [line for line in window.log.predictions(kind, window.since, window.until) if line["variant"] != SHADOW]
    frame = pd.DataFrame([(line["fallback"], line["version"], line["subject"], line["item"]) for line in lines],
                         columns=["fallback", "version", "subject", "item"], dtype=object)  # fmt: skip
    named = frame[frame["subject"] != ""]
    by_subject = named.assign(value=named["fallback"].notna().astype(float)).groupby(["subject", "version"])["value"]
    missing = ArmFigure("answers with something missing", False, by_subject.mean().reset_index())
    if model != "recommendation":
        return [missing]
    level = prices.levels(window.workspace, window.as_of)
    dear = named.assign(value=named["item"].map(level)).dropna(subset=["value"])
    of_list = dear.groupby(["subject", "version"])["value"].mean().reset_index()
    return [missing, ArmFigure("price level of lists", None, of_list.astype({"value": float}), shares=False)]


def _churn(window: ServedWindow) -> ArmFigure:
    frame = pd.concat([probabilities.outcomes(window, kind)[0] for kind in _kinds("churn")])
    error = (frame["probability"] - frame["churned"]).astype(float) ** 2
    return ArmFigure("squared error of the probability", False, frame.assign(value=error)[["value", "version"]])


def _demand(window: ServedWindow) -> ArmFigure:
    frame = pd.concat([totals.outcomes(window, kind)[0] for kind in _kinds("demand")])
    forecast, units = frame["forecast"].astype(float), frame["units"].astype(float)
    both = forecast.abs() + units.abs()
    error = ((forecast - units).abs() / both.where(both > 0)).fillna(0.0)
    return ArmFigure(
        "error of the units over forecast and units", False, frame.assign(value=error)[["value", "version"]]
    )


def _recommendation(window: ServedWindow) -> ArmFigure:
    rows = [row for kind in _kinds("recommendation") for row in _lists(window, kind)]
    frame = pd.DataFrame(rows, columns=["value", "version"])
    return ArmFigure("customers who bought of their list", True, frame.astype({"value": float}))


def _kinds(model: str) -> tuple[str, str]:
    return ASKED[model], ASKED[model] + SHADOW_SUFFIX


def _lists(window: ServedWindow, kind: str) -> Iterator[tuple[float, str]]:
    """The first list of each customer whose horizon has passed, or of which feedback tells."""
    horizon = timedelta(days=RECOMMENDATION.horizon_days(window.workspace.settings))
    told = window.told(kind)
    said = {name: bool(any(part)) for name, part in told[told["bought"].notna()].groupby("prediction_id")["bought"]}
    first: dict[str, tuple[str, date | None, str]] = {}
    items: defaultdict[str, set[str]] = defaultdict(set)
    for line in window.allowed(kind):
        held = first.setdefault(line["subject"], (line["prediction_id"], line["day"], line["version"]))
        if held[0] == line["prediction_id"] and line["item"] is not None:
            items[line["subject"]].add(line["item"])
    by_day: defaultdict[date, list[str]] = defaultdict(list)
    for customer, (prediction, day, version) in first.items():
        if prediction in said:
            yield float(said[prediction]), version
        elif day is not None and day + horizon <= window.as_of:
            by_day[day].append(customer)
    for day, customers in by_day.items():
        bought = facts.purchases(window.workspace, day, day + horizon, np.array(customers, dtype=object))
        pairs = set(zip(bought["customer_id"], bought["product_id"], strict=True))
        for customer in customers:
            yield float(any((customer, item) in pairs for item in items[customer])), first[customer][2]


_OUTCOMES: Final[Mapping[str, Callable[[ServedWindow], ArmFigure]]] = {
    "churn": _churn,
    "recommendation": _recommendation,
    "demand": _demand,
}
