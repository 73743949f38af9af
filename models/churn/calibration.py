"""The scaling that turns margins of boosted trees into calibrated log-odds (`training.churn.platt` fits it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.arrays import Float64Array


@dataclass(frozen=True)
class Calibration:
    """probability = sigmoid(slope * margin + shift)."""

    slope: float = 1.0
    shift: float = 0.0

    def margins(self, margins: Float64Array) -> Float64Array:
        """Calibrated log-odds."""
        return self.slope * margins + self.shift

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"slope": self.slope, "shift": self.shift}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Calibration:
        """The inverse of `as_dict`."""
        return cls(float(content["slope"]), float(content["shift"]))
