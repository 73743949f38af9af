"""What the churn model and its baselines have in common: from features to probability, risk score and reasons."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.special import expit

from models import artifact
from models.arrays import Float32Array, Float64Array
from models.churn.explanation import Explanation, explanations
from models.churn.inputs import Columns, Inputs
from models.churn.ranks import Ranks

ABOUT, GOLDEN = "scorer.json", "golden.json"


@dataclass(frozen=True)
class ChurnScores:
    """One value per customer, in the order asked."""

    probability: list[float]
    risk_score: list[int]


@dataclass(frozen=True)
class About:
    """What is stored of every scorer, whatever it computes with.

    `population_rate` is the mean probability of the population as of `trained_as_of`, `ranks` its distribution.
    """

    trained_as_of: date
    horizon_days: int
    inputs: Inputs
    ranks: Ranks
    population_rate: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "trained_as_of": self.trained_as_of.isoformat(),
            "horizon_days": self.horizon_days,
            "inputs": self.inputs.as_dict(),
            "ranks": list(self.ranks.grid),
            "population_rate": self.population_rate,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> About:
        """The inverse of `as_dict`."""
        return cls(
            date.fromisoformat(content["trained_as_of"]),
            int(content["horizon_days"]),
            Inputs.from_dict(content["inputs"]),
            Ranks(tuple(content["ranks"])),
            float(content["population_rate"]),
        )


class Scorer(ABC):
    """Scores customers; pure and safe to call from several threads."""

    name: ClassVar[str]

    def __init__(self, about: About) -> None:
        self.about = about
        self.golden_inputs: Mapping[str, Sequence[Any]] = {}
        self.golden_answers: Mapping[str, list[float]] = {}

    @abstractmethod
    def margins(self, matrix: Float32Array) -> Float64Array:
        """Log-odds of leaving, shape (rows,), of a matrix in the order of `about.inputs`."""

    @abstractmethod
    def contributions(self, matrix: Float32Array) -> Float64Array:
        """What each feature adds to the log-odds over `base`, shape (rows, features)."""

    @property
    @abstractmethod
    def base(self) -> float:
        """The log-odds that a row's contributions are added to: margins = base + the sum of contributions."""

    @abstractmethod
    def write(self, directory: Path) -> None:
        """Write what only this kind of scorer has."""

    @classmethod
    @abstractmethod
    def read(cls, directory: Path, about: About) -> Scorer:
        """The inverse of `write`."""

    @property
    def trained_as_of(self) -> date:
        """The first day it knows nothing of."""
        return self.about.trained_as_of

    @property
    def population_rate(self) -> float:
        """The mean probability of its population: the answer for a customer nothing is known of."""
        return self.about.population_rate

    def probabilities(self, columns: Columns) -> Float64Array:
        """Probability of leaving per row of the columns (features by name)."""
        return np.asarray(expit(self.margins(self.about.inputs.matrix(columns))), dtype=float)

    def score(self, columns: Columns) -> ChurnScores:
        """Probability and risk score per row of the columns, as the online store gives them."""
        return self.score_rows(self.about.inputs.matrix(columns))

    def score_rows(self, matrix: Float32Array) -> ChurnScores:
        """The same of a matrix in the order of `about.inputs`."""
        probabilities = np.asarray(expit(self.margins(matrix)), dtype=float)
        return ChurnScores(probabilities.tolist(), self.about.ranks.scores(probabilities).tolist())

    def explain(self, columns: Columns, top: int) -> list[Explanation]:
        """Per row what moves the log-odds: by cause, and the strongest reasons in words."""
        matrix = self.about.inputs.matrix(columns)
        return explanations(self.about.inputs, columns, self.base, self.contributions(matrix), top)

    def save(self, directory: Path) -> None:
        """Write it as data into a sealed directory, with golden inputs and what it answers to them."""
        with artifact.saving(directory) as target:
            artifact.write_json(target / ABOUT, {"scorer": self.name, **self.about.as_dict()})
            answers = asdict(self.score(self.golden_inputs)) if self.golden_inputs else {}
            artifact.write_json(target / GOLDEN, {"inputs": dict(self.golden_inputs), "answers": answers})
            self.write(target)


def describe_population(
    inputs: Inputs, margins: Callable[[Float32Array], Float64Array], population: Columns
) -> tuple[Ranks, float]:
    """The ranks and the rate of a population under a margin function."""
    probabilities = np.asarray(expit(margins(inputs.matrix(population))), dtype=float)
    return Ranks.of(probabilities), float(probabilities.mean())
