"""The prediction file: the whole population as of a date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from core.consents import Consents
from core.errors import DataError
from core.workspace import Workspace
from models.churn import dataset
from models.churn.main_cause import main_causes
from models.churn.scorer import Scorer
from models.churn.tiers import tiers, win_back
from models.kinds import refuse_hindsight


def predict_file(workspace: Workspace, model: Scorer, as_of: date, version: str) -> pd.DataFrame:
    """customer_id, as_of, churn_probability, risk_score, risk_tier, action, model_version: one row per customer.

    The action is `none` for who did not allow marketing before `as_of`.

    Raises:
        NotReady: the model was trained as of a later date.
        DataError: nobody is active.
    """
    refuse_hindsight("churn", version, model, as_of)
    frame = dataset.unlabelled(workspace, as_of)
    if frame.empty:
        days = workspace.settings.churn.active_days
        raise DataError(f"no customer bought anything in the {days} days before {as_of}")
    scores = model.score(frame)
    reached = tiers(scores.risk_score, workspace.settings.churn)
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"].astype(str),
            "as_of": as_of,
            "churn_probability": scores.probability,
            "risk_score": scores.risk_score,
            "risk_tier": reached,
            "action": _actions(workspace, model, frame, reached.tolist(), as_of),
            "model_version": version,
        }
    )


def _actions(
    workspace: Workspace, model: Scorer, frame: pd.DataFrame, reached: Sequence[int], as_of: date
) -> list[str]:
    settings, customers = workspace.settings.churn, frame["customer_id"].tolist()
    refused = Consents.load(workspace, as_of).refused(customers, "marketing")
    causes = main_causes(model, frame) if settings.action_by == "cause" else [None] * len(frame)
    return [
        win_back(tier, customer not in refused, settings, cause).action
        for customer, tier, cause in zip(customers, reached, causes, strict=True)
    ]
