"""The error budget: whatever the rhythm of looking, a year without change spends no more than its probability."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from monitoring import error_budget
from monitoring.error_budget import FAMILIES, ErrorBudget

FIRST = date(2024, 1, 1)
BUDGET = ErrorBudget(0.05)


def test_the_families_share_the_whole_budget():
    assert sum(FAMILIES.values()) == pytest.approx(1.0)
    assert sum(BUDGET.of(family) for family in FAMILIES) == pytest.approx(0.05)


@given(st.sets(st.integers(min_value=0, max_value=364), min_size=1, max_size=60))
def test_a_year_of_looks_in_any_rhythm_spends_at_most_the_year(offsets):
    days = sorted(FIRST + timedelta(days=offset) for offset in offsets)
    levels = [BUDGET.level("drift", days[:i], day) for i, day in enumerate(days)]
    first_seven = BUDGET.of("drift") * error_budget.FIRST_DAYS / error_budget.YEAR_DAYS
    assert sum(levels) <= BUDGET.of("drift") + first_seven
    spent = BUDGET.spending("drift", days, days[-1])
    assert 0 < spent.spent <= spent.yearly
    assert spent.left == pytest.approx(spent.yearly - spent.spent)


def test_a_second_look_on_one_day_spends_what_the_first_did():
    earlier = [FIRST, FIRST + timedelta(days=7)]
    day = FIRST + timedelta(days=14)
    assert BUDGET.level("drift", [*earlier, day], day) == BUDGET.level("drift", earlier, day)


def test_the_models_of_a_family_share_its_part():
    assert BUDGET.of("drift", 4) * 4 == pytest.approx(BUDGET.of("drift"))


def test_a_family_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(UsageError, match="drifts"):
        BUDGET.of("drifts")


def test_of_uniform_p_values_some_is_found_with_the_level_alone():
    rng = np.random.default_rng(1)
    found = [
        error_budget.discoveries({str(i): p for i, p in enumerate(rng.random(20))}, 0.1) != frozenset()
        for _ in range(3000)
    ]
    assert 0.08 < np.mean(found) < 0.12


def test_what_matters_more_is_found_with_less_evidence():
    p = {"spend": 0.004, "other": 0.5, "more": 0.9}
    assert error_budget.discoveries(p, 0.005) == frozenset()
    assert error_budget.discoveries(p, 0.005, {"spend": 8.0, "other": 1.0, "more": 1.0}) == {"spend"}


def test_a_p_value_that_is_no_number_is_none():
    assert error_budget.discoveries({"a": float("nan")}, 0.9) == frozenset()
    assert error_budget.discoveries({"a": float("nan"), "b": 0.01}, 0.05) == {"b"}
