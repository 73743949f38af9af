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

from core.prediction_log import FAILED_SUFFIX, SHADOW_SUFFIX
from feature_repo import facts
from models.experiment import SHADOW
from models.recommendation import KIND as RECOMMENDATION
from monitoring import prices
from monitoring.served import lists, probabilities, totals
from monitoring.served.window import ServedWindow

ASKED: Final = {"churn": probabilities.KIND, "recommendation": lists.KIND, "demand": totals.KIND}
"""The kind of prediction that each model answers, as the log names it."""

MORE_MISSING: Final = 0.02
SLOWER: Final = 0.5
LONGEST_SECONDS: Final = 1.0
"""What took longer counts as so long: one stall is not to speak for an arm."""
_OF_LINE: Final = ["prediction_id", "subject", "item", "version", "fallback", "seconds"]


@dataclass(frozen=True)
class ArmFigure:
    """A figure of each subject: `frame` has `value` and `version`; `shares` lie between 0 and 1.

    Of a guardrail `harm` is how far one version may be above the other, as a share of the other where it is `relative`;
    None: it is only shown.
    """

    name: str
    higher_is_better: bool | None
    frame: pd.DataFrame
    shares: bool = True
    harm: float | None = None
    relative: bool = False


def outcome(window: ServedWindow, model: str) -> ArmFigure:
    """What the version is judged by."""
    return _OUTCOMES[model](window)


def guardrails(window: ServedWindow, model: str) -> list[ArmFigure]:
    """What must not become worse meanwhile: answers with something missing, among them those that an arm failed at, the
    time they take, how dear lists are.
    """
    frame = pd.DataFrame(
        [
            [line[name] for name in _OF_LINE]
            for kind in (ASKED[model], ASKED[model] + FAILED_SUFFIX)
            for line in window.log.predictions(kind, window.since, window.until)
            if line["variant"] != SHADOW and line["subject"]
        ],
        columns=_OF_LINE,
        dtype=object,
    )
    missing = _by_subject(frame.assign(value=frame["fallback"].notna()))
    found = [ArmFigure("answers with something missing", False, missing, harm=MORE_MISSING), _time(frame)]
    if model == "recommendation":
        level = prices.levels(window.workspace, window.as_of)
        dear = frame.assign(value=frame["item"].map(level)).dropna(subset=["value"])
        found.append(ArmFigure("price level of lists", None, _by_subject(dear), shares=False))
    return found


def _time(frame: pd.DataFrame) -> ArmFigure:
    """Of answers about one subject: what several were asked for at once is mostly of several versions, or the
    champion's.
    """
    by_answer = frame.groupby("prediction_id")["subject"].transform("nunique")
    alone = frame[(by_answer == 1) & frame["seconds"].notna()].drop_duplicates("prediction_id")
    value = _by_subject(alone.assign(value=alone["seconds"].astype(float).clip(upper=LONGEST_SECONDS) * 1000))
    return ArmFigure("milliseconds of an answer", False, value, shares=False, harm=SLOWER, relative=True)


def _by_subject(frame: pd.DataFrame) -> pd.DataFrame:
    """One figure of each subject and version: what one asks often is no more evidence."""
    means = frame.assign(value=frame["value"].astype(float)).groupby(["subject", "version"])["value"].mean()
    return means.reset_index()


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
