"""What came of lines of the prediction log, for a training set: what feedback says, else what the orders tell.

Orders tell once the horizon after the day of the answer has passed; a purchase of that day itself may be among the
values that the line was made of, and counts on neither side (as `training.churn.logged_examples` has it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isnan
from typing import Any, Final, Literal

import pandas as pd

from core import clock
from core.errors import NotReady
from core.prediction_log import PredictionLog
from core.workspace import Workspace
from feature_repo import facts
from models.demand.labels import sold
from models.demand.series import PERIOD, steps
from models.kinds import kind
from monitoring.served.feedback_table import read_feedback
from monitoring.served.totals import NO_SERIES

Line = Mapping[str, Any]


@dataclass(frozen=True)
class LineOutcome:
    """Whether it was bought (by the customer, where the line names no product), how many units were sold, by whom."""

    bought: bool | None = None
    units: float | None = None
    told_by: Literal["feedback", "orders"] | None = None


NOTHING: Final = LineOutcome()


class LineOutcomes:
    """What came of lines, as far as it is known now."""

    def __init__(self, workspace: Workspace, log: PredictionLog) -> None:
        self.workspace = workspace
        self._feedback = _by_line(read_feedback(workspace, log).rows)
        self._present = _present(workspace)

    def of(self, lines: Sequence[Line]) -> list[LineOutcome]:
        """One for each line."""
        found = [self._feedback.get((line["prediction_id"], line["subject"], line["item"]), NOTHING) for line in lines]
        by_kind: defaultdict[str, list[int]] = defaultdict(list)
        for place, line in enumerate(lines):
            if found[place] is NOTHING and line["subject"] and line["kind"] in _BY_ORDERS:
                by_kind[line["kind"]].append(place)
        for asked, places in by_kind.items():
            told = _BY_ORDERS[asked](self, [lines[place] for place in places])
            for place, outcome in zip(places, told, strict=True):
                found[place] = outcome
        return found

    def churn(self, lines: Sequence[Line]) -> list[LineOutcome]:
        """Whether the customer bought anything."""
        days = [self._over(line) for line in lines]
        buyers = {day: facts.buyers(self.workspace, *self._after(day, "churn")) for day in set(days) if day}
        return [
            _told(bought=line["subject"] in buyers[day]) if day else NOTHING
            for line, day in zip(lines, days, strict=True)
        ]

    def recommendations(self, lines: Sequence[Line]) -> list[LineOutcome]:
        """Whether the customer bought the product."""
        days = [self._over(line) if line["item"] else None for line in lines]
        bought: set[tuple[date, str, str]] = set()
        for day in {each for each in days if each}:
            customers = {line["subject"] for line, on in zip(lines, days, strict=True) if on == day}
            pairs = facts.purchases(self.workspace, *self._after(day, "recommendation"), sorted(customers))
            bought |= {(day, *pair) for pair in zip(pairs["customer_id"], pairs["product_id"], strict=True)}
        return [
            _told(bought=(day, line["subject"], line["item"]) in bought) if day else NOTHING
            for line, day in zip(lines, days, strict=True)
        ]

    def demand(self, lines: Sequence[Line]) -> list[LineOutcome]:
        """The units sold over the days that were asked for."""
        settings = self.workspace.settings.demand
        span = timedelta(days=steps(settings) * PERIOD[settings.freq])
        found = [NOTHING] * len(lines)
        by_day: defaultdict[date, list[int]] = defaultdict(list)
        for place, line in enumerate(lines):
            first = line["request"].get("first_day")
            if first and line["fallback"] not in NO_SERIES and self._is_over(date.fromisoformat(first) + span):
                by_day[date.fromisoformat(first)].append(place)
        for day, places in by_day.items():
            units = sold(self.workspace, [lines[place]["subject"] for place in places], day)
            for place, row in zip(places, units, strict=True):
                total = float(row[: lines[place]["request"]["periods"]].sum())
                if not isnan(total):  # nobody knows what would have sold on days without stock
                    found[place] = _told(units=total)
        return found

    def _over(self, line: Line) -> date | None:
        """The day of the answer, where its horizon has passed."""
        day = line["request"].get("as_of")
        if day is None:
            return None
        on = date.fromisoformat(day)
        return on if self._is_over(self._after(on, line["model"])[1]) else None

    def _after(self, day: date, model: str) -> tuple[date, date]:
        start = day + timedelta(days=1)
        return start, start + timedelta(days=kind(model).horizon_days(self.workspace.settings))

    def _is_over(self, end: date) -> bool:
        return self._present is not None and end <= self._present


_BY_ORDERS: Final[Mapping[str, Callable[[LineOutcomes, Sequence[Line]], list[LineOutcome]]]] = {
    "churn": LineOutcomes.churn,
    "recommendations": LineOutcomes.recommendations,
    "demand": LineOutcomes.demand,
}
"""By the kind of prediction, as the log names it."""


def _told(bought: bool | None = None, units: float | None = None) -> LineOutcome:
    return LineOutcome(bought, units, "orders")


def _by_line(rows: pd.DataFrame) -> dict[tuple[str, str, str | None], LineOutcome]:
    """Who bought by one message has bought; of units the last message counts."""
    found: dict[tuple[str, str, str | None], LineOutcome] = {}
    names = ["prediction_id", "subject", "item", "bought", "units"]
    for prediction, subject, item, bought, units in rows[names].itertuples(index=False):
        if pd.isna(subject) or (pd.isna(bought) and pd.isna(units)):
            continue
        key = (prediction, subject, None if pd.isna(item) else item)
        held = found.get(key, NOTHING)
        now = held.bought if pd.isna(bought) else bool(bought) or bool(held.bought)
        found[key] = LineOutcome(now, held.units if pd.isna(units) else float(units), "feedback")
    return found


def _present(workspace: Workspace) -> date | None:
    """None: nothing was ingested, so no orders tell anything."""
    try:
        workspace.tables.last_day()
        return clock.present(workspace)
    except NotReady:
        return None
