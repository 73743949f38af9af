"""The churn model that serves: a blend of several scorers' log-odds, weighed on the shop's own past."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from models import artifact
from models.arrays import Float32Array, Float64Array, Int64Array
from models.churn.baselines import BgNbdBaseline, LogisticBaseline
from models.churn.model import BoostedModel
from models.churn.scorer import About, Scorer

BLEND, ABOUT_MEMBER = "blend.json", "member.json"
MEMBERS: Mapping[str, type[Scorer]] = {each.name: each for each in (BoostedModel, LogisticBaseline, BgNbdBaseline)}
"""What a member can be."""


class Portfolio(Scorer):
    """log-odds = shift + the sum of each member's weight times its log-odds.

    A member reads the columns of its own inputs, which are among the portfolio's. They are summed in the order of their
    names, so that a saved blend answers to the last digit as before.
    """

    name: ClassVar[str] = "portfolio"

    def __init__(self, about: About, members: Mapping[str, Scorer], weights: Mapping[str, float], shift: float) -> None:
        super().__init__(about)
        self.members = {name: members[name] for name in sorted(members) if weights[name] > 0}
        self.weights = {name: weights[name] for name in self.members}
        self.shift = shift
        places = {name: place for place, name in enumerate(about.inputs.names)}
        self._columns = {name: _places(member, places) for name, member in self.members.items()}

    def margins(self, matrix: Float32Array) -> Float64Array:
        """Log-odds of leaving, shape (rows,)."""
        total = np.full(len(matrix), self.shift)
        for name, member in self.members.items():
            total += self.weights[name] * member.margins(self._of(name, matrix))
        return total

    def contributions(self, matrix: Float32Array) -> Float64Array:
        """The members' contributions, weighted, shape (rows, features)."""
        effects = np.zeros(matrix.shape)
        for name, member in self.members.items():
            effects[:, self._columns[name]] += self.weights[name] * member.contributions(self._of(name, matrix))
        return effects

    @property
    def base(self) -> float:
        """The log-odds before any feature is looked at."""
        return self.shift + sum(self.weights[name] * member.base for name, member in self.members.items())

    def write(self, directory: Path) -> None:
        """The weights, and a folder per member."""
        artifact.write_json(directory / BLEND, {"weights": self.weights, "shift": self.shift})
        for name, member in self.members.items():
            folder = directory / name
            folder.mkdir()
            artifact.write_json(folder / ABOUT_MEMBER, {"scorer": member.name, **member.about.as_dict()})
            member.write(folder)

    @classmethod
    def read(cls, directory: Path, about: About) -> Portfolio:
        """The inverse of `write`."""
        blend = artifact.read_json(directory / BLEND)
        members = {name: _member(directory / name) for name in blend["weights"]}
        return cls(about, members, blend["weights"], float(blend["shift"]))

    def _of(self, name: str, matrix: Float32Array) -> Float32Array:
        return matrix[:, self._columns[name]]


def _places(member: Scorer, places: Mapping[str, int]) -> Int64Array | slice:
    """The columns a member reads; without a copy where they are all there are, in their order."""
    found = [places[column] for column in member.about.inputs.names]
    return slice(None) if found == list(range(len(places))) else np.array(found, dtype=np.int64)


def _member(directory: Path) -> Scorer:
    content = artifact.read_json(directory / ABOUT_MEMBER)
    return MEMBERS[content["scorer"]].read(directory, About.from_dict(content))
