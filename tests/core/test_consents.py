"""Consents: without a table all allowed; with it the latest choice before the moment asked for."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from core.consents import PURPOSES, Consents
from core.workspace import Workspace
from tests.support.shop import commit


def with_choices(workspace: Workspace, *rows: tuple[str, str, bool, str]) -> Workspace:
    frame = pd.DataFrame(rows, columns=["customer_id", "purpose", "granted", "at"])
    commit(workspace, {"consents": frame.assign(at=pd.to_datetime(frame["at"]))})
    return workspace


def test_without_the_table_everything_is_allowed(new_workspace: Workspace) -> None:
    consents = Consents.load(new_workspace)
    assert not consents.tracked
    assert consents.of("anyone") == dict.fromkeys(PURPOSES, True)


def test_with_the_table_a_customer_without_a_row_counts_as_refused(new_workspace: Workspace) -> None:
    consents = Consents.load(with_choices(new_workspace, ("007", "profiling", True, "2024-03-01")))
    assert consents.allows("007", "profiling")
    assert not consents.allows("007", "personalisation")
    assert consents.refused(["007", "8"], "profiling") == {"8"}


def test_the_shop_may_decide_otherwise(new_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_CONSENTS__DEFAULT", "granted")
    workspace = with_choices(Workspace.open(new_workspace.root), ("007", "profiling", False, "2024-03-01"))
    consents = Consents.load(workspace)
    assert not consents.allows("007", "profiling")
    assert consents.allows("8", "profiling")


def test_the_latest_choice_holds_and_later_ones_are_not_known(new_workspace: Workspace) -> None:
    workspace = with_choices(
        new_workspace,
        ("007", "profiling", True, "2024-03-01 09:00"),
        ("007", "profiling", False, "2024-05-01 09:00"),
    )
    assert not Consents.load(workspace).allows("007", "profiling")
    assert Consents.load(workspace, date(2024, 5, 1)).allows("007", "profiling")
    assert not Consents.load(workspace, date(2024, 5, 2)).allows("007", "profiling")
    assert not Consents.load(workspace, date(2024, 3, 1)).allows("007", "profiling")


def test_of_two_choices_at_one_moment_the_refusal_holds(new_workspace: Workspace) -> None:
    at = "2024-03-01 09:00"
    workspace = with_choices(new_workspace, ("a", "profiling", True, at), ("a", "profiling", False, at))
    assert not Consents.load(workspace).allows("a", "profiling")
