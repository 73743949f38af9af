"""A draft of rules that is wrong or not applied is told where lists are made."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from core.workspace import Workspace
from models.recommendation.merchandising import applied_rules
from pipelines.cli.console import Console
from pipelines.cli.rules import check, note_draft
from tests.support.shop import commit


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


PROMISES = """
rules:
  first: {kind: pinned, products: ['001', n1, n2], place: 1, from: 2001-01-02}
  season: {kind: quota, brands: [novel], at_least: 1}
  over: {kind: pinned, products: [n1], place: 5, until: 2001-01-01}
  bounded: {kind: quota, brands: [novel], at_most: 2}
"""


def test_promises_of_products_too_rare_to_be_recommended_are_warned_of(small_shop: Workspace, capsys) -> None:
    products, orders = (
        pd.concat([pd.read_parquet(path) for path in small_shop.tables.files(name)]) for name in ("products", "orders")
    )
    new = pd.DataFrame({"product_id": ["n1", "n2"], "brand": "novel"})
    of_two = orders.drop_duplicates("order_id").head(2).assign(product_id="n1", quantity=1.0)
    lines = {"orders": pd.concat([orders, of_two.assign(line_id=["x1", "x2"])[orders.columns]], ignore_index=True)}
    commit(small_shop, {"products": pd.concat([products, new], ignore_index=True)} | lines)
    small_shop.rules_file.write_text(PROMISES)
    check(small_shop.root, json=True)
    told = json.loads(capsys.readouterr().out)
    first, season = told["warnings"]
    assert told["ok"] is True
    assert "2 of which can't be kept now" in told["message"]
    assert first.startswith("first: 'n1' has 2 purchases, 'n2' has 0 purchases; below 3 purchases")
    assert season.startswith("season: at_least is 1, and 0 of its products may be recommended, the most bought")
    check(small_shop.root)
    assert f"warning: {first}" in capsys.readouterr().out
