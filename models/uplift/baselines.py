"""The policies a model has to beat: one offer for all, two models, and one model that knows the offer."""

from __future__ import annotations

from datetime import date

from core.workspace import Workspace
from models.uplift.fitting import simple, study
from models.uplift.model import UpliftModel


def fit(workspace: Workspace, as_of: date) -> dict[str, UpliftModel]:
    """Every baseline, by folds of customers, on the contacts whose outcome is known at `as_of`."""
    return simple(workspace, study(workspace, as_of), as_of)
