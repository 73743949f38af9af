"""The rows that a report draws side by side, and which of Evidently's tests stand beside ours in it.

Evidently draws the columns and runs its named presets; what has moved is decided by `monitoring.drift.judgement`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from monitoring.results import ColumnDrift

NUMBER_TEST, CODE_TEST = "wasserstein", "jensenshannon"
PRESET_THRESHOLD = 0.1
"""Evidently's own default for both tests."""
MOST_ROWS = 20_000


@dataclass(frozen=True)
class ColumnComparison:
    """Columns of numbers or codes; `reference` is one frame per snapshot date, in order.

    `view` is the name of the feature view that they are of, if they are of one.
    """

    reference: Mapping[date, pd.DataFrame]
    current: pd.DataFrame
    as_of: date
    codes: frozenset[str] = frozenset()
    view: str = ""

    @property
    def pooled(self) -> pd.DataFrame:
        """All of the reference in one frame."""
        return pd.concat(list(self.reference.values()), ignore_index=True)


def sampled(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """At most `MOST_ROWS` rows: enough to draw, and it keeps a million customers quick."""
    return frame if len(frame) <= MOST_ROWS else frame.sample(MOST_ROWS, random_state=seed)


def metrics(columns: Sequence[ColumnDrift], codes: frozenset[str]) -> list[Any]:
    """The Evidently metrics that draw these columns, with Evidently's own test and threshold of their kind."""
    from evidently.metrics import ValueDrift

    return [
        ValueDrift(
            column=each.column,
            method=CODE_TEST if each.column in codes else NUMBER_TEST,
            threshold=PRESET_THRESHOLD,
        )
        for each in columns
    ]
