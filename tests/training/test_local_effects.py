"""Local effects: what a feature does to an answer, whatever goes along with it."""

import numpy as np
import pandas as pd
import pytest

from training import local_effects
from training.local_effects import LocalEffect

NAMES = ["silence", "visits", "still"]


def moved(rows: pd.DataFrame, weights: list[float]) -> list[LocalEffect]:
    """The effects on an answer that is a sum of the features."""
    matrix = rows[NAMES].to_numpy(dtype=np.float32)[local_effects.drawn(len(rows), 1)]
    wanted = local_effects.leading(IMPORTANCE)
    return local_effects.measure(lambda some: np.nan_to_num(some) @ np.array(weights), matrix, NAMES, wanted)


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    silence = rng.normal(size=3000)
    visits = -silence + 0.1 * rng.normal(size=3000)
    return pd.DataFrame({"silence": silence, "visits": visits, "still": 1.0})


IMPORTANCE = {"silence": 0.7, "visits": 0.2, "still": 0.1}


def test_a_feature_that_does_nothing_is_flat_though_it_goes_with_one_that_does(customers: pd.DataFrame) -> None:
    silence, visits = moved(customers, [1.0, 0.0, 0.0])
    assert (np.diff(silence.effect) > 0).all()
    assert silence.effect[-1] - silence.effect[0] > 0.5
    assert np.abs(visits.effect).max() < 1e-9


def test_a_feature_that_does_not_vary_is_left_out(customers: pd.DataFrame) -> None:
    found = moved(customers, [1.0, 1.0, 1.0])
    assert [each.feature for each in found] == ["silence", "visits"]


def test_the_same_seed_gives_the_same_and_nulls_say_nothing(customers: pd.DataFrame) -> None:
    some = customers.assign(visits=customers["visits"].where(customers["visits"] > 0))
    one, two = (moved(some, [1.0, 1.0, 0.0]) for _ in range(2))
    assert local_effects.as_csv(one) == local_effects.as_csv(two)
    assert one[1].values.min() > 0


def test_the_picture_and_the_table_have_every_feature_and_stand_without_any(customers: pd.DataFrame) -> None:
    found = moved(customers, [1.0, 1.0, 0.0])
    assert {axes.get_xlabel() for axes in local_effects.draw(found, "it").axes} >= {"silence", "visits"}
    assert set(local_effects.as_csv(found).splitlines()[0].split(",")) == {"feature", "value", "effect"}
    assert local_effects.draw([], "it").axes
    assert local_effects.as_csv([]).strip() == "feature,value,effect"


def test_of_many_rows_as_many_are_drawn_as_are_moved_and_the_same_each_time() -> None:
    assert local_effects.drawn(5, 1).tolist() == [0, 1, 2, 3, 4]
    many = local_effects.drawn(10_000, 1)
    assert len(set(many.tolist())) == local_effects.MOST_ROWS
    assert (many == local_effects.drawn(10_000, 1)).all()
