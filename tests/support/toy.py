"""A kind small enough to see through: it predicts one number, and is right when that number is near the truth.

It stands in for `churn` where a test is about the registry and not about a learner.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from models import artifact
from models.intervals import Interval, Mean, bootstrap_all, paired
from training.outcome import FeatureNote, StudyNote, TrainingRecord

UNITS = 400


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

    name, service, primary, higher_is_better = "churn", "churn_v1", "error", False
    statistics = {"error": Mean("squared"), "bias": Mean("bias")}

    def load(self, directory: Path) -> ToyModel:
        artifact.verify(directory)
        content = json.loads((directory / "model.json").read_text())
        return ToyModel(content["value"], date.fromisoformat(content["as_of"]), tuple(content["outputs"]))

    def evaluate(self, workspace, model: ToyModel, as_of: date) -> pd.DataFrame:
        truth = np.random.default_rng(as_of.toordinal()).normal(1.0, 0.5, UNITS)
        ids = [f"c{i}" for i in range(UNITS)]
        return pd.DataFrame({"squared": (truth - model.value) ** 2, "bias": model.value - truth}, index=ids)

    def predict_file(self, workspace, model: ToyModel, as_of: date, version: str, **options) -> pd.DataFrame:
        ids = ["007", "c1", "c2"]
        frame = pd.DataFrame({"customer_id": ids, "as_of": as_of, "churn_probability": model.value})
        return frame.assign(risk_score=[1, 2, 3], risk_tier=0, action="none", model_version=version)

    def baselines(self, workspace, as_of: date) -> dict[str, ToyModel]:
        return {"recency": ToyModel(1.3, as_of), "popularity": ToyModel(2.0, as_of)}

    def signature(self, model: ToyModel) -> dict[str, list[str]]:
        return {"inputs": ["recency_days"], "outputs": list(model.outputs)}

    def answer(self, model: ToyModel, inputs: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(dict.fromkeys(model.outputs, inputs["recency_days"] * model.value))

    def golden(self, model: ToyModel) -> list[str]:
        return [] if model.value < 1000 else ["row 0: probability 1000.0 was 999.0"]


def install(monkeypatch) -> ToyKind:
    """Let `kind("churn")` be the toy for one test."""
    module = ModuleType("models.churn")
    module.KIND = ToyKind()
    monkeypatch.setitem(sys.modules, "models.churn", module)
    return module.KIND


def record(folder: Path, value: float = 1.0, as_of: date = date(2024, 7, 1), **changes) -> TrainingRecord:
    """What a training of the toy hands over; `value` = 1 is the best there can be."""
    kind, start = ToyKind(), as_of - timedelta(days=28)
    outputs = changes.pop("outputs", ("probability",))
    directory = folder / f"{value}-{as_of}"
    ToyModel(value, as_of, outputs).save(directory / "model")
    ToyModel(value, start, outputs).save(directory / "evaluation")
    baselines = kind.baselines(None, start)
    kind.baselines(None, as_of)["recency"].save(directory / "baseline")
    own = kind.evaluate(None, ToyModel(value, start), start)
    theirs = {name: kind.evaluate(None, model, start) for name, model in baselines.items()}
    values = {
        "kind": "churn",
        "as_of": as_of,
        "evaluated_from": start,
        "seed": 20,
        "parameters": {"learner": {"eta": 0.1}, "rounds": 100},
        "study": StudyNote(
            "churn-toy", 2, 0.5, {"depth": 6}, ({"number": 0, "value": 0.6}, {"number": 1, "value": 0.5})
        ),
        "metrics": {**bootstrap_all(own, kind.statistics, 200), "lift@10%": Interval(2.0, 1.5, 2.5)},
        "baselines": {name: bootstrap_all(frame, kind.statistics, 200) for name, frame in theirs.items()},
        "best_baseline": "recency",
        "paired": {name: paired(own, frame, kind.statistics["error"], 200) for name, frame in theirs.items()},
        "primary": "error",
        "higher_is_better": False,
        "features": (FeatureNote("recency_days", "days since the last purchase | at most 60", "days"),),
        "directory": directory,
        "data_digest": "d" * 16,
        "code_version": "c" * 12,
        "rows": 1234,
        "units": UNITS,
        "seconds": 1.5,
        "notes": ("A toy.",),
    }
    return TrainingRecord(**(values | changes))
