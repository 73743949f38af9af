"""What an evaluation says beside its means: for whom, for which products, and by which sources of candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.recommendation.rankers import MODES, Mode
from models.recommendation.source_counts import SourceCounts
from training.outcome import CardTable
from training.recommendation import by_experience, new_products
from training.recommendation.by_experience import GroupNdcg
from training.recommendation.new_products import FairStart


@dataclass(frozen=True)
class HonestReport:
    """By purchases before, of new products, by source of candidates."""

    experience: tuple[GroupNdcg, ...]
    fair_start: FairStart
    sources: Mapping[Mode, SourceCounts]

    def tables(self) -> tuple[CardTable, ...]:
        """For the card."""
        return by_experience.table(self.experience), *new_products.tables(self.fair_start), self._sources()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "purchases before": [each.as_dict() for each in self.experience],
            "new products": self.fair_start.as_dict(),
            "sources": {mode: counts.shares() for mode, counts in self.sources.items()},
        }

    def figures(self) -> dict[str, float]:
        """To log as metrics: NDCG by purchases before, exposure of new products, hits by source."""
        values = {f"purchases {each.group}.{each.metric}": each.ours for each in self.experience}
        values |= {f"{each.group}.places.{each.mode}": each.places[0] for each in self.fair_start.exposure}
        for mode in MODES:
            values |= {f"source {name}.hits.{mode}": each["hits"] for name, each in self._shares(mode).items()}
        return values

    def _shares(self, mode: Mode) -> dict[str, dict[str, float]]:
        return self.sources[mode].shares()

    def _sources(self) -> CardTable:
        columns = ("source", "mode", "of the candidates", "of all candidates bought", "of the places", "of the hits")
        rows = tuple(
            (name, mode, *(f"{each[part]:.1%}" for part in ("candidates", "bought", "places", "hits")))
            for mode in MODES
            for name, each in self._shares(mode).items()
        )
        return CardTable("What each source of candidates brought to the lists", columns, rows)
