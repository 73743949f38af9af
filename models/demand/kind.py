"""Demand as the registry, the gates and the service see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pandas import DataFrame

from core.errors import StoreError
from core.settings import Settings
from core.workspace import Workspace
from feature_repo import catalog
from models import artifact
from models.demand import baselines as baseline_models
from models.demand import golden
from models.demand import model as boosted
from models.demand.baselines import Baseline
from models.demand.batch import prediction_file
from models.demand.dataset import SERVICE, histories
from models.demand.evaluation import score_series
from models.demand.forecast import NAMES
from models.demand.labels import sold
from models.demand.levels.level_outlook import chosen_level
from models.demand.metrics import STATISTICS
from models.demand.model import DemandModel
from models.demand.outlook import answer, look_ahead
from models.demand.plans import calendar
from models.demand.series import steps
from models.intervals import Statistic
from models.kinds import Budget, ColumnType, Kind, no_file_options

Model = DemandModel | Baseline


class DemandKind:
    """How many units of each series sell in each of the coming periods."""

    name = "demand"
    question = "How much of each series will sell on each of the coming days?"
    service = SERVICE
    primary = "WRMSSE"
    higher_is_better = False

    @property
    def statistics(self) -> Mapping[str, Statistic]:
        """Every metric, from the frame `evaluate` gives."""
        return STATISTICS

    def horizon_days(self, settings: Settings) -> int:
        """Days ahead that are forecast."""
        return settings.demand.horizon_days

    def budget(self, settings: Settings) -> Budget:
        """`demand.trials` and `demand.timeout_s`."""
        return Budget(settings.demand.trials, settings.demand.timeout_s)

    def file_columns(self, settings: Settings, **options: Any) -> Mapping[str, ColumnType]:
        """The series' keys, or those of a level (`level`), then one row per period."""
        level = options.get("level")
        keys = settings.demand.series if level is None else chosen_level(settings.demand.levels, level)
        columns: dict[str, ColumnType] = dict.fromkeys(keys, "text")
        columns["date"] = "day"
        return columns | dict.fromkeys(("mean", *NAMES), "number")

    def file_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """level: the name of one of `demand.levels`, whose groups are told instead of the series."""
        level = given.get("level")
        others = {name: value for name, value in given.items() if name != "level"}
        return {**no_file_options(self.name, others), **({} if level is None else {"level": level})}

    def limits(self, settings: Settings) -> Mapping[str, float]:
        """`rules.bias_limit` of the sum forecast over the sum sold: who orders by it orders too much, or too little."""
        return {"bias": settings.rules.bias_limit}

    def load(self, directory: Path) -> Model:
        """Load the boosters or a baseline.

        Raises:
            StoreError: the directory is damaged, or holds something else.
        """
        artifact.verify(directory)
        content = artifact.read_json(directory / boosted.META)
        match content.get("type"):
            case boosted.TYPE:
                return boosted.load(directory, content)
            case baseline_models.TYPE:
                return baseline_models.load(directory, content)
            case other:
                raise StoreError(f"no demand model of type {other!r} is known", where=str(directory))

    def evaluate(self, workspace: Workspace, model: Model, as_of: date) -> DataFrame:
        """One row of sums per series for the window that starts at `as_of`, indexed by series_id.

        Raises:
            DataError: the window is not over yet.
        """
        known = histories(workspace, as_of)
        ahead = look_ahead(model, known, calendar(workspace), workspace.settings)
        return score_series(ahead.forecast, sold(workspace, known.ids, as_of), known)

    def predict_file(self, workspace: Workspace, model: Model, as_of: date, version: str, **options: Any) -> DataFrame:
        """The prediction file of every series of the population, or of every group of a level."""
        level = self.file_options(options).get("level")
        chosen = None if level is None else chosen_level(workspace.settings.demand.levels, level)
        return prediction_file(workspace, model, as_of, version, chosen)

    def baselines(self, workspace: Workspace, as_of: date) -> Mapping[str, Model]:
        """naive, seasonal naive and the 28-day mean as of a date."""
        settings = workspace.settings.demand
        return baseline_models.fitted(as_of, settings.series, settings.freq, steps(settings), calendar(workspace))

    def signature(self, model: Model) -> Mapping[str, list[str]]:
        """All series of a shop as of a date go in, with the service's features; keys, dates, mean and quantiles out."""
        features = [feature.name for view in catalog.service(SERVICE) for feature in view.features]
        return {"inputs": ["series_id", "as_of", *features], "outputs": [*model.keys, "date", "mean", *NAMES]}

    def answer(self, model: Model, inputs: DataFrame) -> DataFrame:
        """The forecast of a whole shop, one row per series and period, from one row per series of the shop."""
        return answer(model, inputs)

    def example(self, model: Model) -> DataFrame:
        """Two invented series that make a whole shop."""
        return golden.example(model)

    def golden(self, model: Model) -> list[str]:
        """Replay the golden inputs saved with the boosters; a baseline has nothing that could differ."""
        return golden.replay(model) if isinstance(model, DemandModel) else []


KIND: Kind[Model] = DemandKind()
