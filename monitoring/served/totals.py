"""Demand as served: the forecast totals that were answered, held against the units sold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from math import isnan
from typing import Any, Final

import pandas as pd

from models.demand.labels import sold
from models.demand.series import PERIOD, steps
from models.intervals import Ratio
from monitoring.results import Served
from monitoring.served.window import ServedWindow

KIND: Final = "demand"
NO_SERIES: Final = ("unknown_series", "level")
"""What answers to them is no forecast of a series: a group's is told by its series."""
FIGURES: Final = {"wMAPE": Ratio("absolute_error", "units"), "bias": Ratio("error", "units")}
"""Over the whole of the days asked for; bias above zero: too much was forecast."""
_COLUMNS: Final = ["series", "forecast", "units", "version"]


def measure(window: ServedWindow) -> Served | None:
    """Of all series of which it is known."""
    told = window.told(KIND)
    frame, by_orders = outcomes(window)
    error = (frame["forecast"] - frame["units"]).astype(float)
    frame = frame.assign(error=error, absolute_error=error.abs())
    understood = told["units"].notna() & told["subject"].notna()
    return window.result("series", frame, FIGURES, by_orders, int((~understood).sum()))


def outcomes(window: ServedWindow, kind: str = KIND) -> tuple[pd.DataFrame, int]:
    """One row per series: as feedback says, else as the orders say of the series' first answer in the window; and how
    many the orders tell.
    """
    by_feedback = _by_feedback(window.told(kind))
    by_orders = pd.DataFrame(_by_orders(window, set(by_feedback["series"]), kind), columns=_COLUMNS)
    frame = pd.concat([part for part in (by_feedback, by_orders) if not part.empty] or [by_feedback])
    return frame, len(by_orders)


def _by_feedback(told: pd.DataFrame) -> pd.DataFrame:
    """What was told last of each series counts."""
    known = told[told["units"].notna() & told["value"].notna()].sort_values("received_at")
    last = known.groupby("subject").last().reset_index()
    columns = {"series": last["subject"], "forecast": last["value"].astype(float), "units": last["units"].astype(float)}
    return pd.DataFrame({**columns, "version": last["version"]})


def _by_orders(window: ServedWindow, without: set[str], kind: str) -> Iterator[tuple[str, float, float, str]]:
    """Of forecasts whose whole horizon has passed; counted as they are judged in training."""
    settings = window.workspace.settings.demand
    span = timedelta(days=steps(settings) * PERIOD[settings.freq])
    by_day: defaultdict[date, list[Mapping[str, Any]]] = defaultdict(list)
    for name, line in window.firsts(kind).items():
        first_day = line["request"].get("first_day")
        if first_day is None or name in without or line["fallback"] in NO_SERIES:
            continue
        if date.fromisoformat(first_day) + span <= window.as_of:
            by_day[date.fromisoformat(first_day)].append(line)
    for day, lines in by_day.items():
        units = sold(window.workspace, [line["subject"] for line in lines], day)
        for line, row in zip(lines, units, strict=True):
            total = float(row[: line["request"]["periods"]].sum())
            if not isnan(total):  # nobody knows what would have sold on days without stock
                yield line["subject"], line["value"], total, line["version"]
