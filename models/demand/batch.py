"""The prediction file of demand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pandas import DataFrame

from core.workspace import Workspace
from models.demand.baselines import Baseline
from models.demand.dataset import histories
from models.demand.endings import without_ended
from models.demand.levels.level_outlook import level_outlook
from models.demand.model import DemandModel
from models.demand.outlook import Outlook, look_ahead, refuse_other_series
from models.demand.plans import calendar
from models.kinds import refuse_hindsight


def outlook(workspace: Workspace, model: DemandModel | Baseline, as_of: date) -> Outlook:
    """The outlook of every series of the population as of a date.

    Raises:
        DataError: the model forecasts other series, or was trained on what lies ahead, or no series.
    """
    refuse_other_series(model, workspace.settings)
    ahead = look_ahead(model, histories(workspace, as_of), calendar(workspace), workspace.settings)
    return without_ended(workspace, ahead)


def prediction_file(
    workspace: Workspace, model: DemandModel | Baseline, as_of: date, version: str, level: Sequence[str] | None = None
) -> DataFrame:
    """Key columns, date, mean, q05, q25, q50, q75, q95, model_version: one row per series (group) and period.

    Raises:
        NotReady: the model was trained as of a later date.
        DataError: as `outlook`; or the level is no grouping of the series.
    """
    refuse_hindsight("demand", version, model, as_of)
    ahead = outlook(workspace, model, as_of)
    if level is None:
        return ahead.table().assign(model_version=version)
    of_groups = level_outlook(workspace, level, ahead.forecast, model.correlations)
    return of_groups.forecast.table(level).assign(model_version=version)
