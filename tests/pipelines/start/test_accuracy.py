"""How good a model was, as a shop owner reads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from models.intervals import Interval
from pipelines.start.accuracy import in_words


def version(kind: str, metric: str, value: float, difference: tuple[float, float]) -> Any:
    low, high = difference
    return SimpleNamespace(
        kind=kind,
        primary=metric,
        best_baseline="simple",
        metrics={metric: Interval(value, value - 0.1, value + 0.1)},
        baselines={"simple": {metric: Interval(0.7, 0.6, 0.8)}},
        paired={"simple": Interval((low + high) / 2, low, high)},
        evaluated_from="2026-01-01",
        as_of="2026-01-29",
    )


@pytest.mark.parametrize(
    ("kind", "metric", "difference", "says"),
    [
        ("churn", "roc_auc", (0.01, 0.05), ["the right one first in 80% of pairs", "better, and by more than chance"]),
        ("churn", "roc_auc", (-0.02, 0.05), ["no certain difference"]),
        (
            "demand",
            "WRMSSE",
            (-0.05, -0.01),
            ["errors were 80% of those of repeating the last sales", "better, and by more"],
        ),
        ("demand", "WRMSSE", (0.01, 0.05), ["worse, and by more than chance"]),
        ("recommendation", "ndcg@10", (0.01, 0.05), ["lists of ten were 80% as good", "0.700"]),
        ("value", "deviance", (-0.05, -0.01), ["by 114% of what the best simple model missed", "better, and by more"]),
    ],
)
def test_a_metric_is_told_by_what_it_means(
    kind: str, metric: str, difference: tuple[float, float], says: list[str]
) -> None:
    text = in_words(version(kind, metric, 0.8, difference))
    for part in [*says, "from 2026-01-01 to 2026-01-29, on days it had not seen", f"({metric} 0.800, by chance 0.700"]:
        assert part in text
