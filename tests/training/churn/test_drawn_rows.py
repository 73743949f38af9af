"""Of more rows than are learnt from some are drawn: the same each time, as they are, and the log says of how many."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from core.workspace import Workspace
from feature_repo import partitions
from models.churn import dataset
from tests.support.shop import make_shop, unbuilt_copy
from training.churn.examples import Examples, collect, known_by

AS_OF = date(2024, 7, 20)
MOST = 120
KEYS = ["as_of", "customer_id"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_shop(tmp_path_factory.mktemp("whole") / "workspace")


@pytest.fixture(scope="module")
def every(shop: Workspace) -> Examples:
    return collect(shop, AS_OF)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "MOST_ROWS", MOST)


def of_all(every: Examples, rows: pd.DataFrame) -> pd.DataFrame:
    return every.labelled.set_index(KEYS).loc[pd.MultiIndex.from_frame(rows[KEYS])].reset_index()


def test_a_small_shop_is_learnt_from_whole(every: Examples) -> None:
    assert every.there == len(every.labelled)
    assert every.notes == ()


@pytest.mark.usefixtures("few")
def test_rows_drawn_have_the_features_and_labels_that_all_have_and_no_snapshot_of_all_is_built(
    shop: Workspace, every: Examples, tmp_path: Path
) -> None:
    unbuilt = unbuilt_copy(shop.root, tmp_path / "unbuilt")
    found = collect(unbuilt, AS_OF)
    assert len(found.labelled) == MOST < len(every.labelled) == found.there
    assert len(found.population) == min(MOST, len(every.population))
    expected = of_all(every, found.labelled)[found.labelled.columns]
    pd.testing.assert_frame_equal(found.labelled, expected, check_dtype=False, rtol=1e-9)
    assert set(partitions.built_days(unbuilt, "customer_features")) <= {AS_OF}
    assert f"Of {found.there:,} rows {MOST:,} were drawn by chance" in found.notes[0]


@pytest.mark.usefixtures("few")
def test_what_was_known_earlier_of_the_rows_drawn_has_no_label_of_later(shop: Workspace) -> None:
    then = known_by(collect(shop, AS_OF), date(2024, 6, 22))
    assert all((then.labels_until - day).days >= then.gap_days for day in then.labelled["as_of"])
    assert set(then.population["as_of"]) == {then.labels_until}
