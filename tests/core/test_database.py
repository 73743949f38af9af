"""A database is waited for only so long, and none of its errors shows what customers are known by."""

from __future__ import annotations

import ast
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from core.database import REQUESTS, connect, expand, is_away
from core.state.schema import FEEDBACK
from core.workspace import Workspace
from tests.support.postgres import new_database
from tests.test_layers import MODULES, ROOT

SHORT = replace(REQUESTS, lock=0.1, answer=0.5)


def test_no_error_of_any_engine_shows_the_values_of_a_statement() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("create_engine"):
                assert "hide_parameters" in {each.arg for each in node.keywords}, path.relative_to(ROOT)


def test_an_error_names_no_customer(workspace: Workspace) -> None:
    row = {"feedback_id": "1", "prediction_id": "p", "received_at": None, "outcome": "the secret of c001"}
    with pytest.raises(SQLAlchemyError) as refused, workspace.database.begin() as connection:
        connection.execute(FEEDBACK.insert(), row)
    assert "c001" not in str(refused.value)


def test_another_s_write_lock_is_not_waited_for_long(workspace: Workspace) -> None:
    hurried = workspace.connected(SHORT)
    on_sqlite = hurried.dialect.name == "sqlite"
    with workspace.database.connect() as holder:
        holder.exec_driver_sql("begin immediate" if on_sqlite else "lock table feedback")
        with pytest.raises(OperationalError) as refused, hurried.begin() as connection:
            connection.execute(FEEDBACK.delete())
        assert is_away(refused.value)
        with hurried.connect() as connection:  # what only reads waits for no writer
            assert connection.exec_driver_sql("select count(*) from api_keys").scalar() == 0
        holder.rollback()


@contextmanager
def hanging(server: sa.Engine) -> Iterator[None]:
    """The backends of a server that are stopped in their tracks."""
    with server.connect() as connection:
        query = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        pids = list(connection.exec_driver_sql(query).scalars())
        assert pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


@pytest.mark.fault("database", "PostgreSQL hangs", "given up within the time that a request can wait")
def test_a_server_that_says_nothing_any_more_is_given_up(postgres_url: str, tmp_path: Path) -> None:
    url = new_database(postgres_url)
    hurried, patient = connect(url, tmp_path, SHORT), connect(url, tmp_path)
    with hurried.connect() as connection:
        connection.exec_driver_sql("select 1")
        with hanging(patient):
            started = time.monotonic()
            with pytest.raises(OperationalError, match="no answer within") as refused:
                connection.exec_driver_sql("select 1")
            assert is_away(refused.value)
            assert time.monotonic() - started < 30  # it would be for ever
    with hurried.connect() as connection:
        assert connection.exec_driver_sql("select 1").scalar() == 1


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("postgresql://shop:${SECRET}@db/shop", "postgresql://shop:a%3Ab%2Fc%40d@db/shop"),
        ("postgresql://db/shop?passfile=${SECRET}", "postgresql://db/shop?passfile=a:b/c@d"),
        ("${URL}", "postgresql://a:b@c/d"),
        ("postgresql://shop:${WRITTEN}@db/shop", "postgresql://shop:a%3Ab@db/shop"),
    ],
)
def test_a_password_may_hold_what_ends_one_in_a_url(setting: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "a:b/c@d")
    monkeypatch.setenv("WRITTEN", "a%3Ab")
    monkeypatch.setenv("URL", "postgresql://a:b@c/d")
    assert expand(setting) == url
