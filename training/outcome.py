"""What a training run ends with, before it is logged (`TrainingRecord`) and after (`Trained`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from models.intervals import Interval


@dataclass(frozen=True)
class FeatureNote:
    """One input of the model, for the model card."""

    name: str
    description: str
    unit: str


@dataclass(frozen=True)
class StudyNote:
    """What the tuning did."""

    name: str
    trials: int
    best_value: float
    best_parameters: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...] = ()  # one row per finished trial: number, value, seconds, parameters


@dataclass(frozen=True)
class TrainingRecord:
    """Everything a run logs to MLflow. A training module makes it, `training.tracking.log` writes it.

    `directory` holds three sealed saved models, which become the version's artifact as they are:
    `model/` (fitted on everything known at `as_of`: it serves), `evaluation/` (fitted on the facts before
    `evaluated_from`: what the metrics are of), `baseline/` (the best baseline, fitted at `as_of`: it serves
    where the quality gate failed and there is no champion).
    """

    kind: str
    as_of: date
    evaluated_from: date
    seed: int
    parameters: Mapping[str, Any]
    study: StudyNote
    metrics: Mapping[str, Interval]
    baselines: Mapping[str, Mapping[str, Interval]]
    best_baseline: str
    paired: Mapping[str, Interval]  # per baseline: model minus baseline, on the primary metric
    primary: str
    higher_is_better: bool
    features: tuple[FeatureNote, ...]
    directory: Path
    data_digest: str
    code_version: str
    rows: int  # training rows of the served model
    units: int  # units in the evaluation
    seconds: float
    plots: Mapping[str, Any] = field(default_factory=dict)  # file name (x.png) -> matplotlib figure or path
    notes: tuple[str, ...] = ()  # sentences for the model card: purpose, limits, choices
    extra: Mapping[str, Any] = field(default_factory=dict)  # further JSON to log as record.json


@dataclass(frozen=True)
class Trained:
    """A training run that was logged and registered."""

    kind: str
    version: str
    run_id: str
    as_of: date
    metrics: Mapping[str, Interval]
    baselines: Mapping[str, Mapping[str, Interval]]
    paired: Mapping[str, Interval]
    seconds: float
