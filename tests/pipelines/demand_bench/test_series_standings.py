"""The bench of demand from entries that are known, and on a small shop."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core import settings_template
from core.workspace import Workspace
from pipelines.bench.contests.bench_shop import SoldLines
from pipelines.bench.contests.standings import ContestEntry
from pipelines.bench.demand import demand_bench, series_shops
from pipelines.bench.demand.series_contest import SeriesWindow
from pipelines.bench.demand.series_standings import AbsoluteRatio, SeriesStandings, stand
from pipelines.cli import main
from tests.support.shop import make_shop

ORIGINS = (date(2024, 3, 1), date(2024, 4, 1))
OFF = {"served": 1.0, "naive": 1.6, "close": 1.01}


def window(origin: date, bias: float) -> SeriesWindow:
    """60 series: the naive forecast misses by more than the product on each, another by as much."""
    rng = np.random.default_rng(origin.month)
    missed, weight = rng.gamma(4.0, 0.2, 60), rng.random(60)
    entries = {}
    for name, off in OFF.items():
        error = missed * off * rng.normal(1.0, 0.01 if name == "naive" else 0.1, 60)
        sums = {"weight": weight, "weighted_rmsse": weight * error, "weighted_spl": weight * error / 3}
        share = {"error": bias, "sold": 1.0, "inside": 25.0, "periods": 28.0}
        entries[name] = ContestEntry(pd.DataFrame({**sums, **share}, index=range(60)), 1.0)
    return SeriesWindow(origin, entries)


@pytest.fixture(scope="module")
def standings() -> SeriesStandings:
    return stand("invented", (window(ORIGINS[0], 0.1), window(ORIGINS[1], -0.1)), seed=1)


def test_biases_of_two_windows_do_not_cancel_out(standings: SeriesStandings) -> None:
    served = standings.served().metrics
    assert served["bias"].value == pytest.approx(0.0)
    assert served["|bias|"].value == pytest.approx(0.1)
    assert AbsoluteRatio("error", "sold")(window(ORIGINS[1], -0.1).entries["served"].frame) == pytest.approx(0.1)


def test_who_misses_more_is_behind_with_the_whole_interval(standings: SeriesStandings) -> None:
    naive = next(each for each in standings.standings if each.name == "naive")
    assert standings.standings[-1].name == "naive"
    assert naive.ahead["WRMSSE"].high < 0
    assert "behind nobody" in demand_bench.verdict([standings])


def test_each_origin_is_shown_beside_the_best_of_the_others(standings: SeriesStandings) -> None:
    shown = [(each.origin, each.name) for each in standings.shown()]
    assert {name for _, name in shown} == {"served", "close"}
    assert [origin for origin, name in shown if name == "served"] == ["2024-03-01", "2024-04-01"]
    assert {len(each.row()) for each in standings.shown()} == {len(demand_bench.ORIGIN_HEADER)}
    assert {len(each.row()) for each in standings.standings} == {len(demand_bench.HEADER)}


def test_no_window_of_the_complete_journey_reaches_what_others_judge_by() -> None:
    for origin in series_shops.SHOPS["complete-journey"].as_of:
        assert (date(2017, 9, 8) - origin).days >= 28


def test_every_shop_has_settings_that_are_read_as_meant(tmp_path: Path) -> None:
    for shop in series_shops.PUBLIC:
        (tmp_path / "regulars.toml").write_text(
            settings_template.render({k: dict(v) for k, v in shop.settings.items()})
        )
        found = Workspace.open(tmp_path).settings.demand
        assert {key: getattr(found, key) for key in shop.settings.get("demand", {})} == shop.settings.get("demand", {})


def test_ta_fengs_products_are_chosen_by_its_first_months_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    days = pd.to_datetime(["2000-11-01", "2000-11-02", "2000-11-01", "2001-01-05", "2001-01-06", "2001-01-07"])
    orders = pd.DataFrame({"product_id": ["early", "early", "once", "late", "late", "late"], "ordered_at": days})
    monkeypatch.setattr(series_shops.public_shops, "ta_feng", lambda: SoldLines(orders))
    monkeypatch.setattr(series_shops, "_PRODUCTS", 1)
    assert set(series_shops.ta_feng_products().orders["product_id"]) == {"early"}


@pytest.mark.long
def test_the_bench_runs_on_a_shop_of_ones_own(tmp_path: Path) -> None:
    make_shop(tmp_path / "shop")
    given = ["--workspace", str(tmp_path / "shop"), "--trials", "1", "--peers", "naive,mean_28d,xgboost", "--json"]
    done = CliRunner().invoke(main.build(), ["bench", "demand", *given])
    assert done.exit_code == 0, done.output
    [found] = json.loads(done.stdout)["shops"]
    assert {each["name"] for each in found["candidates"]} == {"served", "naive", "mean_28d", "xgboost"}
    assert found["series"] == 6
    assert found["origins"] == ["2024-07-31"]
