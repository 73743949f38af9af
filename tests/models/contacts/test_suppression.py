"""Suppression lists are read as people write them, and what they protect nobody by is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.customer_ids import CustomerIds
from core.workspace import Workspace
from models.contacts.suppression import suppressed


@pytest.mark.parametrize(
    "text",
    [
        "a1\nb2\n",
        "customer_id\na1\nb2",
        "\ufeffa1\r\nb2\r\n\r\n",
        '"customer_id","email"\n"a1","a@b"\nb2;no calls',
        "a1\tx\nb2",
    ],
)
def test_the_first_column_names_the_customer(text: str, new_workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "never.txt"
    file.write_text(text, encoding="utf-8")
    found = suppressed(new_workspace, file)
    assert {"a1", "b2"} <= found.customers
    assert found.unknown(["a1", "b2", "c3"]) == 0
    assert found.unknown(["a1"]) == 1


def test_an_id_with_a_comma_is_that_id(new_workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "never.txt"
    file.write_text("north,7\n")
    assert "north,7" in suppressed(new_workspace, file).customers


def test_whichever_id_is_named_the_customer_is_meant(
    new_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CustomerIds, "load", lambda _workspace: CustomerIds({"4712": "4711"}))
    file = tmp_path / "never.txt"
    file.write_text("4712\n")
    assert suppressed(new_workspace, file).customers == {"4711"}
