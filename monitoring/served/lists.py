"""Recommendations as served: how many of the lists that feedback tells of had something that was bought."""

from __future__ import annotations

from typing import Final

import pandas as pd

from models.intervals import Mean
from monitoring.results import Served
from monitoring.served.window import ServedWindow

KIND: Final = "recommendations"


def measure(window: ServedWindow) -> Served | None:
    """One row per answered list with feedback. Bought of it: a product that was in it, or «something» of it."""
    told = window.told(KIND)
    known = told[told["bought"].notna()]
    shown = known["value"].notna() | known["item"].isna()
    hits = (known["bought"].astype(bool) & shown).groupby(known["prediction_id"]).any()
    versions = known.groupby("prediction_id")["version"].first()
    frame = pd.DataFrame({"hit": hits.astype(float), "version": versions})
    return window.result("lists", frame, {"hit rate": Mean("hit")}, not_understood=int(told["bought"].isna().sum()))
