"""What customers are worth is kept as long as their features and the model are the same, and no longer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from feature_repo.families.money import REVENUE
from feature_repo.families.tenure import DAYS_SINCE_FIRST_VISIT
from feature_repo.packed.feature_rows import FeatureRows
from feature_repo.packed.packing import Layout, PackedRow
from models.value.worth import worth
from serving import kept_worths
from serving.kept_worths import KeptWorths
from serving.online_features import Found

NAMES = (DAYS_SINCE_FIRST_VISIT.name, REVENUE[84].name, REVENUE[364].name)
LAYOUT = Layout(tuple((name, "float") for name in NAMES))


def rows(spent: Sequence[float]) -> FeatureRows:
    told = ({NAMES[0]: 364.0, NAMES[1]: each, NAMES[2]: 3 * each} for each in spent)
    return FeatureRows([LAYOUT], [(LAYOUT.pack(PackedRow(each, 0)),) for each in told])


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    asked: list[int] = []

    def count(model, columns, days):
        asked.append(len(columns.rows))
        return worth(model, columns, days)

    monkeypatch.setattr(kept_worths, "worth", count)
    return asked


def test_it_is_told_once_and_again_when_a_customer_buys(counted: list[int]) -> None:
    kept, before, after = KeptWorths(), rows([10, 20, 30]), rows([10, 25, 30])
    ids = ["a", "b", "c"]
    np.testing.assert_array_equal(kept.tell(None, ids, before, 100), worth(None, before, 100))
    np.testing.assert_array_equal(
        kept.tell(None, ids[::-1], before.take([2, 1, 0]), 100), worth(None, before, 100)[::-1]
    )
    np.testing.assert_array_equal(kept.tell(None, ids, after, 100), worth(None, after, 100))
    assert counted == [3, 1]


def test_another_number_of_days_is_told_anew(counted: list[int]) -> None:
    kept = KeptWorths()
    assert kept.tell(None, ["a"], rows([10]), 50)[0] * 2 == pytest.approx(kept.tell(None, ["a"], rows([10]), 100)[0])
    assert counted == [1, 1]


def test_so_many_are_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_worths, "MOST", 2)
    kept, spent = KeptWorths(), [10.0, 20.0, 30.0]
    np.testing.assert_array_equal(kept.tell(None, ["a", "b", "c"], rows(spent), 100), worth(None, rows(spent), 100))
    assert list(kept._kept) == ["b", "c"]


def test_a_filling_is_told_ahead_once(counted: list[int]) -> None:
    kept, found = KeptWorths(), Found(["a", "b"], rows([10, 20]))
    for filling in (1, 1, 2):
        kept.tell_ahead(None, 100, filling, lambda: iter([found]))
    kept.tell(None, ["b"], rows([20]), 100)
    assert counted == [2]
