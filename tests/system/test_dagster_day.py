"""The day in Dagster: run in process, on a program that stands in for `regulars`, and on a shop."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need
from tests.system.cli import REGULARS, regulars

DAY = Path(__file__).parents[2] / "deploy" / "dagster" / "regulars_day.py"


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text((DAY.parent / "dagster.yaml").read_text())
    monkeypatch.setenv("SHOP_DAY_ZONE", "Europe/London")
    need("dagster")
    spec = importlib.util.spec_from_file_location("regulars_day", DAY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, rest: str = "") -> Path:
    program = folder / "program"
    told = """echo '{"ok": true, "message": "done", "what": "it could not"}'"""
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/said\n{told}\n{rest}\n')
    program.chmod(0o755)
    monkeypatch.setenv("SHOP_DAY_PROGRAM", str(program))
    return folder / "said"


def test_the_steps_run_in_order(day: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = stand_in(tmp_path, monkeypatch)
    assert day.nightly.execute_in_process().success
    asked = [line.removesuffix(" --json") for line in said.read_text().splitlines()]
    assert asked == ["ingest", "features build", "materialize", "monitor"]


def test_trainings_are_those_named_and_made_once(day: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = stand_in(tmp_path, monkeypatch)
    monkeypatch.setenv("SHOP_DAY_TRAIN", "churn,demand")
    assert day.retrain.execute_in_process().success
    assert sorted(said.read_text().splitlines()) == [
        "train churn --unless-trained --json",
        "train demand --unless-trained --json",
    ]


@pytest.mark.parametrize("code", [2, 3])
def test_what_no_retry_mends_ends_the_day(day: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    said = stand_in(tmp_path, monkeypatch, f"exit {code}")
    assert not day.nightly.execute_in_process(raise_on_error=False).success
    assert said.read_text().splitlines() == ["ingest --json"]


def test_it_runs_by_the_shop_s_clock(day: Any) -> None:
    schedules = {each.job_name: each for each in day.defs.schedules}
    assert schedules["nightly"].cron_schedule == "30 4 * * *"
    assert {each.execution_timezone for each in schedules.values()} == {"Europe/London"}


@pytest.mark.long
def test_a_shop_s_day_run_twice_changes_nothing_twice(day: Any, a_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DAY_PROGRAM", str(REGULARS))
    monkeypatch.setenv("REGULARS_WORKSPACE", str(a_copy))

    def state() -> Any:
        told = regulars("status", "--json", folder=a_copy).document
        return told["tables"], told["models"], regulars("alerts", "list", "--json", folder=a_copy).document["alerts"]

    assert day.nightly.execute_in_process().success
    once = state()
    assert day.nightly.execute_in_process().success
    assert state() == once
