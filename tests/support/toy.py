"""A kind small enough to see through: it predicts one number, and is right when that number is near the truth.

It stands in for `churn` where a test is about the registry and not about a learner. A module is a kind's part in
every layer: `KIND`, `TRAINER` and `MONITOR`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core.errors import UsageError
from models import artifact, churn, kinds
from models.intervals import Interval, Mean, bootstrap_all, paired
from models.kinds import Budget, Kind, no_file_options, refuse_hindsight
from monitoring.churn import ChurnMonitor
from monitoring.kinds import KindMonitor
from training.holdout_evaluation import Evaluation
from training.kinds import Trainer
from training.outcome import FeatureNote, Outcome, StudyNote, TrainingRecord

UNITS = 400
HORIZON = timedelta(days=28)


class ToyModel:
    """Says `value` for everyone."""

    def __init__(self, value: float, trained_as_of: date, outputs: tuple[str, ...] = ("probability",)) -> None:
        self.value, self.trained_as_of, self.outputs = value, trained_as_of, outputs

    def save(self, directory: Path) -> None:
        with artifact.saving(directory) as staging:
            content = {
                "value": self.value,
                "as_of": self.trained_as_of.isoformat(),
                "outputs": list(self.outputs),
                "golden": {"inputs": [1.0, 2.0], "outputs": [self.value * 1.0, self.value * 2.0]},
            }
            (staging / "model.json").write_text(json.dumps(content))


class ToyKind:
    """Its units are drawn per date, the same for every model; the squared error is the primary statistic."""

    name, question, service = "churn", "Which number is it?", "churn_v1"
    primary, higher_is_better = "error", False
    statistics = {"error": Mean("squared"), "bias": Mean("bias")}

    def horizon_days(self, settings) -> int:
        return HORIZON.days

    def budget(self, settings) -> Budget:
        return Budget(2, 900)

    def limits(self, settings) -> Mapping[str, float]:
        return {}

    def load(self, directory: Path) -> ToyModel:
        artifact.verify(directory)
        content = json.loads((directory / "model.json").read_text())
        return ToyModel(content["value"], date.fromisoformat(content["as_of"]), tuple(content["outputs"]))

    def evaluate(self, workspace, model: ToyModel, as_of: date) -> pd.DataFrame:
        truth = np.random.default_rng(as_of.toordinal()).normal(1.0, 0.5, UNITS)
        ids = [f"c{i}" for i in range(UNITS)]
        judged = {"risk_tier": (truth > 1.2).astype(int), "churned": (truth > 1.0).astype(float)}
        judged["probability"] = np.clip(truth / 2, 0, 1)
        return pd.DataFrame({"squared": (truth - model.value) ** 2, "bias": model.value - truth} | judged, index=ids)

    def file_columns(self, settings, **options: Any) -> Mapping[str, kinds.ColumnType]:
        return churn.KIND.file_columns(settings)

    def file_options(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return no_file_options(self.name, given)

    def predict_file(self, workspace, model: ToyModel, as_of: date, version: str, **options) -> pd.DataFrame:
        if self.file_options(options):
            raise UsageError("a toy takes no options")
        refuse_hindsight(self.name, version, model, as_of)
        ids = ["007", "c1", "c2"]
        frame = pd.DataFrame({"customer_id": ids, "as_of": as_of, "churn_probability": model.value})
        return frame.assign(risk_score=[1, 2, 3], risk_tier=0, action="none", model_version=version)

    def baselines(self, workspace, as_of: date) -> dict[str, ToyModel]:
        return {"recency": ToyModel(1.3, as_of), "popularity": ToyModel(2.0, as_of)}

    def signature(self, model: ToyModel) -> dict[str, list[str]]:
        return {"inputs": ["days_since_last_visit"], "outputs": list(model.outputs)}

    def answer(self, model: ToyModel, inputs: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(dict.fromkeys(model.outputs, inputs["days_since_last_visit"] * model.value))

    def example(self, model: ToyModel) -> pd.DataFrame:
        return pd.DataFrame({"days_since_last_visit": [3.0, 4.0]})

    def golden(self, model: ToyModel) -> list[str]:
        return [] if model.value < 1000 else ["row 0: probability 1000.0 was 999.0"]


def install(monkeypatch) -> Kind[ToyModel]:
    """Let `kind("churn")` be the toy for one test."""
    monkeypatch.setitem(kinds.KINDS, "churn", __name__)
    return KIND


def outcome(directory: Path, value: float, as_of: date, outputs: tuple[str, ...] = ("probability",)) -> Outcome:
    """What training a toy that says `value` finds, its saved models in `directory`."""
    start = as_of - HORIZON
    ToyModel(value, as_of, outputs).save(directory / "model")
    ToyModel(value, start, outputs).save(directory / "evaluation")
    baselines = KIND.baselines(None, start)  # type: ignore[arg-type]
    ToyModel(1.3, as_of).save(directory / "baseline")
    own = KIND.evaluate(None, ToyModel(value, start), start)  # type: ignore[arg-type]
    theirs = {name: KIND.evaluate(None, model, start) for name, model in baselines.items()}  # type: ignore[arg-type]
    return Outcome(
        evaluated_from=start,
        parameters={"learner": {"eta": 0.1}, "rounds": 100},
        study=StudyNote("churn-toy", 2, 0.5, {"depth": 6}, ({"number": 0, "value": 0.6}, {"number": 1, "value": 0.5})),
        evaluation=Evaluation(
            metrics={**bootstrap_all(own, KIND.statistics, 200), "lift@10%": Interval(2.0, 1.5, 2.5)},
            baselines={name: bootstrap_all(frame, KIND.statistics, 200) for name, frame in theirs.items()},
            best_baseline="recency",
            paired={name: paired(own, frame, KIND.statistics["error"], 200) for name, frame in theirs.items()},
        ),
        features=(FeatureNote("days_since_last_visit", "days since the last purchase | at most 60", "days"),),
        rows=1234,
        units=UNITS,
        notes=("A toy.",),
        plots={"toy.png": Figure(figsize=(1, 1))},
    )


def train(workspace, as_of: date, directory: Path, budget: Budget) -> Outcome:
    """The best toy there can be."""
    return outcome(directory, 1.0, as_of)


def record(folder: Path, value: float = 1.0, as_of: date = date(2024, 7, 1), **changes) -> TrainingRecord:
    """What a training of the toy hands over; `value` = 1 is the best there can be.

    `changes` go to the record, its outcome or its evaluation, wherever the name is a field.
    """
    directory = changes.pop("directory", folder / f"{value}-{as_of}")
    outputs = changes.pop("outputs", ("probability",))
    found = changes.pop("outcome", None) or outcome(folder / f"{value}-{as_of}", value, as_of, outputs)
    found = _replaced(replace(found, evaluation=_replaced(found.evaluation, changes)), changes)
    made = TrainingRecord(
        kind=KIND,
        as_of=as_of,
        seed=20,
        data_digest="d" * 16,
        code_version="c" * 12,
        seconds=1.5,
        directory=directory,
        outcome=found,
    )
    made = _replaced(made, changes)
    assert not changes, f"no such fields: {list(changes)}"
    return made


def _replaced(value, changes: dict[str, Any]):
    names = {field.name for field in fields(value)} & set(changes)
    return replace(value, **{name: changes.pop(name) for name in names})


KIND: Kind[ToyModel] = ToyKind()
TRAINER: Trainer = train
MONITOR: KindMonitor = ChurnMonitor()
