"""Why BG/NBD thinks that a customer left, and that versions of earlier releases answer as they did."""

from datetime import date

import numpy as np
import pytest

from feature_repo.families import recency, tenure
from feature_repo.feature_definition import Feature
from models.churn.baselines import PURCHASES, BgNbdBaseline
from models.churn.bgnbd import Parameters
from models.churn.inputs import Inputs
from models.churn.ranks import Ranks
from models.churn.scorer import About

PARAMETERS = Parameters(1.0, 10.0, 0.7, 3.0)
USUAL = (8.0, 0.9, 100.0)


def scorer(features: tuple[Feature, ...]) -> BgNbdBaseline:
    about = About(date(2024, 5, 1), 28, Inputs(features, {}), Ranks((0.5,)), 0.3)
    return BgNbdBaseline(about, PARAMETERS, USUAL)


def test_a_regular_who_fell_silent_is_told_so_and_not_that_the_shop_has_known_them_long() -> None:
    silent = np.array([[26.0, 46.0, 161.0]], dtype=np.float32)  # back on 26 days, the last 46 days ago
    (effects,) = scorer(PURCHASES).contributions(silent)
    told = dict(zip((feature.name for feature in PURCHASES), effects, strict=True))
    assert max(told, key=lambda name: told[name]) == recency.DAYS_SINCE_LAST_VISIT.name
    assert told[recency.DAYS_SINCE_LAST_VISIT.name] > 0


def test_a_version_that_read_the_span_itself_answers_as_before() -> None:
    before = scorer((tenure.REPEAT_VISITS, tenure.VISIT_SPAN, tenure.DAYS_SINCE_FIRST_VISIT))
    rows = np.array([[26, 46, 161], [0, 12, 12], [3, 5, 90]], dtype=np.float32)
    as_it_was = np.column_stack([rows[:, 0], rows[:, 2] - rows[:, 1], rows[:, 2]])
    assert before.margins(as_it_was) == pytest.approx(scorer(PURCHASES).margins(rows))
    assert before.contributions(as_it_was) == pytest.approx(scorer(PURCHASES).contributions(rows))
