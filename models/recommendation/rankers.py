"""The second stage: scores for candidates. The built-in baselines are rankers as well, so all are judged alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Protocol, cast

import numpy as np
import xgboost as xgb

from core.errors import StoreError
from models import artifact
from models.arrays import Float32Array, Int64Array
from models.booster_margins import booster_margins
from models.recommendation.affinity import DECAYED, Affinity
from models.recommendation.candidates import Candidates
from models.recommendation.inputs import NAMES, pair_features
from models.recommendation.networks import Networks
from models.recommendation.profiles import UserProfiles

Mode = Literal["all", "new"]
MODES: Final[tuple[Mode, ...]] = ("all", "new")


class Ranker(Protocol):
    """Scores candidates of a block of customers; higher is better, comparable within a customer."""

    @property
    def name(self) -> str:
        """`two_stage`, or a baseline's."""
        ...

    def score(self, profiles: UserProfiles, pairs: Candidates, mode: Mode) -> Float32Array:
        """Shape (pairs,)."""
        ...

    def save(self, directory: Path) -> None:
        """Write it as data."""
        ...


@dataclass(frozen=True)
class FormulaRanker:
    """A ranker by one formula."""

    name: str

    def score(self, profiles: UserProfiles, pairs: Candidates, mode: Mode) -> Float32Array:
        """The formula of that name."""
        scores: Float32Array = _FORMULAS[self.name](profiles, pairs)
        return scores

    def save(self, directory: Path) -> None:
        """Its name is all there is."""
        artifact.write_json(directory / "ranker.json", {"name": self.name})


def _popularity(profiles: UserProfiles, pairs: Candidates) -> Float32Array:
    """Recent sales, for everybody the same."""
    sales: Float32Array = profiles.index.catalogue.numbers["sales_weight"][pairs.product]
    return sales


def _personal_frequency(profiles: UserProfiles, pairs: Candidates) -> Float32Array:
    """The customer's purchases of the product, half as much per 60 days; then what sells best."""
    most = float(profiles.index.catalogue.numbers["sales_weight"].max(initial=1))
    return cast(Float32Array, _own_weight(profiles, pairs) + 1e-6 * _popularity(profiles, pairs) / np.float32(most))


def _item_item(profiles: UserProfiles, pairs: Candidates) -> Float32Array:
    """What the customer bought, recent purchases above all, by itself and through EASE's weights."""
    place = profiles.index.column[pairs.product]
    spoken = np.zeros(len(pairs), dtype=np.float32)
    spoken[place >= 0] = profiles.recent[pairs.row[place >= 0], place[place >= 0]]
    return spoken + _own_weight(profiles, pairs)


def _own_weight(profiles: UserProfiles, pairs: Candidates) -> Float32Array:
    weight = np.zeros(len(pairs), dtype=np.float32)
    weight[~pairs.new] = profiles.histories.entries["weight_60d"][pairs.entry[~pairs.new]]
    return weight


_FORMULAS: Mapping[str, Callable[[UserProfiles, Candidates], Float32Array]] = {
    "popularity": _popularity,
    "personal_frequency": _personal_frequency,
    "item_item": _item_item,
}
BASELINES = tuple(_FORMULAS)


@dataclass(frozen=True)
class LearnerShares:
    """What each learner of a mode counts in a score; they sum to 1."""

    order: float = 0.0
    probability: float = 0.0
    network: float = 0.0
    affinity: float = 0.0

    @classmethod
    def mixed(cls, order: float, network: float, affinity: float = 0.0) -> LearnerShares:
        """Those; the booster of the probability has the rest."""
        return cls(order, 1.0 - order - network - affinity, network, affinity)

    def weighted(self, parts: Mapping[str, Float32Array]) -> Float32Array:
        """The weighted mean of what they say, shape (n,): parts by name, each standardised within the customer already.

        One that is not among the parts says nothing.
        """
        total = np.zeros(len(next(iter(parts.values()))), dtype=np.float32)
        for name, part in parts.items():
            total += np.float32(getattr(self, name)) * part
        return total


@dataclass(frozen=True)
class Learners:
    """Of one mode: a booster for the order, one for the probability, and networks; None where its share is 0."""

    order: xgb.Booster | None
    probability: xgb.Booster | None
    network: Networks | None
    shares: LearnerShares

    def margins(self, features: Float32Array) -> dict[str, Float32Array]:
        """What each of them says, by its name; each of shape (n,)."""
        found = {name: booster_margins(booster, features).astype(np.float32) for name, booster in self.boosters.items()}
        return found if self.network is None else found | {"network": self.network.margins(features)}

    @property
    def boosters(self) -> dict[str, xgb.Booster]:
        """Those there are, by name."""
        named = {"order": self.order, "probability": self.probability}
        return {name: booster for name, booster in named.items() if booster is not None}

    def save(self, directory: Path, mode: Mode) -> None:
        """The boosters as UBJ, the networks as Parquet."""
        for name, booster in self.boosters.items():
            booster.save_model(directory / f"{mode}.{name}.ubj")
        if self.network is not None:
            self.network.save(directory, mode)

    @classmethod
    def load(cls, directory: Path, mode: Mode, shares: LearnerShares) -> Learners:
        """What `save` wrote."""
        order, probability = (_booster(directory / f"{mode}.{name}.ubj") for name in ("order", "probability"))
        return cls(order, probability, Networks.load(directory, mode), shares)


@dataclass(frozen=True)
class TwoStage:
    """Learned rankers on pair features, separate for each mode, and what needs no learning beside them.

    `affinity` is None where it has no share in any mode.
    """

    modes: Mapping[Mode, Learners]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    affinity: Affinity | None = None
    name: str = "two_stage"

    def score(self, profiles: UserProfiles, pairs: Candidates, mode: Mode) -> Float32Array:
        """By all that has a share in the mode."""
        if not len(pairs):
            return np.zeros(0, dtype=np.float32)
        learners, features = self.modes[mode], pair_features(profiles, pairs)
        parts = learners.margins(features)
        if self.affinity is not None and learners.shares.affinity > 0:
            parts["affinity"] = affinities(self.affinity, profiles, pairs.row, pairs.product, features)
        return learners.shares.weighted({name: standardised(part, pairs.row) for name, part in parts.items()})

    def use_threads(self, threads: int) -> None:
        """One per worker is best for single requests; all for files."""
        for learners in self.modes.values():
            for booster in learners.boosters.values():
                booster.set_param({"nthread": threads})

    def save(self, directory: Path) -> None:
        """The learners, and the rest as JSON."""
        for mode, learners in self.modes.items():
            learners.save(directory, mode)
        if self.affinity is not None:
            self.affinity.save(directory)
        shares = {mode: asdict(learners.shares) for mode, learners in self.modes.items()}
        content = {"name": self.name, "features": NAMES, "shares": shares, "parameters": dict(self.parameters)}
        artifact.write_json(directory / "ranker.json", content)

    @classmethod
    def load(cls, directory: Path, content: Mapping[str, Any]) -> TwoStage:
        """What `save` wrote."""
        if tuple(content["features"]) != NAMES or "shares" not in content:
            raise StoreError(
                "the saved ranker was trained on other pair features, or mixes learners in another way",
                where=str(directory),
                todo="train it again: regulars train recommendation",
            )
        modes = {mode: Learners.load(directory, mode, LearnerShares(**content["shares"][mode])) for mode in MODES}
        return cls(modes, content["parameters"], Affinity.load(directory))


def affinities(
    affinity: Affinity, profiles: UserProfiles, row: Int64Array, product: Int64Array, features: Float32Array
) -> Float32Array:
    """The customer's own decayed purchases of the product, and what all of them say of it, shape (n,)."""
    spoken: Float32Array = affinity.scores(profiles, row, product) + features[:, NAMES.index(DECAYED)]
    return spoken


def load(directory: Path) -> Ranker:
    """The ranker saved there."""
    content = artifact.read_json(directory / "ranker.json")
    if content["name"] in _FORMULAS:
        return FormulaRanker(content["name"])
    return TwoStage.load(directory, content)


def standardised(scores: Float32Array, row: Int64Array) -> Float32Array:
    """Scores less their mean, over their deviation, within each customer; 0 where they do not differ."""
    rows = int(row.max(initial=-1)) + 1
    count = np.maximum(np.bincount(row, minlength=rows), 1)
    mean = np.bincount(row, weights=scores, minlength=rows) / count
    centred = scores - mean[row]
    deviation = np.sqrt(np.bincount(row, weights=centred**2, minlength=rows) / count)
    return cast(Float32Array, (centred / np.maximum(deviation, 1e-9)[row]).astype(np.float32))


def _booster(path: Path) -> xgb.Booster | None:
    if not path.exists():
        return None
    booster = xgb.Booster()
    booster.load_model(path)
    booster.set_param({"nthread": 1})
    return booster
