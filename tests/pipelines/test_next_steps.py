"""Where the online store was never filled, the commands before an answer say so: else it knows nobody, unremarked."""

from __future__ import annotations

from datetime import date

import pytest

from core import utc
from core.state.schema import MATERIALIZATIONS
from core.workspace import Workspace
from feature_repo.materialization import Content, Materializations
from pipelines.cli.console import Console
from pipelines.cli.main import HELP
from pipelines.cli.release import after_promotion
from pipelines.cli.serve import warn_where_nobody_is_known

D = date(2024, 6, 1)


def fill(workspace: Workspace) -> None:
    """Note a filling of the online store that has ended."""
    Materializations(workspace).begin(D, Content({}, {}, "UTC", frozenset()))
    with workspace.database.begin() as connection:
        connection.execute(MATERIALIZATIONS.update().values(ended_at=utc.naive(utc.now())))


def warned(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> str:
    warn_where_nobody_is_known(Console(), workspace)
    return capsys.readouterr().err


def test_the_help_fills_the_online_store_before_it_serves() -> None:
    assert HELP.index("`regulars promote churn 1`") < HELP.index("`regulars materialize`") < HELP.index("serve")


def test_an_empty_online_store_is_told_after_a_promotion_and_by_the_service(
    new_workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert after_promotion(new_workspace, "churn").startswith("regulars materialize")
    assert "run: regulars materialize" in warned(new_workspace, capsys)


def test_a_filled_online_store_is_not_told_of(new_workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    fill(new_workspace)
    assert after_promotion(new_workspace, "churn").endswith("regulars rollback churn")
    assert warned(new_workspace, capsys) == ""
