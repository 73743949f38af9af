"""`regulars keys`: expiry, limits, rotation, as a person types them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from core import utc
from core.keys import KeyStore
from core.workspace import Workspace
from pipelines.cli import main


def keys(workspace: Workspace, *words: str, code: int = 0) -> Any:
    done = CliRunner().invoke(main.build(), ["keys", *words, "-w", str(workspace.root), "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if code == 0 else done.output


@pytest.mark.fault("keys", "a key made to expire today", "opens until the day ends (UTC); one of yesterday is refused")
def test_a_key_counts_up_to_and_with_the_day_it_expires(new_workspace: Workspace) -> None:
    today = utc.now().date()
    token = keys(new_workspace, "create", "a", "--right", "predict", "--expires", f"{today}")["token"]
    store = KeyStore(new_workspace)
    assert store.check(token, "predict").expires_at == utc.parse(f"{today + timedelta(days=1)}")
    yesterday = today - timedelta(days=1)
    assert "has passed" in keys(new_workspace, "create", "b", "--right", "predict", "--expires", f"{yesterday}", code=2)


@pytest.mark.parametrize(("text", "days"), [("90d", 90), ("36h", 1.5), ("2999-01-01T12:00:00+02:00", None)])
def test_an_expiry_may_be_a_time_from_now_or_a_moment(new_workspace: Workspace, text: str, days: float | None) -> None:
    keys(new_workspace, "create", "a", "--right", "predict", "--expires", text)
    (key,) = KeyStore(new_workspace).list()
    assert key.expires_at is not None
    if days is None:
        assert f"{key.expires_at:%Y-%m-%d %H}" == "2999-01-01 10"
    else:
        assert abs(key.expires_at - utc.now() - timedelta(days=days)) < timedelta(minutes=5)


@pytest.mark.parametrize("text", ["tomorrow", "90", "d", "90w", "2027-13-01", "-1d"])
def test_what_is_no_time_is_said_with_what_is(new_workspace: Workspace, text: str) -> None:
    assert "YYYY-MM-DD" in keys(new_workspace, "create", "a", "--right", "predict", f"--expires={text}", code=2)
    assert "7d" in keys(new_workspace, "rotate", "a", f"--overlap={text}", code=2) or text == "90d"


def test_a_rotation_prints_another_token_and_lists_until_when_the_old_one_opens(new_workspace: Workspace) -> None:
    first = keys(new_workspace, "create", "a", "--right", "predict", "--right", "privacy", "--per-second", "20")
    second = keys(new_workspace, "rotate", "a", "--overlap", "12h")
    assert first["token"] != second["token"]
    (listed,) = keys(new_workspace, "list")["keys"]
    assert (listed["per_second"], listed["rights"]) == (20, "predict, privacy")
    assert listed["old_token_until"].endswith("UTC")
    assert all(KeyStore(new_workspace).find(made["token"]) for made in (first, second))
