import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import Cause, Churn
from models.churn.main_cause import CAUSES, main_cause
from models.churn.ranks import Ranks
from models.churn.tiers import WinBack, tiers, win_back

POPULATION = np.random.default_rng(3).beta(1, 5, 2345)


def test_the_risk_score_is_the_floor_of_the_percentile_rank_in_the_population() -> None:
    found = Ranks.of(POPULATION).scores(POPULATION)
    rank = np.array([(value >= POPULATION).mean() * 100 for value in POPULATION])
    assert np.abs(found - np.floor(rank)).max() <= 1
    assert (found == np.floor(rank)).mean() > 0.9
    assert found.min() == 0
    assert found.max() == 100


@given(st.integers(1, 400), st.integers(0, 5))
def test_of_a_small_population_every_score_is_exact(customers: int, seed: int) -> None:
    population = np.random.default_rng(seed).beta(1, 5, customers).round(2)  # with ties
    exact = [100 * int((population <= value).sum()) // customers for value in population]
    assert list(Ranks.of(population).scores(population)) == exact


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_higher_probability_never_has_a_lower_score(probabilities: list[float]) -> None:
    scores = Ranks.of(POPULATION).scores(sorted(probabilities))
    assert (np.diff(scores) >= 0).all()
    assert scores.min() >= 0
    assert scores.max() <= 100


@pytest.mark.parametrize(("score", "tier"), [(0, 0), (69, 0), (70, 1), (85, 1), (86, 2), (95, 2), (96, 3), (100, 3)])
def test_tiers_begin_where_the_settings_say(score: int, tier: int) -> None:
    settings = Churn()
    assert tiers([score], settings)[0] == tier


def test_a_shop_may_set_its_own_tiers() -> None:
    assert list(tiers([49, 50, 75, 99], Churn(tiers=(50, 75, 99)))) == [0, 1, 2, 3]


@given(st.integers(0, 3), st.tuples(*[st.text(min_size=1)] * 4))
def test_only_who_allows_marketing_is_contacted_whatever_the_tier(
    tier: int, actions: tuple[str, str, str, str]
) -> None:
    settings = Churn(actions=actions)
    assert win_back(tier, True, settings) == WinBack(actions[tier], None)
    assert win_back(tier, False, settings) == WinBack("none", "no_marketing_consent")


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_its_actions_and_leaves_tier_0_in_peace(cause: Cause) -> None:
    settings = Churn()
    assert win_back(0, True, settings, cause).action == "none"
    assert win_back(3, True, settings, cause).action == settings.actions_by_cause[cause][3] != "none"
    assert win_back(3, False, settings, cause).action == "none"


def test_a_cause_that_the_table_does_not_name_has_the_actions_of_all() -> None:
    settings = Churn(actions_by_cause={"price": ("a", "b", "c", "d")})
    assert win_back(2, True, settings, "price").action == "c"
    assert win_back(2, True, settings, "service").action == settings.actions[2]


def test_the_main_cause_is_the_one_that_raises_the_odds_most() -> None:
    assert main_cause({"price": 0.2, "service": 0.5, "engagement": -0.9}) == "service"
    assert main_cause({"price": -0.2, "engagement": 0.0}) is None
    assert main_cause({}) is None
