"""The prediction file: the whole population as of a date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd

from core.errors import DataError
from core.workspace import Workspace
from models.kinds import ColumnType, refuse_hindsight
from models.value import dataset, labels
from models.value.model import FIGURES, ValueModel

WHOLE = {"next_purchase_days", "next_purchase_days_low", "next_purchase_days_high", "overdue", "value_tier"}
"""Figures that are whole numbers."""
COLUMNS: Mapping[str, ColumnType] = {
    "customer_id": "text",
    "as_of": "day",
    **{name: "integer" if name in WHOLE else "number" for name in FIGURES},
}


def predict_file(workspace: Workspace, model: ValueModel, as_of: date, version: str) -> pd.DataFrame:
    """The columns of COLUMNS and model_version: one row per customer.

    Raises:
        NotReady: the model was trained as of a later date.
        DataError: nobody bought in the year before.
    """
    refuse_hindsight("value", version, model, as_of)
    frame = dataset.with_features(workspace, _population(workspace, as_of))
    if frame.empty:
        raise DataError(f"no customer bought anything in the {labels.SEEN_DAYS} days before {as_of}")
    said = model.figures(frame)
    figures = {name: said[name].astype("int64") if name in WHOLE else said[name] for name in FIGURES}
    who = {"customer_id": frame["customer_id"].astype(str), "as_of": as_of}
    return pd.DataFrame({**who, **figures, "model_version": version})


def _population(workspace: Workspace, as_of: date) -> pd.DataFrame:
    return labels.outcomes(workspace, [as_of], as_of)[["customer_id", "as_of"]]
