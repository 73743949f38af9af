"""What choosing evenly would cost: the same number chosen, even shares at the end, and a price in precision."""

import numpy as np
import pandas as pd
import pytest

from models.fairness_result import UNKNOWN
from monitoring.fairness import trade_off


def shop():
    rng = np.random.default_rng(1)
    groups = pd.Series(rng.choice(["young", "old", UNKNOWN], 6000, p=[0.4, 0.4, 0.2]))
    probability = np.clip(rng.beta(2, 6, 6000) + 0.2 * (groups == "old").to_numpy(), 0, 1)
    actual = rng.random(6000) < probability
    return groups, probability, probability > 0.45, actual


def test_from_the_threshold_to_even_shares_with_as_many_chosen():
    groups, probability, chosen, actual = shop()
    steps = trade_off.of_quantiles("age", groups, probability=probability, chosen=chosen, actual=actual, fewest=30)
    assert [step.strength for step in steps] == list(trade_off.STRENGTHS)
    known = (groups != UNKNOWN).to_numpy()
    assert steps[0].precision == pytest.approx(actual[known & chosen].mean())
    assert steps[0].farthest > 2
    assert steps[-1].farthest == pytest.approx(1, abs=0.02)
    farthest = [step.farthest for step in steps]
    assert farthest == sorted(farthest, reverse=True)
    assert steps[-1].precision < steps[0].precision
    assert all(step.low <= step.precision <= step.high for step in steps)


@pytest.mark.parametrize("fewest", [30, 10_000])
def test_with_one_group_or_nobody_chosen_there_is_nothing_to_trade(fewest):
    groups, probability, chosen, actual = shop()
    people = {"probability": probability, "chosen": chosen, "actual": actual, "fewest": fewest}
    nobody = trade_off.of_quantiles("age", groups, **people | {"chosen": np.zeros_like(chosen)})
    alone = trade_off.of_quantiles("age", pd.Series(["a"] * len(groups)), **people)
    assert nobody == alone == []
