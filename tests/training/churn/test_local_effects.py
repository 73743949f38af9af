"""Local effects: what a feature does to the probability, whatever goes along with it."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.churn import local_effects


def scorer(weights: list[float]) -> Any:
    inputs = SimpleNamespace(
        names=["silence", "visits", "still"],
        matrix=lambda rows: rows[["silence", "visits", "still"]].to_numpy(dtype=np.float32),
    )
    return SimpleNamespace(
        about=SimpleNamespace(inputs=inputs), margins=lambda matrix: np.nan_to_num(matrix) @ np.array(weights)
    )


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    silence = rng.normal(size=3000)
    visits = -silence + 0.1 * rng.normal(size=3000)
    return pd.DataFrame({"silence": silence, "visits": visits, "still": 1.0})


IMPORTANCE = {"silence": 0.7, "visits": 0.2, "still": 0.1, "unknown": 0.9}


def test_a_feature_that_does_nothing_is_flat_though_it_goes_with_one_that_does(customers: pd.DataFrame) -> None:
    silence, visits = local_effects.measure(scorer([1.0, 0.0, 0.0]), customers, IMPORTANCE, 1)
    assert (np.diff(silence.effect) > 0).all()
    assert silence.effect[-1] - silence.effect[0] > 0.5
    assert np.abs(visits.effect).max() < 1e-9


def test_a_feature_that_does_not_vary_and_one_that_the_model_has_not_are_left_out(customers: pd.DataFrame) -> None:
    found = local_effects.measure(scorer([1.0, 1.0, 1.0]), customers, IMPORTANCE, 1)
    assert [each.feature for each in found] == ["silence", "visits"]


def test_the_same_seed_gives_the_same_and_nulls_say_nothing(customers: pd.DataFrame) -> None:
    some = customers.assign(visits=customers["visits"].where(customers["visits"] > 0))
    one, two = (local_effects.measure(scorer([1.0, 1.0, 0.0]), some, IMPORTANCE, 1) for _ in range(2))
    assert local_effects.as_csv(one) == local_effects.as_csv(two)
    assert one[1].values.min() > 0


def test_the_picture_and_the_table_have_every_feature_and_stand_without_any(customers: pd.DataFrame) -> None:
    found = local_effects.measure(scorer([1.0, 1.0, 0.0]), customers, IMPORTANCE, 1)
    assert {axes.get_xlabel() for axes in local_effects.draw(found).axes} >= {"silence", "visits"}
    assert set(local_effects.as_csv(found).splitlines()[0].split(",")) == {"feature", "value", "effect"}
    assert local_effects.draw([]).axes
    assert local_effects.as_csv([]).strip() == "feature,value,effect"
