"""Which series a price can be asked of, and why not of the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.settings import Demand
from feature_repo.families.series_promotions import CHANNELS
from models.demand.pricing.price_notes import prices_summary, prices_told
from tests.support.price_panel import planted
from training.demand.pricing.learning import responses
from training.demand.pricing.sales_weeks import SalesWeeks, _kinds, _price_index


def weeks_of(panel):
    count = panel.shape[0]
    ways = np.concatenate([panel.promoted, np.zeros((len(CHANNELS) - 1, *panel.shape))])
    ids = tuple(f"s{number}" for number in range(count))
    return SalesWeeks(ids, replace(panel, promoted=ways), np.full(count, 2.0), np.tile([1.5, 2.5], (count, 1)))


@pytest.fixture(scope="module")
def learnt():
    panel = planted(units=20, weeks=60).panel
    price, seen = panel.price.copy(), panel.seen.copy()
    price[0] = 0.0
    price[1] = 0.0
    price[1, ::7] = 0.012
    seen[2, :-8] = False
    return responses(weeks_of(replace(panel, price=price, seen=seen)), seed=1)


def test_a_price_that_never_moved_tells_nothing(learnt):
    assert learnt.refused[:3] == ("price_never_moved", "price_moved_too_little", "too_short")
    assert set(learnt.refused[3:]) == {""}
    assert learnt.answered == 17


def test_only_ways_of_promotion_that_were_used_have_an_effect(learnt):
    assert learnt.varied[3:].tolist() == [[True, False, False]] * 17
    assert (learnt.mean[3:, 1] > 0).all()
    assert (learnt.mean[:, 2:] == 0).all()
    assert learnt.promoted[5, 0] == 1.0


def test_a_shop_whose_prices_and_promotions_stand_still_is_told_so():
    panel = planted(units=6, weeks=30).panel
    still = replace(panel, price=np.zeros(panel.shape), promoted=np.zeros_like(panel.promoted))
    found = responses(weeks_of(still), seed=1)
    assert set(found.refused) == {"price_never_moved"}
    assert "not told of any series" in prices_told(found)


def test_the_card_counts_them(learnt):
    summary = prices_summary(learnt)
    assert (summary["answered"], sum(summary["refused"].values())) == (17, 3)
    assert summary["elasticity"] < -1
    assert set(summary["promotions"]) == {"display"}
    assert "17 of 20 series" in prices_told(learnt)


def test_an_index_does_not_move_with_the_mix_and_holds_the_regular_price_where_nothing_sold():
    rows = [("a", "dear", week, 1.0, 10.0) for week in (0, 1, 3)] + [("a", "cheap", week, 1.0, 1.0) for week in (0, 2)]
    rows[2] = ("a", "dear", 3, 1.0, 5.0)
    sold = pd.DataFrame(rows, columns=["series_id", "product_id", "week", "units", "revenue"])
    index = _price_index(sold, ["a", "b"], 4)
    oldest, *later = index[0]
    assert later == pytest.approx([np.log(7.5 / 10) * 3 / 5 * 0 + later[0], later[1], later[2]])
    assert oldest == pytest.approx(np.log(0.5))
    assert later[-1] == pytest.approx(0.0)
    assert np.isnan(index[1]).all()


def test_products_are_pooled_by_category_and_compete_in_one_store():
    ids = ["p1|s1", "p2|s1", "p1|s2", "p3|s1"]
    sold = pd.DataFrame({"series_id": ids, "category": ["c", "c", "c", "d"], "department": ["e"] * 4})
    group, category, market = _kinds(sold, ids, Demand(series=("product_id", "store_id")))
    assert group.tolist() == category.tolist() == [0, 0, 0, 1]
    assert market.tolist() == [0, 0, 1, 2]
