"""Who is ahead, from entries that are known."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.errors import UsageError
from models.churn.metrics import STATISTICS
from pipelines.bench.churn import churn_bench
from pipelines.bench.churn.churn_standings import ShopStandings, stand, yardstick
from pipelines.bench.churn.contest import BenchWindow, ShopContest
from pipelines.bench.contests.naming import dates_named
from pipelines.bench.contests.standings import ContestEntry

DATES = (date(2024, 3, 1), date(2024, 4, 1))


def window(as_of: date, off: float = 0.0) -> BenchWindow:
    """400 customers: the product knows their chances, one peer sees them blurred, another sees nothing."""
    rng = np.random.default_rng(as_of.month)
    chance = rng.beta(1.0, 1.0, 400)
    churned = (rng.random(400) < chance).astype(int)
    blurred = 1 / (1 + np.exp(-(np.log(chance / (1 - chance)) + rng.normal(0, 2.5, 400))))
    said = {"served": chance, "blurred": blurred, "base_rate": np.full(400, 0.5)}
    entries = {
        name: ContestEntry(pd.DataFrame({"probability": p, "churned": churned}, index=range(400)), seconds)
        for seconds, (name, p) in enumerate(said.items(), 1)
    }
    came = STATISTICS["roc_auc"](entries["served"].frame)
    return BenchWindow(as_of, entries, {"roc_auc": came + off, "log_loss": 0.5, "ece": 0.02, "brier": 0.17})


@pytest.fixture(scope="module")
def standings() -> ShopStandings:
    return stand(ShopContest("invented", (window(DATES[0]), window(DATES[1], off=0.02))), seed=1)


def test_who_knows_more_is_ahead_with_the_whole_interval(standings: ShopStandings) -> None:
    assert standings.standings[0].name == "served"
    assert standings.served().ranks == {"roc_auc": 1, "log_loss": 1}
    blurred = next(each for each in standings.standings if each.name == "blurred")
    assert blurred.ahead["roc_auc"].low > 0
    assert blurred.ahead["log_loss"].high < 0
    assert yardstick().loses(blurred) == []


def test_a_promise_of_accuracy_that_was_too_far_off_is_counted(standings: ShopStandings) -> None:
    assert [each.as_of for each in standings.broken()] == ["2024-04-01"]
    assert "1 of 2 promises" in churn_bench.verdict([standings])
    assert "behind nobody" in churn_bench.verdict([standings])


def test_the_tables_have_a_row_per_candidate_and_per_date(standings: ShopStandings) -> None:
    assert standings.standings[0].row()[0] == "served"
    assert [row[-1] for row in yardstick().ahead_rows(standings.standings)] == [
        "ahead in roc_auc, ahead in log_loss"
    ] * 2
    assert [row[0] for row in churn_bench.promise_rows(standings)] == ["2024-03-01", "2024-04-01"]
    assert {len(each.row()) for each in yardstick().means([standings.standings] * 2)} == {len(churn_bench.HEADER)}


def test_the_mean_is_of_the_candidates_that_every_shop_has(standings: ShopStandings) -> None:
    [first, *_] = yardstick().means([standings.standings] * 2)
    assert first.name == "served"
    assert first.metrics["roc_auc"] == pytest.approx(standings.served().metrics["roc_auc"].value)


@pytest.mark.parametrize(("named", "meant"), [("xgbost", "xgboost"), ("parto_nbd", "pareto_nbd")])
def test_a_peer_that_is_not_there_is_named_with_the_nearest(named: str, meant: str) -> None:
    with pytest.raises(UsageError, match=meant):
        churn_bench.peers_named([named])


def test_without_names_every_peer_runs() -> None:
    assert churn_bench.peers_named([]) == churn_bench.NAMES


def test_what_is_no_date_is_said() -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        dates_named(["2024-13-01"], "--as-of")
