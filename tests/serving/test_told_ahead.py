"""What is told of customers is kept as long as their features and the model are the same, and no longer."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from core.packed_rows import Layout, PackedRow
from feature_repo.families.money import REVENUE
from feature_repo.families.rfm import RECENCY_SCORE
from feature_repo.families.tenure import DAYS_SINCE_FIRST_VISIT
from feature_repo.packed.feature_rows import FeatureRows
from models.churn.scorer import ChurnScores
from models.value.worth import worth
from serving import told_ahead
from serving.online_features import Found
from serving.row_memory import RowMemory
from serving.told_ahead import RECENCY, Score, ToldAhead

NAMES = (DAYS_SINCE_FIRST_VISIT.name, REVENUE[84].name, REVENUE[364].name, RECENCY, RECENCY_SCORE.name)
LAYOUT = Layout(tuple((name, "float") for name in NAMES))


def rows(spent: Sequence[float]) -> FeatureRows:
    told = (dict(zip(NAMES, (364.0, each, 3 * each, 5.0, 4.0), strict=True)) for each in spent)
    return FeatureRows([LAYOUT], [(LAYOUT.pack(PackedRow(each, 0)),) for each in told])


def told(scores: Sequence[Score]) -> list[tuple[float, int]]:
    return [(each.probability, each.risk_score) for each in scores]


class Version:
    """Of a model that says what a customer spent; counts for how many it was asked."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor, self.asked = factor, []

    @property
    def model(self) -> Version:
        return self

    def score(self, columns: Any) -> ChurnScores:
        told = [value * self.factor for value in columns[NAMES[1]]]
        self.asked.append(len(told))
        return ChurnScores(told, [int(each) for each in told])


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    asked: list[int] = []

    def count(model, columns, days):
        asked.append(len(columns.rows))
        return worth(model, columns, days)

    monkeypatch.setattr(told_ahead, "worth", count)
    return asked


def test_a_worth_is_told_once_and_again_when_a_customer_buys(counted: list[int]) -> None:
    kept, before, after = ToldAhead(), rows([10, 20, 30]), rows([10, 25, 30])
    ids = ["a", "b", "c"]
    np.testing.assert_array_equal(kept.worths(None, ids, before, 100), worth(None, before, 100))
    turned = kept.worths(None, ids[::-1], before.take([2, 1, 0]), 100)
    np.testing.assert_array_equal(turned, worth(None, before, 100)[::-1])
    np.testing.assert_array_equal(kept.worths(None, ids, after, 100), worth(None, after, 100))
    assert counted == [3, 1]


def test_another_number_of_days_is_told_anew(counted: list[int]) -> None:
    kept = ToldAhead()
    assert kept.worths(None, ["a"], rows([10]), 50)[0] * 2 == pytest.approx(
        kept.worths(None, ["a"], rows([10]), 100)[0]
    )
    assert counted == [1, 1]


def test_each_version_scores_a_customer_once_until_the_features_change() -> None:
    kept, champion, canary = ToldAhead(), Version(), Version(2)
    for who in (champion, canary, champion, canary):
        assert told(kept.scores(who, ["a"], rows([10]))) == [(10 * who.factor, 10 * who.factor)]
    assert told(kept.scores(champion, ["a", "b"], rows([11, 20]))) == [(11, 11), (20, 20)]
    assert (champion.asked, canary.asked) == ([1, 2], [1])


def test_what_a_row_says_of_a_score_is_kept_with_it() -> None:
    known = dict(zip(NAMES, (364.0, 10.0, 30.0, 5.0, 4.0), strict=True))
    new = {**known, RECENCY: None, RECENCY_SCORE.name: None}
    found = FeatureRows([LAYOUT], [(LAYOUT.pack(PackedRow(each, 0)),) for each in (known, new)])
    kept, champion = ToldAhead(), Version()
    for _ in range(2):
        assert [(each.days_away, each.is_new) for each in kept.scores(champion, ["a", "b"], found)] == [
            (5.0, False),
            (None, True),
        ]
    assert champion.asked == [2]


def test_of_whom_a_version_has_told_is_known() -> None:
    kept, champion, other = ToldAhead(), Version(), Version()
    kept.scores(champion, ["a", "b"], rows([10, 20]))
    assert kept.is_kept(champion, ["b", "a"])
    assert not kept.is_kept(champion, ["a", "c"])
    assert not kept.is_kept(other, ["a"])


def test_another_customer_with_the_same_features_is_scored_by_themselves() -> None:
    kept, champion = ToldAhead(), Version()
    assert told(kept.scores(champion, ["a", "b"], rows([10, 10]))) == [(10, 10), (10, 10)]
    assert champion.asked == [2]


def test_a_version_that_no_longer_answers_is_forgotten() -> None:
    kept, champion = ToldAhead(), Version()
    kept.scores(champion, ["a"], rows([10]))
    assert len(kept._scores) == 1
    del champion
    assert len(kept._scores) == 0


def test_so_many_are_kept_and_no_more() -> None:
    memory: RowMemory[float] = RowMemory(2)
    assert memory.tell(["a", "b", "c"], rows([10, 20, 30]), lambda told: told[NAMES[1]]) == [10, 20, 30]
    assert list(memory._kept) == ["b", "c"]


def test_several_threads_may_push_each_other_out() -> None:
    memory: RowMemory[float] = RowMemory(3)

    def ask(turn: int) -> list[float]:
        ids, spent = [f"{turn}-{n}" for n in range(20)], [float(n) for n in range(20)]
        return memory.tell(ids, rows(spent), lambda told: told[NAMES[1]])

    with ThreadPoolExecutor(8) as pool:
        assert all(told == [float(n) for n in range(20)] for told in pool.map(ask, range(200)))
    assert len(memory) == 3


def test_where_none_are_kept_each_is_told_anew() -> None:
    kept, champion = ToldAhead(most=0), Version()
    for _ in range(2):
        assert told(kept.scores(champion, ["a"], rows([10]))) == [(10, 10)]
    assert champion.asked == [1, 1]


def test_a_filling_is_told_ahead_once_for_what_answers(counted: list[int]) -> None:
    kept, champion, found = ToldAhead(), Version(), Found(["a", "b"], rows([10, 20]))
    for filling in (1, 1, 2):
        kept.tell(filling, [champion], None, 100, lambda: iter([found]))
    kept.worths(None, ["b"], rows([20]), 100)
    kept.scores(champion, ["b"], rows([20]))
    assert counted == champion.asked == [2]


def test_where_none_are_kept_none_is_told_ahead() -> None:
    kept, champion = ToldAhead(most=0), Version()
    kept.tell(1, [champion], None, 100, lambda: iter([Found(["a"], rows([10]))]))
    assert champion.asked == []
