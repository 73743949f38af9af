"""A moment is UTC, whoever tells it, and there is one place that says so."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import utc

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("core", "feature_repo", "models", "training", "monitoring", "serving", "pipelines", "benchmarks")
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2200, 1, 1), timezones=ZONES)


@given(MOMENTS)
def test_a_moment_survives_database_and_text(at: datetime) -> None:
    assert utc.aware(utc.naive(at)) == at
    assert utc.parse(utc.text(at, "microseconds")) == at
    assert utc.naive(at).tzinfo is None
    assert utc.aware(at).tzinfo is UTC


@given(MOMENTS, MOMENTS)
def test_the_text_sorts_as_time_does(a: datetime, b: datetime) -> None:
    assert (utc.text(a, "milliseconds") < utc.text(b, "milliseconds")) <= (a < b)


def test_without_a_zone_it_is_utc_already() -> None:
    assert utc.parse("2024-03-31T01:30") == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)
    assert utc.text(datetime(2024, 3, 31, 1, 30)) == "2024-03-31T01:30:00+00:00"


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        utc.parse("yesterday")


def test_nobody_else_asks_for_the_time_or_turns_a_zone_into_utc() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert [path for path in files if asks(path)] == [ROOT / "core" / "utc.py"]


def asks(path: Path) -> bool:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for n in nodes if isinstance(n, ast.ImportFrom) and n.module == "datetime" for alias in n.names}
    calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    return bool(names & {"UTC", "timezone"} or calls & {"datetime.now", "datetime.utcnow", "date.today"})
