import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from models.churn.metrics import STATISTICS
from models.intervals import bootstrap


def frame(n: int = 300, seed: int = 0, decimals: int = 8) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    probability = np.round(rng.beta(1, 4, n), decimals)
    churned = (rng.random(n) < probability).astype(int)
    tier = np.searchsorted(np.quantile(probability, [0.7, 0.86, 0.96]), probability)
    return pd.DataFrame({"probability": probability, "risk_tier": tier, "churned": churned})


@pytest.mark.parametrize("decimals", [1, 8])
@pytest.mark.parametrize(
    ("name", "oracle_of"),
    [
        ("roc_auc", oracle.roc_auc_score),
        ("pr_auc", oracle.average_precision_score),
        ("brier", oracle.brier_score_loss),
        ("log_loss", lambda y, p: oracle.log_loss(y, np.clip(p, 1e-6, 1 - 1e-6))),
    ],
)
def test_a_metric_is_what_scikit_learn_says_with_and_without_ties(name, oracle_of, decimals: int) -> None:
    rows = frame(decimals=decimals)
    assert STATISTICS[name](rows) == pytest.approx(oracle_of(rows.churned, rows.probability))


@pytest.mark.parametrize("name", STATISTICS)
@given(counts=st.lists(st.integers(0, 3), min_size=40, max_size=40))
def test_counting_a_row_n_times_is_having_it_n_times(name: str, counts: list[int]) -> None:
    rows = frame(40, decimals=2)
    repeated = rows.loc[np.repeat(rows.index, counts)]
    if repeated.churned.nunique() < 2:
        return
    weighted = STATISTICS[name].resampled(rows, np.array([counts], dtype=float))[0]
    assert weighted == pytest.approx(STATISTICS[name](repeated), abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(("tiers", "inside"), [("tier1", {1}), ("tier2", {2}), ("tier3", {3}), ("tiers1-3", {1, 2, 3})])
def test_precision_and_recall_of_a_tier_are_what_scikit_learn_says(tiers: str, inside: set[int]) -> None:
    rows = frame()
    selected = rows.risk_tier.isin(inside)
    assert 0 < selected.mean() < 1
    assert STATISTICS[f"precision@{tiers}"](rows) == pytest.approx(oracle.precision_score(rows.churned, selected))
    assert STATISTICS[f"recall@{tiers}"](rows) == pytest.approx(oracle.recall_score(rows.churned, selected))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=50))
def test_what_the_three_tiers_find_is_found_by_the_tiers_together(customers: list[tuple[int, int]]) -> None:
    rows = pd.DataFrame(customers, columns=["risk_tier", "churned"])
    if rows.churned.any():
        parts = sum(STATISTICS[f"recall@tier{tier}"](rows) for tier in (1, 2, 3))
        assert STATISTICS["recall@tiers1-3"](rows) == pytest.approx(parts)
    in_tier_3 = rows[rows.risk_tier == 3]
    assert STATISTICS["precision@tier3"](rows) == pytest.approx(in_tier_3.churned.mean(), nan_ok=True)


def test_lift_and_calibration_of_a_case_done_by_hand() -> None:
    rows = pd.DataFrame({"probability": [0.95] + [0.15] * 9, "churned": [1] + [0] * 8 + [1]})
    assert STATISTICS["lift@10%"](rows) == pytest.approx(1 / 0.2)
    # |0.95 - 1| of one row and |9 x 0.15 - 1| of nine
    assert STATISTICS["ece"](rows) == pytest.approx((0.05 + 0.35) / 10)


def test_a_random_order_has_no_lift_and_a_perfect_one_all_of_it() -> None:
    rows = frame().assign(probability=0.2)
    assert STATISTICS["lift@10%"](rows) == pytest.approx(1)
    assert STATISTICS["roc_auc"](rows) == pytest.approx(0.5)
    assert STATISTICS["roc_auc"](rows.assign(probability=rows.churned * 0.9)) == 1


def test_an_interval_holds_the_value_and_is_wider_for_fewer_customers() -> None:
    few, many = (bootstrap(frame(n), STATISTICS["roc_auc"], 200) for n in (150, 3000))
    for found in (few, many):
        assert found.low < found.value < found.high
    assert few.high - few.low > 2 * (many.high - many.low)


@pytest.mark.parametrize("seed", range(8))
def test_the_calibration_error_of_few_customers_lies_within_its_interval(seed: int) -> None:
    found = bootstrap(frame(80, seed), STATISTICS["ece"], 300)
    assert 0 <= found.low <= found.value <= found.high
