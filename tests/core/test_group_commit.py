"""Writers that come at once share a commit; each is told of its own, and one that can't be written harms no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from core import group_commit, utc
from core.database import REQUESTS
from core.errors import StoreError
from core.event_log import Event, EventLog
from core.group_commit import GroupCommit
from core.prediction_log import PredictionLog
from core.repeats import RequestToken, TokenReused
from core.state.schema import API_KEYS, FEEDBACK, IDEMPOTENCY_KEYS
from core.workspace import Workspace


def keep(connection: sa.Connection, ids: Sequence[str | None]) -> list[str | Exception]:
    for each in ids:
        row = {"feedback_id": each, "prediction_id": "p", "received_at": utc.naive(utc.now()), "outcome": "{}"}
        connection.execute(FEEDBACK.insert(), row)
    return [f"kept {each} with {len(ids)}" for each in ids]


def kept(workspace: Workspace) -> set[str]:
    with workspace.database.connect() as connection:
        return set(connection.execute(sa.select(FEEDBACK.c.feedback_id)).scalars())


def test_those_who_wait_together_are_committed_together(workspace: Workspace) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly(connection: sa.Connection, ids: Sequence[str | None]) -> list[str | Exception]:
        begun.set()
        go_on.wait(10)
        return keep(connection, ids)

    commits = GroupCommit(workspace.database, slowly, "test")
    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(commits.wait_for, "0")
        begun.wait(10)
        others = [pool.submit(commits.wait_for, str(number)) for number in range(1, 9)]
        while len(commits._waiting) < 8:
            time.sleep(0.001)
        go_on.set()
        assert first.result() == "kept 0 with 1"
        assert {each.result() for each in others} == {f"kept {number} with 8" for number in range(1, 9)}
    commits.close()
    assert kept(workspace) == set(map(str, range(9)))


def test_what_can_t_be_written_is_refused_alone(workspace: Workspace) -> None:
    commits = GroupCommit(workspace.database, keep, "test")
    with ThreadPoolExecutor(30) as pool:
        told = [pool.submit(commits.wait_for, None if number == 7 else str(number)) for number in range(30)]
    commits.close()
    assert [number for number, each in enumerate(told) if each.exception()] == [7]
    assert isinstance(told[7].exception(), IntegrityError)
    assert len(kept(workspace)) == 29


def test_who_can_t_be_served_in_time_is_told_so_and_nothing_of_it_is_kept(workspace: Workspace) -> None:
    holding, let_go = threading.Event(), threading.Event()

    def hold(connection: sa.Connection, ids: Sequence[str | None]) -> list[str | Exception]:
        holding.set()
        let_go.wait(10)
        return keep(connection, ids)

    commits = GroupCommit(workspace.database, hold, "test")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(commits.wait_for, "first")
        holding.wait(10)
        with pytest.raises(StoreError, match="busy"):
            commits.wait_for("late", 0.01)
        let_go.set()
        first.result()
    commits.close()
    assert kept(workspace) == {"first"}


def test_more_than_may_wait_are_turned_away(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "MOST_WAITING", 0)
    with pytest.raises(StoreError, match="busy"):
        GroupCommit(workspace.database, keep, "test").wait_for("1")


def test_a_locked_database_is_an_error_that_keeps_nothing(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    log._feedback._engine = workspace.connected(REQUESTS)
    with workspace.database.connect() as holder:
        on_sqlite = workspace.database.dialect.name == "sqlite"
        holder.exec_driver_sql("begin immediate" if on_sqlite else "lock table feedback")
        with pytest.raises(SQLAlchemyError):
            log.feedback("p", {"bought": True})
        holder.rollback()
    assert log.outcomes() == []
    log.feedback("p", {"bought": True})
    assert len(log.outcomes()) == 1


def once(body: str, token: str = "t", owner: str = "k") -> RequestToken:
    return RequestToken.of(owner, "/v1/feedback", token, body)


def test_feedback_sent_again_is_told_the_same_and_kept_once(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    with ThreadPoolExecutor(8) as pool:
        told = {each.feedback_id for each in pool.map(lambda _: log.take("p", {"a": 1}, "k", once("a")), range(20))}
    assert len(told) == len(log.outcomes()) == 1
    with pytest.raises(TokenReused):
        log.take("p", {"b": 1}, "k", once("b"))
    assert log.take("p", {"b": 1}, "k", once("b", owner="another key")).feedback_id not in told
    assert len(log.outcomes()) == 2


def test_events_sent_again_are_told_the_same_and_kept_once(workspace: Workspace) -> None:
    log = EventLog(workspace)
    seen = [Event("007", utc.now(), "view", nonce="one")]
    again = [Event("007", utc.now(), "view", nonce="as the service names it anew")]
    assert log.take(seen, once("a")).known == log.take(again, once("a")).known == 0
    assert len(log.pending()) == 1
    with pytest.raises(TokenReused):
        log.take(seen, once("b"))
    assert len(log.take(again, once("b", "another")).new) == 1


def test_after_a_day_a_token_is_free_again(workspace: Workspace) -> None:
    log = PredictionLog(workspace)
    first = log.take("p", {"a": 1}, "k", once("a")).feedback_id
    with workspace.database.begin() as connection:
        connection.execute(IDEMPOTENCY_KEYS.update().values(at=sa.text("'2020-01-01 00:00:00'")))
    assert log.take("p", {"b": 1}, "k", once("b")).feedback_id != first
    with workspace.database.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(API_KEYS)).scalar() == 0
