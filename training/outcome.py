"""What a training run ends with: what a kind found (`Outcome`), what is logged of it, and what came of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from models.intervals import Interval
from models.kinds import Kind
from models.version import Version
from training.holdout_evaluation import Evaluation


@dataclass(frozen=True)
class FeatureNote:
    """One input of the model, for the model card."""

    name: str
    description: str
    unit: str


@dataclass(frozen=True)
class CardTable:
    """A table of the model card: what it shows, its columns, and its cells as they are to be read."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class StudyNote:
    """What the tuning did."""

    name: str
    trials: int
    best_value: float
    best_parameters: Mapping[str, Any]
    history: tuple[Mapping[str, Any], ...] = ()  # one row per finished trial: number, value, seconds, parameters


@dataclass(frozen=True)
class Outcome:
    """What a kind's `TRAINER` found, its saved models apart; `rows` trained the served model, `units` were evaluated.

    `plots` are figures of matplotlib, or paths, by file name; `csv` are tables to log, likewise; `notes` are sentences
    for the model card (purpose, limits, choices), `tables` its tables beside that of the metrics; `extra` is further
    JSON to log in record.json; `promised` is where metrics are expected on the coming window; `figures` are further
    numbers to log as metrics; `units_are` is what the units are, in the plural.
    """

    evaluated_from: date
    parameters: Mapping[str, Any]
    study: StudyNote
    evaluation: Evaluation
    features: tuple[FeatureNote, ...]
    rows: int
    units: int
    plots: Mapping[str, Any] = field(default_factory=dict)
    csv: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    tables: tuple[CardTable, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    promised: Mapping[str, Interval] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    units_are: str = "customers"


@dataclass(frozen=True)
class TrainingRecord:
    """Everything a run logs to MLflow: what was found, by which data and code, and where its saved models lie."""

    kind: Kind[Any]
    as_of: date
    seed: int
    data_digest: str
    code_version: str
    seconds: float
    directory: Path
    outcome: Outcome


@dataclass(frozen=True)
class Trained:
    """A training run that was logged and registered; by an earlier one where it is not `is_new`."""

    version: Version
    seconds: float
    is_new: bool = True
