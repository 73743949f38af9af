"""New products: which they are, what products alike tell of them, and how wide that is."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.settings import Settings
from models.demand.forecast import Forecast
from models.demand.newcomers.launch_curves import LaunchCurves, curves_of, launch_curves, tells_products
from models.demand.newcomers.newcomer_forecast import launch_coverage, newcomers
from models.demand.newcomers.newcomer_outlook import newcomer_outlook
from tests.models.demand.launches.launching_shop import DAYS, FIRST_DAY, launching_shop
from tests.support.shop import commit, empty_workspace

AS_OF = FIRST_DAY + timedelta(days=DAYS)
AHEAD = [AS_OF + timedelta(days=n) for n in range(28)]


@pytest.fixture(scope="module")
def curves() -> LaunchCurves:
    found = curves_of(launching_shop(), Settings())
    assert found is not None
    return found


def like(brand: str, name: str = "new") -> pd.DataFrame:
    columns = {"category": "category 1", "department": "department 1", "brand": brand, "price": 5.0}
    return pd.DataFrame(columns, index=pd.Index([name], name="product_id"))


def test_a_product_of_a_brand_that_sells_is_expected_to_sell(curves: LaunchCurves) -> None:
    (loved,) = newcomers(curves, like("loved"), [0], AHEAD, 1)
    (plain,) = newcomers(curves, like("plain"), [0], AHEAD, 1)
    assert loved.mean.sum() > 1.3 * plain.mean.sum()
    assert loved.alike >= 10
    assert (np.diff(loved.quantiles, axis=1) >= 0).all()


def test_nothing_sells_before_the_launch(curves: LaunchCurves) -> None:
    (coming,) = newcomers(curves, like("loved"), [-10], AHEAD, 1)
    assert not coming.mean[:10].any()
    assert coming.mean[10] > 0


def test_what_it_has_sold_already_counts(curves: LaunchCurves) -> None:
    own = np.full((2, curves.course.shape[1]), np.nan)
    own[:, :20] = [[9.0], [0.1]]
    items = pd.concat([like("plain", "runs"), like("plain", "rests")]).assign(launch=AS_OF - timedelta(days=20))
    more = LaunchCurves(pd.concat([curves.items, items]), np.vstack([curves.course, own]), curves.weekdays, curves.sold)
    runs, rests = newcomers(more, items, [20, 20], AHEAD, 1)
    assert runs.mean.sum() > 2 * rests.mean.sum()


def test_past_launches_lay_within_the_band_as_often_as_it_says(curves: LaunchCurves) -> None:
    found = launch_coverage(curves, 28, 1)
    assert found is not None
    assert found.launches > 100
    assert found.coverage > 0.88
    assert abs(found.as_json()["bias"]) < 0.15


def test_with_few_launches_nothing_is_said(curves: LaunchCurves) -> None:
    assert newcomers(curves.select(np.arange(5)), like("loved"), [0], AHEAD, 1) == []


def test_curves_are_read_as_they_were_written(curves: LaunchCurves, tmp_path: Path) -> None:
    curves.save(tmp_path)
    again = LaunchCurves.load(tmp_path)
    assert again is not None
    pd.testing.assert_frame_equal(again.items, curves.items, check_dtype=False)
    np.testing.assert_allclose(again.course, curves.course, rtol=1e-6)
    assert again.sold == curves.sold
    assert LaunchCurves.load(tmp_path / "none") is None


def test_series_that_are_no_products_have_no_new_ones(tmp_path: Path) -> None:
    assert tells_products(("product_id", "category"))
    assert not tells_products(("category",))
    assert not tells_products(("product_id", "store_id"))
    assert launch_curves(empty_workspace(tmp_path), AS_OF) is None


def test_new_is_what_was_launched_lately_or_is_to_come(curves: LaunchCurves, tmp_path: Path) -> None:
    rows = {
        "lately": (AS_OF - timedelta(days=9), None),
        "coming": (AS_OF + timedelta(days=9), False),
        "long ago": (AS_OF - timedelta(days=200), None),
        "taken out": (AS_OF - timedelta(days=9), False),
        "never sold": (None, None),
        "p000": (None, None),
        "forecast": (AS_OF - timedelta(days=60), None),
    }
    table = pd.DataFrame(
        [(name, "category 1", "department 1", "plain", day, there) for name, (day, there) in rows.items()],
        columns=["product_id", "category", "department", "brand", "launched_on", "available"],
    )
    workspace = empty_workspace(tmp_path, demand={"series": ["product_id"]})
    commit(workspace, {"products": table})
    known = Forecast(("forecast",), tuple(AHEAD), np.ones((1, 28)), np.ones((1, 28, 5)))
    found = newcomer_outlook(workspace, curves, known)
    assert found is not None
    assert set(found.rows) == {"lately", "coming", "never sold"}
    assert found.forecast.mean[found.rows["coming"], :9].sum() == 0
    row = found.row(("product_id",), {"product_id": "lately"})
    assert row is not None
    assert found.replenishment.at(row).reorder_point > found.forecast.mean[row, :7].sum()
    assert found.row(("product_id",), {"product_id": "p000"}) is None
    assert newcomer_outlook(workspace, None, known) is None
    assert isinstance(known.days[0], date)
