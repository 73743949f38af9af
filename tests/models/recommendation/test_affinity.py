"""What the customers' fading purchases say of products, through all weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.recommendation.affinity import DECAYED, REGULARISATION, Affinity
from models.recommendation.candidates import CandidateLimits, candidates
from models.recommendation.dataset import Dataset
from models.recommendation.item_item_index import ItemItemIndex
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.model import Recommender
from models.recommendation.profiles import UserProfiles
from models.recommendation.rankers import MODES, LearnerShares, TwoStage


@pytest.fixture(scope="module")
def affinity(dataset: Dataset) -> Affinity:
    return Affinity.fit(dataset.histories, dataset.catalogue)


@pytest.fixture(scope="module")
def profiles(dataset: Dataset, known: ItemStatistics) -> UserProfiles:
    return UserProfiles(dataset.histories.block(0, 20), ItemItemIndex.of(dataset.catalogue, known.neighbours))


def test_a_product_is_told_by_all_others_as_a_ridge_regression_on_them_tells_it(
    affinity: Affinity, dataset: Dataset
) -> None:
    histories, catalogue = dataset.histories, dataset.catalogue
    known = histories.product >= 0
    x = np.zeros((len(histories), len(catalogue)))
    x[histories.rows[known], histories.product[known]] = np.sqrt(histories.entries[DECAYED][known])
    x = x[:, catalogue.codes(affinity.products)]
    ridge = REGULARISATION * len(histories) * x[x > 0].mean()
    for product in range(3):
        others = np.delete(np.arange(x.shape[1]), product)
        gram = x[:, others].T @ x[:, others] + ridge * np.eye(len(others))
        expected = np.linalg.solve(gram, x[:, others].T @ x[:, product])
        np.testing.assert_allclose(affinity.weights[others, product], expected, atol=1e-3)
        assert affinity.weights[product, product] == 0


def test_it_says_the_same_when_it_was_saved(affinity: Affinity, tmp_path: Path) -> None:
    affinity.save(tmp_path)
    loaded = Affinity.load(tmp_path)
    assert loaded is not None
    assert loaded.products.tolist() == affinity.products.tolist()
    np.testing.assert_array_equal(loaded.weights, affinity.weights)


def test_there_may_be_none(tmp_path: Path) -> None:
    assert Affinity.load(tmp_path) is None


def test_of_other_products_than_its_own_it_says_nothing(affinity: Affinity, profiles: UserProfiles) -> None:
    fewer = Affinity(affinity.products[1:], affinity.weights[1:, 1:])
    absent = profiles.index.catalogue.codes(affinity.products[:1])[0]
    assert not fewer.scores(profiles, np.arange(5), np.full(5, absent)).any()
    assert affinity.scores(profiles, np.arange(20), np.full(20, absent)).any()


def test_a_saved_ranker_with_a_share_of_it_ranks_as_it_did(
    affinity: Affinity, model: Recommender, profiles: UserProfiles, tmp_path: Path
) -> None:
    learned = model.ranker
    assert isinstance(learned, TwoStage)
    shares = LearnerShares.mixed(0.0, 0.0, affinity=0.5)
    modes = {mode: replace(learned.modes[mode], shares=shares) for mode in MODES}
    Recommender(model.item_statistics, TwoStage(modes, affinity=affinity)).save(tmp_path / "model")
    loaded = Recommender.load(tmp_path / "model").ranker
    pairs = candidates(profiles, CandidateLimits())
    for mode in MODES:
        asked = pairs if mode == "all" else pairs.where(pairs.new)
        mixed = TwoStage(modes, affinity=affinity).score(profiles, asked, mode)
        np.testing.assert_allclose(loaded.score(profiles, asked, mode), mixed, atol=1e-5)
        assert not np.allclose(mixed, learned.score(profiles, asked, mode), atol=1e-3)
