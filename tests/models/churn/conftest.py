"""A model and baselines fitted on made-up customers: no workspace, no feature store."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from feature_repo.feature_definition import Feature
from models.churn import bgnbd, golden
from models.churn.baselines import BgNbdBaseline, LogisticBaseline, bgnbd_margins, purchases_of
from models.churn.calibration import Calibration
from models.churn.inputs import Inputs
from models.churn.linear import Linear
from models.churn.model import BoostedModel
from models.churn.portfolio import Portfolio
from models.churn.scorer import About, Scorer, describe_population
from training.churn.fitting import fit_boosters

DAY = date(2024, 5, 1)
FEATURES = (
    Feature("silence", "days since the last visit", "days"),
    Feature("visits", "visits so far", "visits"),
    Feature("age", "days since the first visit", "days"),
    Feature("span", "days from the first to the last visit", "days"),
    Feature("region", "where the customer lives", "name", "text"),
)


def customers(rows: int = 1500, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    silence, visits = rng.exponential(20, rows).round(), rng.poisson(8, rows).astype(float)
    risk = expit(0.08 * silence - 0.3 * visits)
    frame = pd.DataFrame({"silence": silence, "visits": visits, "age": silence + rng.integers(30, 200, rows)})
    frame["span"] = frame["age"] - frame["silence"]
    frame.loc[rng.random(rows) < 0.1, "visits"] = np.nan
    region = rng.choice(["north", "south"], rows)
    return frame.assign(region=region, churned=(rng.random(rows) < risk).astype(int))


def _about(inputs: Inputs, margins, population: pd.DataFrame) -> About:
    return About(DAY, 28, inputs, *describe_population(inputs, margins, population))


def boosted(frame: pd.DataFrame, calibration: Calibration = Calibration(0.9, -0.1)) -> BoostedModel:  # noqa: B008
    inputs = Inputs.of(FEATURES, frame)
    matrix, churned = inputs.matrix(frame), frame["churned"].to_numpy()
    boosters = fit_boosters(matrix, churned, {"eta": 0.3, "max_depth": 3}, 20, seed=1, count=2, threads=1)
    bare = BoostedModel(_about(inputs, lambda rows: np.zeros(len(rows)), frame), boosters, calibration)
    return BoostedModel(_about(inputs, bare.margins, frame), boosters, calibration)


def logistic(frame: pd.DataFrame) -> LogisticBaseline:
    inputs = Inputs(FEATURES[:2], {})
    linear = Linear.fit(inputs.matrix(frame), frame["churned"].to_numpy(), 1.0)
    return LogisticBaseline(_about(inputs, linear.margins, frame), linear)


def buy_till_you_die(frame: pd.DataFrame) -> BgNbdBaseline:
    inputs, parameters = Inputs((FEATURES[1], FEATURES[0], FEATURES[2]), {}), bgnbd.Parameters(1.0, 10.0, 0.7, 3.0)
    about = _about(inputs, lambda rows: bgnbd_margins(parameters, purchases_of(rows), 28), frame)
    return BgNbdBaseline(about, parameters, [8.0, 0.9, 100.0])


def portfolio(frame: pd.DataFrame) -> Portfolio:
    members: dict[str, Scorer] = {
        "trees": boosted(frame),
        "rfm_logistic": logistic(frame),
        "bgnbd": buy_till_you_die(frame),
    }
    weights, inputs = {"trees": 0.6, "rfm_logistic": 0.3, "bgnbd": 0.1}, members["trees"].about.inputs
    bare = Portfolio(_about(inputs, lambda rows: np.zeros(len(rows)), frame), members, weights, 0.2)
    return Portfolio(_about(inputs, bare.margins, frame), members, weights, 0.2)


@pytest.fixture(scope="session")
def population() -> pd.DataFrame:
    return customers()


@pytest.fixture(params=[boosted, logistic, buy_till_you_die, portfolio], ids=lambda make: make.__name__)
def scorer(request: pytest.FixtureRequest, population: pd.DataFrame) -> Scorer:
    made: Scorer = request.param(population)
    made.golden_inputs = golden.make(made.about.inputs, population, seed=1)
    return made


@pytest.fixture
def model(population: pd.DataFrame) -> BoostedModel:
    return boosted(population)
