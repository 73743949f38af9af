"""Whether more customers leave, asked week by week at a shop as it went, and with a tenth of them stopped."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from core.clock import present
from core.settings import Rules
from monitoring import rules
from monitoring.leaving.left_over_expected import Straying, measure
from pipelines.bench.quiet_years import leaving_looks
from pipelines.bench.quiet_years.leaving_looks import LeavingLook, LeavingLooks, PlantedStop
from pipelines.cli import main

DAY, WEEK = date(2024, 9, 2), timedelta(days=7)


def left(share):
    """Of 2,000 customers expected to leave with 15% each, so many left."""
    return measure((np.arange(2000) < 2000 * share).astype(float), np.full(2000, 0.15), Straying(0.0001))


def test_many_more_and_many_fewer_than_expected_are_told_apart_and_a_few_are_neither():
    told = [rules.beyond(left(share), Rules(), 0.001) for share in (0.3, 0.05, 0.16)]
    assert told == ["more", "fewer", None]


def test_the_verdict_counts_alerts_of_the_shop_as_it_went_and_the_changes_found():
    looks = [LeavingLook(DAY + WEEK * week, left(0.15), None, week == 0, False) for week in range(3)]
    planted = [PlantedStop(DAY, 1, 28, None, 1.8), PlantedStop(DAY, 2, 21, 14, 2.0), PlantedStop(DAY, 3, None, 7, 1.5)]
    found = LeavingLooks(tuple(looks), tuple(planted))
    assert found.verdict() == (
        "left over expected: 1 alerts in 3 looks as the shop went, 2 of 3 changes found within 28 days;"
        " customers who stay away: 0 and 2"
    )
    assert [row[2:] for row in found.planted_rows()] == [("2 of 3", "28", "1.80"), ("2 of 3", "14", "1.80")]


def test_whoever_stops_has_left_unless_they_came_earlier_in_the_window(monkeypatch):
    """The window began before the day on which they stopped."""
    monkeypatch.setattr(leaving_looks.facts, "buyers", lambda workspace, start, stop: {"came"})
    monkeypatch.setattr(leaving_looks.looking, "left", lambda workspace, frame, began: frame["churned"].to_dict())
    shop = object.__new__(leaving_looks._Shop)
    shop._workspace = None
    shop._began = lambda day: day - timedelta(days=28)
    shop._frame = lambda day: pd.DataFrame({"churned": [0, 0, 1, 0]}, index=["came", "stopped", "left", "stays"])
    assert shop._left_after(DAY, DAY - WEEK, {"came", "stopped"}) == {"came": 0, "stopped": 1, "left": 1, "stays": 0}


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_command_looks_every_week_and_plants_from_each_that_has_four_after_it(small_shop):
    asked = ["bench", "monitoring", "--leaving", "--looks", "6", "--trials", "2", "--json", "-w", str(small_shop.root)]
    answer = CliRunner().invoke(main.build(), asked)
    assert answer.exit_code == 0, answer.output
    found, last = json.loads(answer.stdout), present(small_shop)
    assert [look["day"] for look in found["looks"]] == [str(last - WEEK * back) for back in range(5, -1, -1)]
    assert [(each["day"], each["seed"]) for each in found["planted"]] == [
        (str(last - WEEK * back), seed) for back in (5, 4) for seed in (5000, 5001)
    ]
    assert all(each["ratio"] > 1 for each in found["planted"])
    assert [path.name for path in small_shop.root.parent.iterdir()] == [small_shop.root.name]
