"""A source of candidates is turned off only where it surely brings nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.recommendation.candidates import CandidateLimits, CandidateSource
from models.recommendation.rankers import MODES
from training.recommendation import source_worth
from training.recommendation.examples import Examples
from training.recommendation.source_worth import SourceWorth, turned_off

HISTORY, TOGETHER, POPULAR = CandidateSource.HISTORY, CandidateSource.TOGETHER, CandidateSource.POPULAR


def shop(customers: int, popular_bought: int = 0) -> tuple[Examples, np.ndarray]:
    """Each customer has eight candidates from `together`, of which the best is bought, and eight from `popular`.

    Popular ones score below; of the first `popular_bought` customers the best popular one is bought, too.
    """
    source = np.tile(np.repeat([TOGETHER, POPULAR], 8), customers)
    row = np.repeat(np.arange(customers), 16)
    bought = np.tile(np.arange(16) == 0, customers)
    bought[np.arange(popular_bought) * 16 + 8] = True
    n = len(row)
    wanted = np.bincount(row, weights=bought).astype(np.int64)
    columns = {"bought": bought, "new": np.ones(n, dtype=bool), "row": row, "source": source.astype(np.int64)}
    columns["product"] = np.tile(np.arange(16), customers)
    offset, features = np.zeros(n, dtype=np.float32), np.zeros((n, 1), dtype=np.float32)
    scores = np.tile(-np.arange(16, dtype=np.float32), customers)
    return Examples(features=features, offset=offset, wanted={"all": wanted, "new": wanted}, **columns), scores


def worths(customers: int, popular_bought: int = 0) -> list[SourceWorth]:
    examples, scores = shop(customers, popular_bought)
    return [SourceWorth(mode, **each) for mode in MODES for each in source_worth.measured(examples, scores, mode)]


def test_a_source_that_never_brings_a_hit_is_off_where_many_customers_say_so() -> None:
    assert turned_off(worths(2000)) == ("popular",)


def test_a_source_stays_on_where_few_customers_say_so() -> None:
    assert turned_off(worths(200)) == ()


@pytest.mark.parametrize("bought", [40, 400])
def test_a_source_that_brings_hits_stays_on(bought: int) -> None:
    found = {(each.source, each.mode): each for each in worths(2000, bought)}
    assert found["popular", "new"].worth > 0
    assert found["popular", "new"].hits == pytest.approx(bought / (2000 + bought))
    assert turned_off(list(found.values())) == ()


def test_a_source_without_a_candidate_is_no_matter_of_worth() -> None:
    found = {each.source: each for each in worths(2000)}
    assert found["trending"].customers == 0
    assert not found["trending"].nothing


def test_history_is_never_off_nor_what_all_together_costs_too_much() -> None:
    nothing = SourceWorth("all", "history", 5000, 0.1, 0.0, 0.0, 0.0006, 0.001)
    each = [replace(nothing, source=name, mode=mode) for name in ("history", "category", "popular") for mode in MODES]
    assert turned_off(each) == ("category",)


def test_off_means_no_candidates_and_no_examples() -> None:
    limits = source_worth.without(CandidateLimits(), ["popular"])
    assert (limits.popular, limits.history) == (0, CandidateLimits().history)
    examples, _ = shop(10)
    assert set(source_worth.kept(examples, ["popular"]).source.tolist()) == {int(TOGETHER)}
    assert source_worth.kept(examples, ()) is examples
