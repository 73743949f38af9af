"""Training on a shop of more customers than are looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.workspace import Workspace
from models.recommendation import customer_bounds
from models.recommendation.candidates import CandidateLimits
from tests.support.trained import AS_OF as D
from training.recommendation.examples import KeptShares, TrainingOrigin, examples, origin
from training.recommendation.run import _bounds_note

DAY = D - timedelta(days=28)


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch, small_shop_readonly: Workspace) -> TrainingOrigin:
    for name, bound in {"FITTED": 60, "LEARNT": 30, "JUDGED": 20}.items():
        monkeypatch.setattr(customer_bounds, name, bound)
    return origin(small_shop_readonly, DAY)


def test_each_purpose_has_its_own_number_of_customers(bounded: TrainingOrigin) -> None:
    assert len(bounded.dataset.histories) == 30
    assert len(bounded.judged.dataset.histories) == 20
    assert set(bounded.judged.dataset.histories.customers) < set(bounded.dataset.histories.customers)
    assert bounded.judged.dataset.customers == bounded.dataset.customers > 60
    assert bounded.judged is bounded.judged
    assert bounded.judged.relevant.all.shape[0] == 20


def test_examples_are_those_of_the_customers_drawn(bounded: TrainingOrigin, small_shop_readonly: Workspace) -> None:
    found = examples(bounded, CandidateLimits(), KeptShares(), 1)
    assert len(found.wanted["all"]) == 30
    assert set(found.row) <= set(range(30))


def test_the_card_says_so_only_where_customers_were_drawn(
    bounded: TrainingOrigin, small_shop_readonly: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (told,) = _bounds_note(bounded)
    assert f"Of {bounded.dataset.customers} customers" in told
    assert "60 for what products speak for each other, 30 to learn from, and 20 to be judged by" in told
    monkeypatch.undo()
    everybody = origin(small_shop_readonly, DAY)
    assert everybody.judged is everybody
    assert not _bounds_note(everybody)
    assert not len(everybody.dataset.not_drawn)
