"""A saved uplift model: what each offer adds to a customer's spend, and which one is worth its cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from core.errors import StoreError
from models import artifact
from models.arrays import Float32Array, Float64Array, Int64Array
from models.uplift.blending import Blend
from models.uplift.design import Columns, Design
from models.uplift.learners import EffectLearner
from models.uplift.overlap import Overlap

FILE, GOLDEN = "uplift.json", "golden.json"
NOBODY = "none"


@dataclass(frozen=True)
class FittedEffects:
    """What one fit knows: mean effects, and learners with what each says on average, blended."""

    means: Float64Array
    learners: Mapping[str, EffectLearner]
    offsets: Mapping[str, Float64Array]
    blend: Blend

    def effects(self, matrix: Float32Array) -> Float64Array:
        """Shape (rows, offers)."""
        told = {name: each.effects(matrix) - self.offsets[name] for name, each in self.learners.items()}
        if not told:
            return np.tile(self.means, (len(matrix), 1))
        return self.blend.effects(self.means, told)


@dataclass(frozen=True)
class OfferTerms:
    """What offers are worth beside their effect on the outcome: `shifts` is what they add to spend that purchases do
    not tell, `margin` the share of spend that is earned, `costs` what one contact costs.
    """

    offers: tuple[str, ...]
    costs: Float64Array
    shifts: Float64Array
    margin: float


class UpliftModel:
    """Effects of offers; pure and safe to call from several threads.

    With several `parts` each knows nothing of the customers of its fold: that is how an evaluation asks it.
    """

    def __init__(
        self, trained_as_of: date, horizon_days: int, design: Design, terms: OfferTerms, parts: Sequence[FittedEffects]
    ) -> None:
        self.trained_as_of, self.horizon_days, self.design = trained_as_of, horizon_days, design
        self.terms, self.parts = terms, tuple(parts)
        self.overlap: Overlap | None = None
        """Which offers were tried on whom; None: on everybody."""
        self.golden_inputs: Mapping[str, Sequence[Any]] = {}
        self.golden_values: list[list[float]] = []

    def values(self, columns: Columns, customers: Sequence[str] | None = None) -> Float64Array:
        """What each offer is expected to earn beyond what its contacts did cost, shape (rows, offers); see `adds`."""
        return self.adds(columns, customers) - self.terms.costs

    def adds(self, columns: Columns, customers: Sequence[str] | None = None) -> Float64Array:
        """What each offer is expected to earn before its cost, shape (rows, offers).

        An offer that was never tried on customers like this one counts as one without effect: nobody is advised it.
        Of several parts the one that knows nothing of the customer answers; without customers, all of them.
        """
        matrix = self.design.matrix(columns)
        told = [part.effects(matrix) for part in self.parts]
        effects = np.mean(told, axis=0)
        if customers is not None and len(told) > 1:
            effects = np.stack(told)[folds(customers, len(told)), np.arange(len(matrix))]
        adds = effects + self.terms.shifts
        if self.overlap is not None:
            adds = np.where(self.overlap.tried(matrix), adds, np.minimum(adds, 0.0))
        return np.asarray(self.terms.margin * adds)

    def best_single(self) -> int:
        """The offer that is worth most for everybody alike, numbered from 1; 0 where none is worth its cost."""
        means = np.mean([part.means for part in self.parts], axis=0)
        values = self.terms.margin * (means + self.terms.shifts) - self.terms.costs
        return int(values.argmax()) + 1 if values.max() > 0 else 0

    def save(self, directory: Path) -> None:
        """Write it as data into a sealed directory, with golden inputs and what it answers to them."""
        with artifact.saving(directory) as target:
            parts = [_written(part, target, f"part{number}") for number, part in enumerate(self.parts)]
            artifact.write_json(
                target / FILE,
                {
                    "trained_as_of": self.trained_as_of.isoformat(),
                    "horizon_days": self.horizon_days,
                    "design": self.design.as_dict(),
                    "offers": list(self.terms.offers),
                    "costs": self.terms.costs.tolist(),
                    "shifts": self.terms.shifts.tolist(),
                    "margin": self.terms.margin,
                    "parts": parts,
                    "overlap": self.overlap.write(target) if self.overlap else None,
                },
            )
            answers = self.values(self.golden_inputs).tolist() if self.golden_inputs else []
            artifact.write_json(target / GOLDEN, {"inputs": dict(self.golden_inputs), "values": answers})


def folds(customers: Sequence[str], count: int) -> Int64Array:
    """The fold of each customer, always the same."""
    return np.array([crc32(str(who).encode()) % count for who in customers], dtype="int64")


def choose(values: Float64Array) -> Int64Array:
    """The offer that earns most beyond its cost, numbered from 1; 0 where none earns anything."""
    return np.where(values.max(axis=1) > 0, values.argmax(axis=1) + 1, 0).astype("int64")


def read(directory: Path) -> UpliftModel:
    """Load a model.

    Raises:
        StoreError: the directory is damaged, or holds something else.
    """
    artifact.verify(directory)
    content = artifact.read_json(directory / FILE)
    if "parts" not in content:
        raise StoreError("no uplift model", where=str(directory))
    terms = OfferTerms(
        tuple(content["offers"]),
        np.array(content["costs"], dtype=float),
        np.array(content["shifts"], dtype=float),
        float(content["margin"]),
    )
    model = UpliftModel(
        date.fromisoformat(content["trained_as_of"]),
        int(content["horizon_days"]),
        Design.from_dict(content["design"]),
        terms,
        [_part(directory, part) for part in content["parts"]],
    )
    told = content.get("overlap")  # versions of before have none
    model.overlap = Overlap.read(directory, told) if told else None
    golden = artifact.read_json(directory / GOLDEN)
    model.golden_inputs, model.golden_values = golden["inputs"], golden["values"]
    return model


def _written(part: FittedEffects, directory: Path, name: str) -> dict[str, Any]:
    return {
        "means": part.means.tolist(),
        "learners": {each: learner.write(directory, f"{name}-{each}") for each, learner in part.learners.items()},
        "offsets": {each: offset.tolist() for each, offset in part.offsets.items()},
        "blend": part.blend.as_dict(),
    }


def _part(directory: Path, content: Mapping[str, Any]) -> FittedEffects:
    learners = {name: EffectLearner.read(directory, each) for name, each in content["learners"].items()}
    offsets = {name: np.array(values, dtype=float) for name, values in content["offsets"].items()}
    return FittedEffects(np.array(content["means"], dtype=float), learners, offsets, Blend.from_dict(content["blend"]))
