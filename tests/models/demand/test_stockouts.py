"""Days without stock: told by counts or by gaps, filled with what would have sold, and neither learnt nor judged."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.demand.dataset import histories
from models.demand.evaluation import score_series
from models.demand.forecast import tidy
from models.demand.labels import labels, sold
from models.demand.seasonal_level import seasonal_level
from models.demand.stockouts import filled
from tests.models.demand.conftest import make_histories
from tests.support.shop import commit, empty_workspace

FIRST = date(2024, 1, 1)
AS_OF = FIRST + timedelta(days=140)
OUT = {"steady": range(100, 118), "brisk": range(125, 140)}
"""Days without stock; of the second up to the end, when none can tell by sales alone."""
SHORT = 60


def demanded(days: int = 168) -> pd.DataFrame:
    """What customers want of three products: one row per product and day."""
    rng = np.random.default_rng(3)
    rhythm = np.where(np.arange(days) % 7 >= 5, 1.5, 0.8)
    return pd.DataFrame(
        {name: rng.poisson(level * rhythm) for name, level in (("steady", 8.0), ("brisk", 20.0), ("slow", 0.5))}
    )


def sold_out_shop(root, **demand):
    """A shop of products, and the stock at the end of each day."""
    wanted = demanded()
    seen, stock = wanted.copy(), pd.DataFrame(50.0, index=wanted.index, columns=wanted.columns)
    for name, days in OUT.items():
        seen.loc[list(days), name] = 0
        stock.loc[[days[0] - 1, *days], name] = 0.0
    seen.loc[SHORT, "steady"] = 1
    stock.loc[SHORT, "steady"] = 0.0
    lines = by_day(seen, "quantity").query("quantity > 0")
    orders = lines.assign(
        customer_id="c", order_id=lines["date"].astype(str), ordered_at=pd.to_datetime(lines["date"]),
        quantity=lines["quantity"].astype(float), revenue=lines["quantity"].astype(float),
    ).drop(columns="date")  # fmt: skip
    products = pd.DataFrame({"product_id": list(seen), "category": "c", "department": "d"})
    settings = {"series": ["product_id"], "min_days": 10, "horizon_days": 14, **demand}
    workspace = empty_workspace(root, demand=settings)
    commit(workspace, {"orders": orders, "products": products})
    return workspace, by_day(stock, "on_hand")


def by_day(table, value):
    long = table.rename_axis("n").reset_index().melt("n", var_name="product_id", value_name=value)
    return long.assign(date=[FIRST + timedelta(days=int(n)) for n in long["n"]]).drop(columns="n")


def days_out(known):
    return {name: np.flatnonzero(known.out[row]).tolist() for row, name in enumerate(known.ids)}


def test_counts_tell_of_days_without_stock(tmp_path):
    workspace, counts = sold_out_shop(tmp_path)
    plain = histories(workspace, AS_OF)
    assert plain.out is None
    commit(workspace, {"stock": counts})
    known = histories(workspace, AS_OF)
    assert days_out(known) == {"steady": list(OUT["steady"]), "brisk": list(OUT["brisk"]), "slow": []}
    steady, brisk = known.ids.index("steady"), known.ids.index("brisk")
    assert known.units[steady, SHORT] > 1, "what sold on a day that ended without stock is the least that was wanted"
    truth = demanded()["brisk"].iloc[140:154].mean()
    with_counts, without = (seasonal_level(each, 14)[0][brisk].mean() for each in (known, plain))
    assert abs(with_counts - truth) < 0.15 * truth < abs(without - truth)
    window = sold(workspace, known.ids, FIRST + timedelta(days=110))
    assert np.isnan(window[steady]).tolist() == [True] * 8 + [False] * 6
    assert np.isfinite(window[known.ids.index("slow")]).all()


def test_gaps_that_are_no_chance_are_inferred_where_asked(tmp_path):
    workspace, _ = sold_out_shop(tmp_path, infer_stockouts=True)
    assert days_out(histories(workspace, AS_OF)) == {"steady": list(OUT["steady"]), "brisk": [], "slow": []}


def test_a_history_without_such_days_is_left_as_it_is():
    units = np.arange(12.0).reshape(1, 12)
    none = np.zeros((1, 12), dtype=bool)
    assert filled(units, none, none, np.array([0]), np.arange(12) % 7) is units


def test_a_closed_day_within_a_gap_stays_empty():
    rng = np.random.default_rng(1)
    units = rng.poisson(9.0, (4, 140)).astype(float)
    units[:, 100] = 0
    out = np.zeros(units.shape, dtype=bool)
    out[0, 95:106] = True
    seen = np.where(out, 0.0, units)
    found = filled(seen, out, np.zeros_like(out), np.zeros(4, dtype=int), np.arange(140) % 7)
    assert found[0, 100] == 0
    assert found[0, 95:100] == pytest.approx(np.full(5, 9.0), rel=0.3)
    np.testing.assert_array_equal(found[1:], units[1:])


def test_labels_leave_days_without_stock_out():
    known = make_histories()
    out = np.zeros(known.units.shape, dtype=bool)
    out[2, -3] = True
    past = replace(known, origin=known.origin - timedelta(days=10), units=known.units[:, :-10])
    found = labels(past, replace(known, out=out), 10)
    assert np.argwhere(np.isnan(found)).tolist() == [[2, 7]]


def test_a_window_is_judged_on_its_other_days(histories):
    truth = histories.units[:, -28:].copy()
    wrong = truth.copy()
    wrong[0, 5] += 1000
    truth[0, 5] = np.nan
    frame = score_series(tidy(histories, wrong, np.repeat(wrong[:, :, None], 5, axis=2)), truth, histories)
    assert frame["rmsse"].eq(0).all()
    assert frame["periods"].tolist() == [27, *[28] * 5]
    assert frame["inside"].equals(frame["periods"])
