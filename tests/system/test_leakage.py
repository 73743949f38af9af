"""Time never leaks: what happens at or after as-of changes nothing in what is trained and predicted as of it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.support.shop import FIRST_DAY, ZONE, commit, empty_workspace, frames
from tests.system.cli import regulars

AS_OF = FIRST_DAY + timedelta(days=196)
KEYS = {
    "churn": ["customer_id"],
    "demand": ["category", "date"],
    "recommendation": ["customer_id", "rank"],
    "value": ["customer_id"],
}
TIMES = {"orders": "ordered_at", "redemptions": "redeemed_on"}


def without_future(tables: dict[str, pd.DataFrame], as_of: date) -> dict[str, pd.DataFrame]:
    """The tables without their facts at or after a day of the shop."""
    start = pd.Timestamp(as_of, tz=ZONE).tz_convert("UTC").tz_localize(None)
    kept = dict(tables)
    for name, column in TIMES.items():
        kept[name] = tables[name][pd.to_datetime(tables[name][column]) < start]
    return kept


@pytest.fixture(scope="module")
def pasts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two workspaces: one that knows what came later, one that does not."""
    folder = tmp_path_factory.mktemp("leakage")
    whole, cut = empty_workspace(folder / "whole"), empty_workspace(folder / "cut")
    tables = frames()
    commit(whole, tables)
    commit(cut, without_future(tables, AS_OF))
    assert cut.tables.last_day() < AS_OF <= whole.tables.last_day()
    return whole.root, cut.root


@pytest.mark.long
@pytest.mark.parametrize("model", list(KEYS))
def test_a_future_that_is_not_there_changes_no_prediction(pasts: tuple[Path, Path], model: str) -> None:
    files = []
    for root in pasts:
        regulars("train", model, "--as-of", AS_OF, "--trials", 2, folder=root)
        output = root / f"{model}.parquet"
        arguments = ["--as-of", AS_OF, "--alias", "challenger", "--output", output]
        regulars("predict", model, *arguments, folder=root)
        files.append(pd.read_parquet(output).sort_values(KEYS[model]).reset_index(drop=True))
    pd.testing.assert_frame_equal(files[0], files[1], rtol=0, atol=1e-6)
    assert len(files[0]) > 20
