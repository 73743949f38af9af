"""A small shop's facts, and recommenders of them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from core.workspace import Workspace
from models.recommendation import baselines, knowledge
from models.recommendation.candidates import Limits
from models.recommendation.facts import Facts, Relevant
from models.recommendation.knowledge import Knowledge
from models.recommendation.rankers import MODES, TwoStage
from models.recommendation.recommender import Recommender
from tests.support.shop import FIRST_DAY
from training.recommendation import fitting
from training.recommendation.examples import examples, origin
from training.recommendation.fitting import Parameters

D = FIRST_DAY + timedelta(days=180)


@pytest.fixture(scope="session")
def as_of() -> date:
    return D


@pytest.fixture(scope="session")
def facts(small_shop_readonly: Workspace) -> Facts:
    return Facts.load(small_shop_readonly, D)


@pytest.fixture(scope="session")
def relevant(small_shop_readonly: Workspace, facts: Facts) -> Relevant:
    return Relevant.load(small_shop_readonly, facts)


@pytest.fixture(scope="session")
def known(small_shop_readonly: Workspace, facts: Facts) -> Knowledge:
    return knowledge.learn(small_shop_readonly, facts)


@pytest.fixture(scope="session")
def model(small_shop_readonly: Workspace, known: Knowledge) -> Recommender:
    """Two stages, fitted on the window before D."""
    before = origin(small_shop_readonly, D - timedelta(days=28))
    source = examples(before, Limits(), 1.0, seed=1)
    modes = {
        mode: fitting.fit(fitting.matrix(source, mode, 1), Parameters(rounds=20, min_child_weight=1, blend=0.5), 1, 1)
        for mode in MODES
    }
    return Recommender(known, TwoStage(modes))


@pytest.fixture(scope="session")
def frequency(known: Knowledge) -> Recommender:
    return baselines.of(known)["personal_frequency"]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)
