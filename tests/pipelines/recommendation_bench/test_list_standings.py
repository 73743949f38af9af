"""The bench of recommendation from entries that are known, and on a small shop."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core import settings_template
from core.errors import NotReady
from core.workspace import Workspace
from models.recommendation import metrics
from pipelines.bench.contests.standings import ContestEntry
from pipelines.bench.recommendation import list_shops, recommendation_bench
from pipelines.bench.recommendation.list_contest import ListWindow, OtherRelease
from pipelines.bench.recommendation.list_standings import ListStandings, stand
from pipelines.cli import main
from tests.support.shop import make_shop

DATES = (date(2024, 3, 1), date(2024, 4, 1))
GAINED = {"served": 0.40, "popularity": 0.20, "close": 0.40}


def window(day: date) -> ListWindow:
    """200 customers: popularity gains half as much, another as much as the product."""
    rng = np.random.default_rng(day.month)
    entries = {}
    for name, gained in GAINED.items():
        frame = {
            f"{one}{mode}": gained + rng.normal(0, 0.05, 200)
            for one in ("ndcg@10", "recall@10")
            for mode in ("", "_new")
        }
        frame |= {"diversity": np.full(200, 0.5)}
        entries[name] = ContestEntry(pd.DataFrame(frame, index=[f"c{number}" for number in range(200)]), 1.0)
        entries[name].frame[metrics.ITEMS] = [(number % 20,) for number in range(200)]
        entries[name].frame[metrics.CATALOGUE] = 40.0
    return ListWindow(day, entries)


@pytest.fixture(scope="module")
def standings() -> ListStandings:
    return stand("invented", (window(DATES[0]), window(DATES[1])), seed=1)


def test_who_gains_less_is_behind_with_the_whole_interval(standings: ListStandings) -> None:
    popularity = next(each for each in standings.standings if each.name == "popularity")
    assert standings.standings[-1].name == "popularity"
    assert popularity.ahead["ndcg@10"].low > 0
    assert popularity.ahead["ndcg@10_new"].low > 0
    assert "behind nobody" in recommendation_bench.verdict([standings])


def test_each_date_is_shown_beside_the_best_of_the_others(standings: ListStandings) -> None:
    assert {each.name for each in standings.shown()} == {"served", "close"}
    assert {len(each.row()) for each in standings.shown()} == {len(recommendation_bench.DATE_HEADER)}
    assert {len(each.row()) for each in standings.standings} == {len(recommendation_bench.HEADER)}


def test_every_shop_has_settings_that_are_read_as_meant(tmp_path: Path) -> None:
    for shop in list_shops.PUBLIC:
        (tmp_path / "regulars.toml").write_text(
            settings_template.render({k: dict(v) for k, v in shop.settings.items()})
        )
        found = Workspace.open(tmp_path).settings.recommendation
        meant = shop.settings.get("recommendation", {})
        assert {key: getattr(found, key) for key in meant} == meant


def test_a_file_of_another_release_that_is_missing_is_said_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="regulars predict recommendation --as-of 2024-03-01 --mode all"):
        OtherRelease(tmp_path)._lists(DATES[0], "all")


@pytest.mark.long
def test_the_bench_runs_on_a_shop_of_ones_own_beside_another_release(tmp_path: Path) -> None:
    make_shop(tmp_path / "shop")
    day, earlier = date(2024, 7, 31), tmp_path / "earlier"
    earlier.mkdir()
    for mode in ("all", "new"):
        nothing = pd.DataFrame({"customer_id": ["nobody"], "rank": [1], "product_id": ["nothing"]})
        nothing.to_parquet(earlier / f"{day}-{mode}.parquet")
    given = ["--workspace", str(tmp_path / "shop"), "--trials", "1", "--beside", str(earlier), "--json"]
    done = CliRunner().invoke(main.build(), ["bench", "recommendation", *given])
    assert done.exit_code == 0, done.output
    [found] = json.loads(done.stdout)["shops"]
    assert {each["name"] for each in found["candidates"]} == {"served", "earlier", *recommendation_bench.NAMES}
    assert found["dates"] == [str(day)]
