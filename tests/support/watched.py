"""A churn kind small enough to see through, that scores real customers: the longer away, the likelier gone.

It stands in for `churn` where a test is about monitoring and not about a learner; it is never trained by a command.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from models import artifact, kinds
from models.churn.labels import active
from models.churn.metrics import STATISTICS
from models.intervals import Interval, Mean, bootstrap_all, paired
from models.kinds import Budget, Kind, no_file_options, refuse_hindsight
from models.version import Version
from monitoring.churn import ChurnMonitor
from monitoring.kinds import KindMonitor
from tests.support import toy
from training import tracking

HORIZON = timedelta(days=28)


class RecencyModel:
    """Probability 1 - exp(-days away / scale)."""

    def __init__(self, trained_as_of: date, scale: float = 30.0) -> None:
        self.trained_as_of, self.scale = trained_as_of, scale

    def save(self, directory: Path) -> None:
        with artifact.saving(directory) as staging:
            content = {"as_of": self.trained_as_of.isoformat(), "scale": self.scale}
            (staging / "model.json").write_text(json.dumps(content))


class RecencyKind:
    """`churn`, measured by the squared error of the probability."""

    name, question, service = "churn", "Who is away too long?", "churn_v1"
    primary, higher_is_better = "error", False
    statistics = {"error": Mean("squared"), "rate": Mean("churned")} | {
        name: STATISTICS[name] for name in ("brier", "precision@tiers1-3", "recall@tiers1-3")
    }

    def limits(self, settings) -> Mapping[str, float]:
        return {}

    def load(self, directory: Path) -> RecencyModel:
        artifact.verify(directory)
        content = json.loads((directory / "model.json").read_text())
        return RecencyModel(date.fromisoformat(content["as_of"]), content["scale"])

    def horizon_days(self, settings) -> int:
        return HORIZON.days

    def budget(self, settings) -> Budget:
        return Budget(1, 900)

    def file_columns(self, settings, **options: Any) -> Mapping[str, kinds.ColumnType]:
        return toy.KIND.file_columns(settings)

    def file_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return no_file_options(self.name, given)

    def predict_file(self, workspace, model, as_of: date, version: str, **options) -> pd.DataFrame:
        refuse_hindsight(self.name, version, model, as_of)
        ids = active(workspace, as_of)
        away = np.array([(as_of - last).days for last in _last_days(workspace, as_of).reindex(ids)])
        chance = 1 - np.exp(-away / model.scale)
        score = np.floor(100 * pd.Series(chance).rank(pct=True)).clip(upper=100).astype(int)
        tier = np.digitize(score, workspace.settings.churn.tiers)
        columns = {"customer_id": ids, "as_of": as_of, "churn_probability": chance, "risk_score": score}
        actions = [workspace.settings.churn.actions[each] for each in tier]
        return pd.DataFrame(columns | {"risk_tier": tier, "action": actions, "model_version": version})

    def evaluate(self, workspace, model, as_of: date) -> pd.DataFrame:
        scores = self.predict_file(workspace, model, as_of, "-").set_index("customer_id")
        left = ~scores.index.isin(_buyers(workspace, as_of, as_of + HORIZON))
        squared = (left - scores["churn_probability"]) ** 2
        columns = {"squared": squared, "risk_tier": scores["risk_tier"], "churned": left.astype(float)}
        columns["probability"] = scores["churn_probability"]
        return pd.DataFrame(columns, index=scores.index)

    def baselines(self, workspace, as_of: date) -> dict[str, RecencyModel]:
        return {"hasty": RecencyModel(as_of, 2.0)}

    def signature(self, model) -> dict[str, list[str]]:
        return {"inputs": ["days_away"], "outputs": ["probability"]}

    def answer(self, model, inputs: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"probability": 1 - np.exp(-inputs["days_away"] / model.scale)})

    def example(self, model) -> pd.DataFrame:
        return pd.DataFrame({"days_away": [3.0, 40.0]})

    def golden(self, model) -> list[str]:
        return []


def install(monkeypatch) -> Kind[RecencyModel]:
    """Let `kind("churn")` be this one for one test."""
    monkeypatch.setitem(kinds.KINDS, "churn", __name__)
    return KIND


def train(workspace, folder: Path, as_of: date, scale: float = 30.0) -> Version:
    """Log a version as training does: measured on the window before `as_of`, beside its baseline."""
    kind, start = RecencyKind(), as_of - HORIZON
    directory = folder / f"trained-{as_of}-{scale}"
    RecencyModel(as_of, scale).save(directory / "model")
    RecencyModel(start, scale).save(directory / "evaluation")
    RecencyModel(as_of, 2.0).save(directory / "baseline")
    own = kind.evaluate(workspace, RecencyModel(start, scale), start)
    theirs = kind.evaluate(workspace, RecencyModel(start, 2.0), start)
    record = toy.record(
        folder / "toy",
        kind=kind,
        as_of=as_of,
        directory=directory,
        metrics=bootstrap_all(own, kind.statistics, 200),
        baselines={"hasty": bootstrap_all(theirs, kind.statistics, 200)},
        best_baseline="hasty",
        paired={"hasty": Interval(*vars(paired(own, theirs, kind.statistics["error"], 200)).values())},
        units=len(own),
    )
    return tracking.log(workspace, record)


def _last_days(workspace, before: date) -> pd.Series:
    return _query(workspace, "max(day) AS value", date.min, before).set_index("customer_id")["value"].dt.date


def _buyers(workspace, start: date, stop: date) -> set[str]:
    return set(_query(workspace, "1 AS value", start, stop)["customer_id"])


def _query(workspace, what: str, start: date, stop: date) -> pd.DataFrame:
    with duckdb.connect() as connection:
        workspace.tables.register(connection)
        query = f"SELECT customer_id, {what} FROM orders WHERE day >= $start AND day < $stop GROUP BY 1"
        return connection.execute(query, {"start": start, "stop": stop}).df()


KIND: Kind[RecencyModel] = RecencyKind()
MONITOR: KindMonitor = ChurnMonitor()
