"""Events that wait for an ingest make those that come after them no slower."""

from __future__ import annotations

from typing import Any, Final

import pytest
import sqlalchemy as sa

from core.event_log import Event, EventLog
from core.workspace import Workspace
from feature_repo import folding
from feature_repo.online import writer
from serving.event_intake import EventIntake
from tests.feature_repo.conftest import D
from tests.feature_repo.test_online import NOON

STEPS: Final = 10
"""Between two looks at what SQLite does: finer than what one event needs, coarser than each of its steps."""


@pytest.fixture
def filled(small_shop: Workspace) -> Workspace:
    folding.refill(small_shop, D)
    return small_shop


@pytest.mark.fault("database", "5,000 events that no ingest has taken yet", "an event costs as many steps as beside 50")
def test_an_event_costs_no_more_the_more_of_them_wait_for_an_ingest(filled: Workspace) -> None:
    log = EventLog(filled)
    intake = EventIntake(filled, log)
    few = steps_of_one_event(intake, log, filled, pending=50)
    many = steps_of_one_event(intake, log, filled, pending=5_000)
    assert 0 < many < 1.5 * few


def steps_of_one_event(intake: EventIntake, log: EventLog, workspace: Workspace, pending: int) -> int:
    """Steps of SQLite in which an event is kept and shown, and its lag told, beside others that were before."""
    intake.take([Event("nobody", NOON, "view", nonce=f"{pending} {number}") for number in range(pending)])
    counted = [0]

    def count() -> int:
        counted[0] += STEPS
        return 0

    def watch(connection: Any, *_: object) -> None:
        connection.set_progress_handler(count, STEPS)

    def leave(connection: Any, *_: object) -> None:
        connection.set_progress_handler(None, 0)

    sa.event.listen(log.engine, "checkout", watch)
    sa.event.listen(log.engine, "checkin", leave)
    try:
        assert intake.take([Event("c003", NOON, "purchase", "003", f"order {pending}", 1.0, 9.0)]).applied
        log.lag(writer(workspace).folded())
    finally:
        sa.event.remove(log.engine, "checkout", watch)
        sa.event.remove(log.engine, "checkin", leave)
    return counted[0]
