import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from models.intervals import Interval, Mean, Ratio, bootstrap, over_windows, paired


def scores(n: int = 400, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"gain": rng.normal(1.0, 2.0, n), "size": rng.uniform(1, 3, n)}, index=np.arange(n))


def test_the_interval_of_a_mean_is_the_textbook_one() -> None:
    frame = scores()
    found = bootstrap(frame, Mean("gain"), n=4000)
    error = 1.96 * frame.gain.std(ddof=1) / np.sqrt(len(frame))
    assert found.value == pytest.approx(frame.gain.mean())
    assert found.low == pytest.approx(frame.gain.mean() - error, abs=0.15 * error)
    assert found.high == pytest.approx(frame.gain.mean() + error, abs=0.15 * error)


@pytest.mark.parametrize("statistic", [Mean("gain"), Ratio("gain", "size")])
def test_a_block_of_resamples_gives_what_one_by_one_gives(statistic: Mean | Ratio) -> None:
    frame = scores(60)

    def one_by_one(rows: pd.DataFrame) -> float:
        return statistic(rows)

    block, singly = bootstrap(frame, statistic, 50), bootstrap(frame, one_by_one, 50)
    assert block.as_dict() == pytest.approx(singly.as_dict())


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    frame = scores()
    assert bootstrap(frame, Mean("gain"), seed=3) == bootstrap(frame, Mean("gain"), seed=3)
    assert bootstrap(frame, Mean("gain"), seed=3) != bootstrap(frame, Mean("gain"), seed=4)


def test_pairing_finds_a_small_difference_that_two_separate_intervals_hide() -> None:
    a = scores()
    b = a.assign(gain=a.gain - 0.05 + np.random.default_rng(2).normal(0, 0.05, len(a)))
    assert bootstrap(a, Mean("gain")).low < bootstrap(b, Mean("gain")).high
    assert paired(a, b, Mean("gain")).low > 0


def test_pairing_goes_by_unit_and_not_by_position() -> None:
    a = scores()
    difference = paired(a, a.sample(frac=1, random_state=0), Mean("gain"))
    assert (difference.low, difference.value, difference.high) == pytest.approx((0, 0, 0))


def test_units_without_a_value_do_not_count() -> None:
    frame = pd.DataFrame({"gain": [1.0, np.nan, 3.0]})
    assert Mean("gain")(frame) == 2.0


def test_one_window_is_a_plain_bootstrap_and_a_paired_one() -> None:
    a, b = scores(), scores(seed=2)
    assert over_windows([a], Mean("gain")) == bootstrap(a, Mean("gain"))
    assert over_windows([a], Mean("gain"), less=[b]).as_dict() == pytest.approx(paired(a, b, Mean("gain")).as_dict())


def test_units_that_come_again_in_the_next_window_do_not_count_as_new_ones() -> None:
    a = scores()
    again, others = over_windows([a, a], Mean("gain")), over_windows([a, a.set_axis(a.index + len(a))], Mean("gain"))
    one = bootstrap(a, Mean("gain"))
    assert again.high - again.low == pytest.approx(one.high - one.low)
    assert others.high - others.low == pytest.approx((one.high - one.low) / np.sqrt(2), rel=0.15)


def test_no_window_is_a_data_error() -> None:
    with pytest.raises(DataError, match="no window"):
        over_windows([], Mean("gain"))


def test_nobody_to_evaluate_and_nothing_in_common_are_data_errors() -> None:
    with pytest.raises(DataError, match="nobody"):
        bootstrap(scores().iloc[:0], Mean("gain"))
    with pytest.raises(DataError, match="in common"):
        paired(scores().iloc[:10], scores().iloc[10:], Mean("gain"))


@given(st.floats(-1, 1), st.floats(0, 1), st.booleans())
def test_an_interval_is_never_wholly_better_and_wholly_worse(middle: float, width: float, higher: bool) -> None:
    interval = Interval(middle, middle - width, middle + width)
    assert not (interval.wholly_better(higher) and interval.wholly_worse(higher))
    assert Interval.of(interval.as_dict()) == interval
