"""Series that ended: nothing can be had of them, and nothing has sold for weeks."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from models.demand import baselines
from models.demand.endings import without_ended
from models.demand.outlook import look_ahead
from models.demand.plans import NO_CALENDAR
from tests.models.demand.conftest import make_histories
from tests.support.shop import commit, empty_workspace


def test_what_cannot_be_had_and_has_not_sold_for_weeks_is_not_expected(tmp_path: Path) -> None:
    known = make_histories()
    known.units[[0, 2], -28:] = 0
    products = pd.DataFrame(
        [("s0", False), ("s1", False), ("s2", True), ("s3", None)], columns=["product_id", "available"]
    )
    workspace = empty_workspace(tmp_path, demand={"series": ["product_id"]})
    commit(workspace, {"products": products})
    model = baselines.fitted(known.origin - timedelta(days=1), ("product_id",), "D", 28)["seasonal_naive"]
    ahead = look_ahead(model, known, NO_CALENDAR, workspace.settings)
    found = without_ended(workspace, ahead)
    assert found.ended is not None
    assert found.ended.tolist() == [True, *[False] * 5]
    assert not found.forecast.mean[0].any()
    assert not found.forecast.quantiles[0].any()
    np.testing.assert_array_equal(found.forecast.mean[1:], ahead.forecast.mean[1:])
    assert found.parts("s0", 2) == [{"level": 0.0}, {"level": 0.0}]


def test_where_everything_can_be_had_the_outlook_stays_as_it_is(tmp_path: Path) -> None:
    known = make_histories()
    workspace = empty_workspace(tmp_path, demand={"series": ["product_id"]})
    commit(workspace, {"products": pd.DataFrame({"product_id": ["s0"], "available": [True]})})
    model = baselines.fitted(known.origin, ("product_id",), "D", 28)["seasonal_naive"]
    ahead = look_ahead(model, known, NO_CALENDAR, workspace.settings)
    assert without_ended(workspace, ahead) is ahead
