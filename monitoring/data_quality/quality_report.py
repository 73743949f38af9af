"""What is known of the quality of the shop's tables: figures, scores and sentences; never a row of a customer.

Every score is 100 x the share of what was judged that is in order, cut (not rounded) to one decimal: 100 means all.
A table's score is the mean of its dimensions', the shop's the mean of its tables', where orders count for half.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from core.messages import Message

Dimension = Literal["completeness", "validity", "consistency", "timeliness"]
DIMENSIONS: tuple[Dimension, ...] = ("completeness", "validity", "consistency", "timeliness")
MAIN = "orders"
"""The table that everything stands on."""


@dataclass(frozen=True)
class Intake:
    """What the last reading of a table's source told: what of it is mapped, how many rows were bad, and why.

    `set_aside` counts bad rows by reason, a row with several under each; `bad` counts each once, of `considered`.
    """

    table: str
    source: str
    brought: tuple[str, ...]
    considered: int
    bad: int
    set_aside: Mapping[str, int] = field(default_factory=dict)
    flagged: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One measure of a table or of one of its columns: `wrong` of `judged` (cells, rows, orders or days).

    `counts`: whether the table's score is made of it; others say in detail what one of those counts. `places` are a
    few of the rows meant, as lines of the source.
    """

    dimension: Dimension
    table: str
    name: str
    wrong: int
    judged: int
    says: Message
    todo: Message
    column: str | None = None
    counts: bool = True
    places: tuple[str, ...] = ()
    known_score: float | None = None

    @property
    def score(self) -> float:
        """From 0 to 100."""
        return share_score(self.wrong, self.judged) if self.known_score is None else self.known_score

    @property
    def about(self) -> str:
        """«orders.customer_id», or the table alone."""
        return f"{self.table}.{self.column}" if self.column else self.table


@dataclass(frozen=True)
class TableQuality:
    """One table: what was measured of it."""

    table: str
    rows: int
    findings: tuple[Finding, ...]

    def dimension(self, name: Dimension) -> float | None:
        """The score of a dimension: completeness is the mean over columns, of others the worst finding counts.

        None where nothing was judged.
        """
        scores = [each.score for each in self.findings if each.dimension == name and each.counts]
        if not scores:
            return None
        return cut(sum(scores) / len(scores)) if name == "completeness" else min(scores)

    @property
    def dimensions(self) -> dict[Dimension, float]:
        """The dimensions that were judged."""
        scores = {name: self.dimension(name) for name in DIMENSIONS}
        return {name: score for name, score in scores.items() if score is not None}

    @property
    def score(self) -> float:
        """The mean of its dimensions."""
        scores = list(self.dimensions.values())
        return cut(sum(scores) / len(scores)) if scores else 100.0


@dataclass(frozen=True)
class ShopQuality:
    """All tables, as they were when somebody looked (`at`), by the shop's calendar on the day `today`."""

    at: str
    today: date
    generation: int
    tables: tuple[TableQuality, ...]

    @property
    def score(self) -> float:
        """Orders count for half, the other tables together for the other half."""
        others = [each.score for each in self.tables if each.table != MAIN]
        main = [each.score for each in self.tables if each.table == MAIN]
        halves = [sum(scores) / len(scores) for scores in (main, others) if scores]
        return cut(sum(halves) / len(halves)) if halves else 100.0

    def worst(self, n: int = 3) -> list[Finding]:
        """The findings that cost the most points, the worst first; those of orders before others."""
        found = [each for table in self.tables for each in table.findings if each.counts and each.score < 100]
        return sorted(found, key=lambda each: (each.score, each.table != MAIN))[:n]

    def table(self, name: str) -> TableQuality | None:
        """One table; None where it was not there."""
        return next((table for table in self.tables if table.table == name), None)

    def to_json(self) -> str:
        """What the database keeps; `from_json` reads it back."""
        return _adapter().dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> ShopQuality:
        """The inverse of `to_json`."""
        return _adapter().validate_json(text)

    def as_document(self) -> dict[str, Any]:
        """For machines: with scores, and messages in words."""
        return {
            "at": self.at,
            "today": self.today.isoformat(),
            "generation": self.generation,
            "score": self.score,
            "tables": [_spoken_table(table) for table in self.tables],
            "worst": [_spoken(finding) for finding in self.worst()],
        }


def share_score(wrong: float, judged: float) -> float:
    """100 x the share that is in order."""
    return cut(100 * (1 - wrong / judged)) if judged else 100.0


def cut(score: float) -> float:
    """To one decimal, downwards: 100 is nothing wrong, not almost nothing."""
    return max(0.0, math.floor(round(score, 6) * 10) / 10)


def _spoken_table(table: TableQuality) -> dict[str, Any]:
    found = {"table": table.table, "rows": table.rows, "score": table.score, "dimensions": table.dimensions}
    return {**found, "findings": [_spoken(finding) for finding in table.findings]}


def _spoken(finding: Finding) -> dict[str, Any]:
    return {
        "dimension": finding.dimension,
        "table": finding.table,
        "column": finding.column,
        "name": finding.name,
        "wrong": finding.wrong,
        "judged": finding.judged,
        "share": finding.wrong / finding.judged if finding.judged else 0.0,
        "score": finding.score,
        "counts": finding.counts,
        "text": str(finding.says),
        "todo": str(finding.todo) if finding.score < 100 else "",
        "places": list(finding.places),
    }


@cache
def _adapter() -> TypeAdapter[ShopQuality]:
    return TypeAdapter(ShopQuality)
