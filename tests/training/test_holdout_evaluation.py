"""The best baseline is the best by the kind's own direction, and differences are paired."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from models.intervals import Mean
from training.holdout_evaluation import differences, evaluate


def frame(shift: float) -> pd.DataFrame:
    values = np.random.default_rng(3).normal(1.0, 0.3, 300) + shift
    return pd.DataFrame({"score": values}, index=[f"c{i}" for i in range(300)])


def measured(higher_is_better: bool) -> SimpleNamespace:
    return SimpleNamespace(primary="score", higher_is_better=higher_is_better, statistics={"score": Mean("score")})


@pytest.mark.parametrize(("higher_is_better", "best"), [(True, "high"), (False, "low")])
def test_the_best_baseline_is_by_the_kinds_direction(higher_is_better: bool, best: str) -> None:
    judged = evaluate(measured(higher_is_better), frame(0.0), {"low": frame(-0.5), "high": frame(0.5)}, seed=1)
    assert judged.best_baseline == best
    assert judged.metrics["score"].value == pytest.approx(frame(0.0)["score"].mean())


def test_differences_are_paired_unit_by_unit() -> None:
    found = differences(measured(True), frame(0.25), {"zero": frame(0.0)}, "score", seed=1)["zero"]
    assert found.value == pytest.approx(0.25)
    # What makes a unit hard for both cancels out: a constant shift leaves no doubt at all.
    assert found.high - found.low < 1e-9
