"""A workspace is found by name, by variable, or upwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import NotReady, UsageError
from core.workspace import Workspace
from tests.support.shop import empty_workspace


def test_a_named_workspace_is_opened(tmp_path: Path) -> None:
    root = empty_workspace(tmp_path / "shop").root
    assert Workspace.open(tmp_path / "shop").root == root


def test_the_variable_names_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = empty_workspace(tmp_path / "shop").root
    monkeypatch.setenv("REGULARS_WORKSPACE", str(root))
    assert Workspace.open().root == root


def test_the_nearest_settings_upwards_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = empty_workspace(tmp_path / "shop").root
    (root / "deep" / "down").mkdir(parents=True)
    monkeypatch.delenv("REGULARS_WORKSPACE", raising=False)
    monkeypatch.chdir(root / "deep" / "down")
    assert Workspace.open().root == root


def test_a_named_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="regulars init"):
        Workspace.open(tmp_path)


def test_without_any_the_command_that_makes_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REGULARS_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotReady, match="regulars init DIR"):
        Workspace.open()
