"""What boosters look at: each input's share of the total gain of all splits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xgboost as xgb


def shares(boosters: Sequence[xgb.Booster], names: Sequence[str]) -> dict[str, float]:
    """By the name of the input (those of the boosters are `f0`, `f1`, ...), the largest first."""
    gains = np.zeros(len(names))
    for booster in boosters:
        for column, gain in booster.get_score(importance_type="total_gain").items():
            gains[int(str(column).removeprefix("f"))] += float(np.sum(gain))
    found = dict(zip(names, (gains / max(gains.sum(), 1e-12)).tolist(), strict=True))
    return dict(sorted(found.items(), key=lambda item: -item[1]))
