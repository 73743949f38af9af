"""What a look measures of customers who leave, from the order lines of the workspace."""

from __future__ import annotations

from datetime import date

from pandas import DataFrame

from core import query_engine
from core.workspace import Workspace
from monitoring.leaving import left_over_expected, own_rhythm, visit_weeks
from monitoring.leaving.left_over_expected import LeftOverExpected
from monitoring.leaving.own_rhythm import StayingAway


def staying_away(workspace: Workspace, as_of: date) -> StayingAway | None:
    """Who stays away against their own rhythm."""
    with query_engine.on_tables(workspace) as connection:
        visits = visit_weeks.read(connection, workspace, as_of)
    return own_rhythm.judge(visits)


def left(workspace: Workspace, frame: DataFrame, as_of: date) -> LeftOverExpected | None:
    """Who left in the window from `as_of`, beside who was expected to: the frame has churned and probability per
    customer; None of a kind without them. Only what was known at `as_of` says how far months stray.
    """
    if not {"churned", "probability"} <= set(frame.columns) or frame.empty:
        return None
    settings = workspace.settings.churn
    with query_engine.on_tables(workspace) as connection:
        visits = visit_weeks.read(connection, workspace, as_of)
    strayed = left_over_expected.straying(visits, -(-settings.horizon_days // 7), -(-settings.active_days // 7))
    return left_over_expected.measure(frame["churned"].to_numpy(float), frame["probability"].to_numpy(float), strayed)
