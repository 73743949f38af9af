"""The first lists a shop looks at: who is about to leave, and what will sell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.clock import present
from core.workspace import Workspace
from models.kinds import kind
from pipelines import predictions

SHOWN = 5
FOLDER = "lists"


@dataclass(frozen=True)
class FirstList:
    """The head of a list, and the file that holds all of it."""

    kind: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    file: Path


def make(workspace: Workspace, name: str) -> FirstList:
    """Predict for everybody with the champion, into a file of the workspace, and take the head of it.

    Raises:
        NotReady: there is no champion.
    """
    folder = workspace.root / FOLDER
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.csv"
    predictions.predict(workspace, name, present(workspace), file)
    frame = pd.read_csv(file, dtype={"customer_id": str, "product_id": str})
    title, order = HEADS.get(name, (kind(name).question, _as_written))
    head = order(frame).head(SHOWN)
    rows = tuple(tuple(row) for row in head.itertuples(index=False))
    return FirstList(name, title, tuple(head.columns), rows, file)


def _leaving(frame: pd.DataFrame) -> pd.DataFrame:
    columns = ["customer_id", "churn_probability", "risk_tier", "action"]
    return frame.sort_values("churn_probability", ascending=False)[columns]


def _selling(frame: pd.DataFrame) -> pd.DataFrame:
    """Units over the horizon, and on a slow and a busy day: what adds up over days is the mean, not the quantiles."""
    keys = list(frame.columns[: list(frame.columns).index("date")])
    of = frame.groupby(keys)
    named = pd.DataFrame(
        {"units expected": of["mean"].sum(), "a slow day": of["q05"].mean(), "a busy day": of["q95"].mean()}
    )
    ordered = named.sort_values("units expected", ascending=False).round(0).astype("int64")
    return ordered.reset_index()


def _worth(frame: pd.DataFrame) -> pd.DataFrame:
    columns = ["customer_id", "spend_28d", "spend_28d_low", "spend_28d_high", "visits_28d", "next_purchase_days"]
    return frame.sort_values("spend_28d", ascending=False)[columns]


def _as_written(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=["model_version"])


HEADS: Mapping[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "churn": ("Who is about to leave", _leaving),
    "demand": ("What will sell", _selling),
    "recommendation": ("What each customer wants next", _as_written),
    "value": ("Who will spend most", _worth),
}
"""For each kind what its list is called and how it is ordered."""
