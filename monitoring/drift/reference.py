"""What a version is compared with: bins and sketches of the days up to its training, kept with it once.

`drift_reference.json` among the version's artifacts: per table the grid and a sketch for each day. Counts, sums and
correlations; no row of a customer, so that it may outlive every one of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.errors import RegularsError
from models.registry import Registry
from models.version import Version
from monitoring.drift.sketches import Grid, Sketch

ARTIFACT = "drift_reference.json"


@dataclass(frozen=True)
class TableReference:
    """One table: its bins, and its days before the version was trained."""

    grid: Grid
    days: Mapping[date, Sketch]


@dataclass(frozen=True)
class Reference:
    """Every table that the version reads, by the name of its view; the predictions by ''."""

    tables: Mapping[str, TableReference] = field(default_factory=dict)

    def to_json(self) -> str:
        """What the artifact holds."""
        content = {
            name: {
                "grid": table.grid.as_dict(),
                "days": {str(day): sketch.as_dict() for day, sketch in table.days.items()},
            }
            for name, table in self.tables.items()
        }
        return json.dumps(content, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Reference:
        """The inverse of `to_json`."""
        return cls(
            {
                name: TableReference(
                    Grid.from_dict(table["grid"]),
                    {date.fromisoformat(day): Sketch.from_dict(sketch) for day, sketch in table["days"].items()},
                )
                for name, table in json.loads(text).items()
            }
        )


def load(registry: Registry, version: Version) -> Reference | None:
    """What is kept with a version; None before the first look at it."""
    try:
        return Reference.from_json(registry.read_text(version, ARTIFACT))
    except RegularsError:
        return None


def store(registry: Registry, version: Version, reference: Reference) -> None:
    """Keep it with the version."""
    registry.write_text(version, ARTIFACT, reference.to_json())
