"""Demand on the small shop: features against an independent SQL, prediction files, evaluation."""

from datetime import date, timedelta

import duckdb
import numpy as np
import pytest

from core.errors import DataError
from core.settings import Demand
from feature_repo import snapshots
from models.demand import KIND
from models.demand.dataset import histories
from models.demand.labels import sold
from models.demand.series import join_keys
from tests.support.shop import FIRST_DAY

AS_OF = FIRST_DAY + timedelta(days=200)


def sql(workspace, query):
    with duckdb.connect() as connection:
        workspace.tables.register(connection)
        return connection.execute(query).df()


def with_demand(workspace, **values):
    demand = Demand(**{"min_days": 5, **values})
    workspace.settings = workspace.settings.model_copy(update={"demand": demand})
    return workspace


def test_packed_histories_equal_an_independent_query(small_shop_readonly):
    known = histories(small_shop_readonly, AS_OF)
    oracle = sql(
        small_shop_readonly,
        f"""WITH counted AS (SELECT o.*, p.category FROM orders o JOIN products p USING (product_id)
                             WHERE o.quantity > 0 AND p.department <> 'SERVICES' AND o.day < DATE '{AS_OF}'),
                 caps AS (SELECT category, greatest(quantile_cont(quantity, 0.999), 1) AS cap FROM counted GROUP BY 1)
            SELECT category, day, sum(least(quantity, cap)) AS units
            FROM counted JOIN caps USING (category) GROUP BY 1, 2""",
    )
    for row, name in enumerate(known.ids):
        days = oracle[oracle["category"] == name]
        column = known.periods - np.array([(AS_OF - day.date()).days for day in days["day"]])
        expected = np.zeros(known.periods)
        expected[column] = days["units"]
        np.testing.assert_allclose(known.units[row], expected, atol=1e-5)
    assert set(known.ids) == set(oracle["category"])


def test_promotions_are_weighted_by_what_sold(small_shop_readonly):
    known = histories(small_shop_readonly, AS_OF)
    shares = sql(
        small_shop_readonly,
        f"""WITH units AS (SELECT p.category, o.product_id, sum(o.quantity) AS units
                           FROM orders o JOIN products p USING (product_id)
                           WHERE o.quantity > 0 AND p.department <> 'SERVICES'
                             AND o.day < DATE '{AS_OF}' AND o.day >= DATE '{AS_OF}' - 182 GROUP BY ALL),
                 share AS (SELECT *, units / sum(units) OVER (PARTITION BY category) AS share FROM units)
            SELECT category, sum(share) AS share FROM share JOIN promotions USING (product_id)
            WHERE starts_on <= DATE '{AS_OF}' AND ends_on >= DATE '{AS_OF}' GROUP BY 1""",
    ).set_index("category")["share"]
    for row, name in enumerate(known.ids):
        assert known.promoted[0, row, known.behind] == pytest.approx(shares.get(name, 0.0), abs=1e-5)


def test_what_was_sold_after_a_date_is_clipped_as_before_it(small_shop_readonly):
    known = histories(small_shop_readonly, AS_OF)
    found = sold(small_shop_readonly, known.ids, AS_OF)
    until = AS_OF + timedelta(days=28)
    total = sql(
        small_shop_readonly,
        f"""SELECT sum(quantity) AS units FROM orders JOIN products USING (product_id) WHERE quantity > 0
            AND department <> 'SERVICES' AND day >= DATE '{AS_OF}' AND day < DATE '{until}'""",
    )["units"].iloc[0]
    assert found.shape == (len(known.ids), 28)
    assert found.sum() == pytest.approx(total)  # its quantities of 1 to 3 stay below every clip


def test_a_window_that_is_not_over_is_refused(small_shop_readonly):
    with pytest.raises(DataError, match="not over"):
        sold(small_shop_readonly, ["category 0"], small_shop_readonly.tables.last_day())


def test_a_prediction_file_has_every_series_and_day(small_shop_readonly):
    simple = KIND.baselines(small_shop_readonly, AS_OF)["mean_28d"]
    file = KIND.predict_file(small_shop_readonly, simple, AS_OF, "1")
    assert list(file.columns) == ["category", "date", "mean", "q05", "q25", "q50", "q75", "q95", "model_version"]
    assert len(file) == 6 * 28
    assert not file.duplicated(["category", "date"]).any()
    assert not file.isna().any().any()
    assert set(file["date"]) == {AS_OF + timedelta(days=i) for i in range(28)}


def test_an_evaluation_has_one_row_per_series(small_shop_readonly):
    frame = KIND.evaluate(small_shop_readonly, KIND.baselines(small_shop_readonly, AS_OF)["naive"], AS_OF)
    assert frame.index.name == "series_id"
    assert len(frame) == 6
    assert KIND.statistics[KIND.primary](frame) > 0


def test_a_model_of_other_series_is_refused(small_shop):
    simple = KIND.baselines(small_shop, AS_OF)["naive"]
    with pytest.raises(DataError, match="train a model of these"):
        KIND.predict_file(with_demand(small_shop, series=("store_id", "category")), simple, AS_OF, "1")


@pytest.mark.parametrize(("keys", "freq"), [(("store_id", "category"), "W"), (("product_id", "region"), "D")])
def test_other_keys_and_weeks_give_their_own_series(small_shop, keys, freq):
    workspace = with_demand(small_shop, series=keys, freq=freq)
    simple = KIND.baselines(workspace, AS_OF)["mean_28d"]
    file = KIND.predict_file(workspace, simple, AS_OF, "1")
    assert list(file.columns[:2]) == list(keys)
    assert file.groupby(list(keys)).size().unique().tolist() == [4 if freq == "W" else 28]
    if freq == "W":
        assert all(day.weekday() == 0 for day in file["date"])
    ids = {join_keys(row) for row in file[list(keys)].drop_duplicates().to_numpy().tolist()}
    assert ids == set(histories(workspace, AS_OF).ids)


def test_a_snapshot_says_nothing_of_rare_series(small_shop):
    workspace = with_demand(small_shop, min_days=10_000)
    with pytest.raises(DataError, match="no series"):
        histories(workspace, AS_OF)
    assert snapshots.ensure(workspace, "series_features", [date(2024, 7, 19)]).rows == 0
