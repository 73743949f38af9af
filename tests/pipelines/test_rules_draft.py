"""A draft of rules that is wrong or not applied is told where lists are made."""

from __future__ import annotations

import pytest

from core.workspace import Workspace
from models.recommendation.merchandising import applied_rules
from pipelines.cli.console import Console
from pipelines.cli.rules import note_draft


@pytest.mark.parametrize(
    ("text", "applied", "says"),
    [
        (None, False, ""),
        ("rules: {a: {kind: excluded, products: ['0O1']}}", False, "line 1: rules.a.products names '0O1'"),
        ("rules: {a: {kind: excluded, products: ['001']}}", False, "no rules count; run: regulars rules apply"),
        ("rules: {a: {kind: excluded, products: ['001']}}", True, ""),
    ],
)
def test_a_draft_that_does_not_count_is_told(small_shop: Workspace, capsys, text, applied: bool, says: str) -> None:
    if text:
        small_shop.rules_file.write_text(text)
    if applied:
        applied_rules.apply(small_shop, "ann", "recall")
    note_draft(Console(False), small_shop)
    told = " ".join("".join(capsys.readouterr()).split())
    assert says in told
    assert bool(told) == bool(says)
