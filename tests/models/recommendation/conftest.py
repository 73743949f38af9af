"""A small shop's dataset, and recommenders fitted on it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from core.workspace import Workspace
from models.recommendation import baselines, item_statistics
from models.recommendation.candidates import CandidateLimits
from models.recommendation.dataset import Dataset
from models.recommendation.item_statistics import ItemStatistics
from models.recommendation.labels import Relevance
from models.recommendation.model import Recommender
from models.recommendation.rankers import MODES, TwoStage
from models.recommendation.recipe import Recipe
from tests.support.shop import FIRST_DAY
from training.recommendation import fitting
from training.recommendation.examples import KeptShares, examples, origin

D = FIRST_DAY + timedelta(days=180)


@pytest.fixture(scope="session")
def as_of() -> date:
    return D


@pytest.fixture(scope="session")
def dataset(small_shop_readonly: Workspace) -> Dataset:
    return Dataset.load(small_shop_readonly, D)


@pytest.fixture(scope="session")
def relevant(small_shop_readonly: Workspace, dataset: Dataset) -> Relevance:
    return Relevance.load(small_shop_readonly, dataset)


@pytest.fixture(scope="session")
def known(small_shop_readonly: Workspace, dataset: Dataset) -> ItemStatistics:
    return item_statistics.fit(small_shop_readonly, dataset)


@pytest.fixture(scope="session")
def model(small_shop_readonly: Workspace, known: ItemStatistics) -> Recommender:
    """Two stages, fitted on the window before D."""
    before = origin(small_shop_readonly, D - timedelta(days=28))
    source = examples(before, CandidateLimits(), KeptShares(), seed=1)
    recipe = Recipe(rounds=20, min_child_weight=1, order_share=0.25, network_share=0.5)
    modes = {mode: fitting.fit(source, mode, recipe, 1, 1) for mode in MODES}
    return Recommender(known, TwoStage(modes))


@pytest.fixture(scope="session")
def frequency(known: ItemStatistics) -> Recommender:
    return baselines.of(known)["personal_frequency"]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)
