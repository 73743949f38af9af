"""Where a customer stands, from the features at hand: RFM scores, group, stage, what else is told, and health."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from core.settings import Settings
from feature_repo.segment_rules import GROUPS, STAGES
from feature_repo.standing_features import GROUP, RFM, STAGE
from models.segments.health import PARTS, HealthIndex, health
from models.segments.told_scores import SCORES, told_scores

UNKNOWN: Final[Mapping[str, Any]] = {
    "rfm": dict.fromkeys(RFM),
    "segment": None,
    "lifecycle_stage": None,
    "rfm_x": dict.fromkeys(SCORES),
    "health": None,
}
"""What is told of a customer nobody knows."""


def stand(columns: Mapping[str, Sequence[Any]], settings: Settings) -> list[dict[str, Any]]:
    """What is told of each customer whose features (by name, one entry per customer) are at hand.

    The rules are those of `regulars segments`; a purchase received since the snapshot counts in the health already, in
    scores, group and stage with the next snapshot.
    """
    rows = len(next(iter(columns.values()), ()))
    found, told = health(columns, settings), told_scores(columns)
    return [
        {
            "rfm": {name: columns[feature][row] if feature in columns else None for name, feature in RFM.items()},
            "segment": _named(GROUPS, columns.get(GROUP), row),
            "lifecycle_stage": _named(STAGES, columns.get(STAGE), row),
            "rfm_x": {name: _whole(told[name][row]) for name in SCORES},
            "health": _health(found, row),
        }
        for row in range(rows)
    ]


def _health(found: HealthIndex, row: int) -> dict[str, Any] | None:
    if np.isnan(found.index[row]):
        return None
    return {
        "index": round(float(found.index[row]), 2),
        "parts": [
            {
                "part": part,
                "points": _rounded(found.points[part][row]),
                "most": _rounded(found.most[part][row]),
                "text": str(found.says(part, row)),
            }
            for part in PARTS
        ],
    }


def _named(names: Mapping[int, str], codes: Sequence[Any] | None, row: int) -> str | None:
    return names.get(codes[row]) if codes is not None else None


def _whole(score: float) -> int | None:
    return None if np.isnan(score) else int(score)


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)
