"""Churn as served: the probabilities that were answered, held against who bought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from feature_repo import facts
from models.churn.metrics import STATISTICS
from models.intervals import Mean, Statistic
from monitoring.results import Served
from monitoring.served.window import ServedWindow

KIND: Final = "churn"
FIGURES: Final[Mapping[str, Statistic]] = {
    **{name: STATISTICS[name] for name in ("log_loss", "brier", "roc_auc", "ece")},
    "mean probability": Mean("probability"),
    "share that left": Mean("churned"),
}


def measure(window: ServedWindow) -> Served | None:
    """Of all customers of whom it is known."""
    told = window.told(KIND)
    frame, by_orders = outcomes(window)
    understood = told["bought"].notna() & told["subject"].notna()
    return window.result("customers", frame, FIGURES, by_orders, int((~understood).sum()))


def outcomes(window: ServedWindow, kind: str = KIND) -> tuple[pd.DataFrame, int]:
    """One row per customer: as feedback says, else as the orders say of the customer's first answer in the window; and
    how many the orders tell.
    """
    by_feedback = _by_feedback(window.told(kind))
    by_orders = _by_orders(window, {str(name) for name in by_feedback.index}, kind)
    frame = pd.concat([part for part in (by_feedback, by_orders) if not part.empty] or [by_feedback])
    return frame, len(by_orders)


def _by_feedback(told: pd.DataFrame) -> pd.DataFrame:
    """Somebody who bought by one message has not left, whatever an earlier one said."""
    known = told[told["bought"].notna() & told["value"].notna()].sort_values("made_at")
    by_customer = known.groupby("subject")
    return _frame(
        by_customer["value"].first().astype(float),
        1.0 - by_customer["bought"].any().astype(float),
        by_customer["version"].first(),
    )


def _by_orders(window: ServedWindow, without: set[str], kind: str) -> pd.DataFrame:
    """Of customers whose horizon has passed: the same label as in training, no order line from that day on."""
    horizon = timedelta(days=window.workspace.settings.churn.horizon_days)
    lines = {
        subject: line
        for subject, line in window.firsts(kind).items()
        if subject not in without and line["day"] is not None and line["day"] + horizon <= window.as_of
    }
    buyers = {
        day: facts.buyers(window.workspace, day, day + horizon) for day in {line["day"] for line in lines.values()}
    }
    return _of_lines(lines, {name: float(name not in buyers[line["day"]]) for name, line in lines.items()})


def _of_lines(lines: Mapping[str, Mapping[str, Any]], churned: Mapping[str, float]) -> pd.DataFrame:
    index = pd.Index(list(lines), dtype=object)
    values = pd.Series([line["value"] for line in lines.values()], index=index, dtype=float)
    versions = pd.Series([line["version"] for line in lines.values()], index=index, dtype=object)
    return _frame(values, pd.Series(churned, index=index, dtype=float), versions)


def _frame(probability: pd.Series[float], churned: pd.Series[float], version: pd.Series[str]) -> pd.DataFrame:
    return pd.DataFrame({"probability": probability, "churned": churned, "version": version})
