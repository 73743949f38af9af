"""What was said of tiers, stages and segments, beside what came of them."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_repo.families import rfm
from training.churn import group_calibration


def evaluated(count: int, chance: float = 0.25, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers of whom `chance` is said and of whom as many left, with tiers and features drawn at random."""
    rng = np.random.default_rng(seed)
    churned = np.arange(count) < round(count * chance)
    columns = {"probability": chance, "risk_tier": rng.integers(0, 4, count), "churned": churned.astype(int)}
    features = {each.name: rng.integers(1, 3, count).astype(float) for each in group_calibration.SEGMENTED_BY}
    return pd.DataFrame(columns), pd.DataFrame(features)


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 200), seed=st.integers(0, 9))
def test_every_customer_is_in_one_tier_one_stage_and_one_segment(count: int, seed: int) -> None:
    frame, customers = evaluated(count, seed=seed)
    table = group_calibration.table(frame, customers)
    for beginning in ("tier", rfm.STAGE.name, rfm.SEGMENT.name):
        assert sum(int(row[1]) for row in table.rows if row[0].startswith(beginning)) == count


def test_a_group_of_whom_too_much_was_said_shows_it() -> None:
    frame, customers = evaluated(400)
    frame.loc[frame["risk_tier"] == 3, "probability"] = 0.9
    rows = {row[0]: row for row in group_calibration.table(frame, customers).rows}
    assert rows["tier 3"][2] == "0.900"
    assert float(rows["tier 3"][4]) > 0.4
    assert "tier 1" in rows


def test_the_share_that_left_has_an_interval_even_where_nobody_did() -> None:
    share = group_calibration.share_that_left(pd.DataFrame({"churned": [0] * 10}))
    assert (share.value, share.low) == (0, 0)
    assert 0.2 < share.high < 0.35  # Wilson: 0.278


def test_a_feature_that_is_missing_puts_a_customer_in_no_segment() -> None:
    frame, customers = evaluated(20)
    customers[rfm.SEGMENT.name] = np.nan
    table = group_calibration.table(frame, customers)
    assert not [row for row in table.rows if row[0].startswith(rfm.SEGMENT.name)]
