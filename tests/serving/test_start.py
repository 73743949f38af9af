"""Before a worker says that it is ready it has answered every kind of request; its collector passes over the rest."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import structlog

from core import utc
from core.workspace import Workspace
from serving import warm_up as warming
from serving.http import Answering
from serving.problems import Problem
from serving.runtime import Runtime
from serving.service_pages import PAGES
from serving.warm_up import PATHS, TIMES, warm_up


@pytest.fixture
def starting(served: Workspace) -> Iterator[Runtime]:
    """A worker that has loaded nothing yet."""
    runtime = Runtime(served)
    runtime.before_ready = partial(warm_up, runtime)
    yield runtime
    runtime.close()


def readyz(answering: Answering) -> int:
    """The status that it would be answered with."""
    try:
        return PAGES["/readyz"](answering).status_code
    except Problem as problem:
        return problem.status


def test_requests_are_replayed_before_readyz_says_ready(starting: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    answering, replayed, stood = Answering(starting), Counter[str](), set[int]()
    answer = warming.answer

    def noted(runtime: Runtime, endpoint: Any, body: bytes, key: Any) -> bytes:
        told = answer(runtime, endpoint, body, key)
        replayed[endpoint.path] += 1
        stood.add(readyz(answering))
        return told

    monkeypatch.setattr(warming, "answer", noted)
    with structlog.testing.capture_logs() as lines:
        starting.background.round()
    assert replayed == dict.fromkeys(PATHS, TIMES)
    assert stood == {503}
    assert readyz(answering) == 200
    assert [line for line in lines if line["event"] == "warm_up_failed"] == []
    starting.predictions.close()
    now = utc.now()
    assert list(starting.predictions.predictions("churn", now.replace(year=now.year - 1), now)) == []


def test_what_was_loaded_is_never_collected_again(starting: Runtime) -> None:
    gc.unfreeze()
    starting.background.round()
    frozen = gc.get_freeze_count()
    assert frozen > 100_000
    assert len(gc.get_objects()) < frozen
