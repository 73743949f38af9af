"""Logging goes where stderr is now, not where it was when logging was set up."""

from __future__ import annotations

import io
import json
import logging
import sys
from threading import Thread

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


class Pieces(io.StringIO):
    """A stream that knows what each call wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def write(self, text: str) -> int:
        self.written.append(text)
        return len(text)


def test_a_line_is_written_whole_whoever_else_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes and threads of an earlier set-up write to the same stream: between line and end is no room."""
    stream = Pieces()
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure()
    before = structlog.get_logger("test").bind()
    logs.configure()
    after = structlog.get_logger("test").bind()
    threads = [Thread(target=log.warning, args=("told",)) for log in (before, after) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stream.written) == 40
    assert {json.loads(line)["event"] for line in stream.written if line.endswith("\n")} == {"told"}


def test_a_logger_that_has_told_before_follows_the_set_up_that_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log = structlog.get_logger("test")
    logs.configure()
    log.info("before")
    log.warning("warned")
    logs.configure(logging.INFO)
    log.info("after")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["warned", "after"]
    with structlog.testing.capture_logs() as lines:
        log.warning("captured")
    assert [line["event"] for line in lines] == ["captured"]
