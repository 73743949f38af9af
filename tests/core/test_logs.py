"""Logging goes where stderr is now, not where it was when logging was set up."""

from __future__ import annotations

import io
import json
import sys

import pytest
import structlog

from core import logs


@pytest.fixture(autouse=True)
def _restored():
    yield
    structlog.reset_defaults()


def test_a_logger_outlives_the_stderr_it_was_made_with(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    logs.configure()
    log = structlog.get_logger("test")
    log.warning("one")
    first.close()
    monkeypatch.setattr(sys, "stderr", second)
    log.warning("two")
    line = json.loads(second.getvalue())
    assert (line["event"], line["level"]) == ("two", "warning")
    assert line["timestamp"].endswith("Z")
