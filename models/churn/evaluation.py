"""A scorer on a window that has passed: what it said of each customer, and what the customer did."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from core.workspace import Workspace
from models.churn import dataset
from models.churn.scorer import Scorer
from models.churn.tiers import tiers
from models.last_evaluation import LastEvaluation

_LAST = LastEvaluation[pd.DataFrame]()


def evaluate(workspace: Workspace, scorer: Scorer, as_of: date) -> pd.DataFrame:
    """The population as of a date, by customer_id: probability, risk_score, risk_tier, churned (0, 1).

    Raises:
        DataError: the window after `as_of` is not over.
    """
    return _LAST.of(workspace, scorer, as_of, lambda: _evaluated(workspace, scorer, as_of)).copy()


def _evaluated(workspace: Workspace, scorer: Scorer, as_of: date) -> pd.DataFrame:
    window_ends = as_of + timedelta(days=workspace.settings.churn.horizon_days)
    # Of a window that reaches beyond the tables' last day nobody knows how it ends.
    labels_until = min(window_ends, workspace.tables.last_day() + timedelta(days=1))
    return of_labelled(workspace, scorer, dataset.labelled(workspace, [as_of], labels_until))


def of_labelled(workspace: Workspace, scorer: Scorer, frame: pd.DataFrame) -> pd.DataFrame:
    """The same of customers whose features and labels are at hand (see `dataset.labelled`)."""
    scores = scorer.score(frame)
    columns = {
        "probability": scores.probability,
        "risk_score": scores.risk_score,
        "risk_tier": tiers(scores.risk_score, workspace.settings.churn),
        "churned": frame["churned"].to_numpy(),
    }
    return pd.DataFrame(columns, index=pd.Index(frame["customer_id"], name="customer_id"))
