"""The prediction file: which offer earns most with each customer, if any."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from core.consents import Consents
from core.errors import DataError
from core.workspace import Workspace
from feature_repo import facts
from models.kinds import ColumnType, refuse_hindsight
from models.uplift import dataset
from models.uplift.model import NOBODY, UpliftModel, choose

COLUMNS: Mapping[str, ColumnType] = {
    "customer_id": "text",
    "as_of": "day",
    "offer": "text",
    "expected_value": "number",
    "uplift": "number",
}


def predict_file(workspace: Workspace, model: UpliftModel, as_of: date, version: str) -> pd.DataFrame:
    """The columns of COLUMNS and model_version: one row per customer who ever bought and allows profiling.

    Raises:
        NotReady: the model was trained as of a later date.
        DataError: nobody has bought.
    """
    refuse_hindsight("uplift", version, model, as_of)
    who = sorted(facts.buyers(workspace, date.min, as_of))
    consents = Consents.load(workspace, as_of)
    refused = consents.refused(who, "profiling")
    rows = pd.DataFrame({"customer_id": [each for each in who if each not in refused]}, dtype="object")
    if rows.empty:
        raise DataError(f"no customer bought anything before {as_of}")
    frame = dataset.with_features(workspace, rows.assign(day=as_of))
    values = model.values(frame)
    chosen = choose(values)
    left_alone = consents.refused(rows["customer_id"], "marketing")
    chosen = np.where(rows["customer_id"].isin(left_alone), 0, chosen)
    offers = np.array([NOBODY, *model.terms.offers], dtype=object)
    best = values.argmax(axis=1)
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"].astype(str),
            "as_of": as_of,
            "offer": offers[chosen],
            "expected_value": np.where(chosen > 0, values.max(axis=1), 0.0),
            # What the best offer adds to spend, contacted or not, before its cost.
            "uplift": (values.max(axis=1) + model.terms.costs[best]) / model.terms.margin,
            "model_version": version,
        }
    )
