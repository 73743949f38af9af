"""docs/recommendation-rules.md is true: its table is that of the kinds, its example one that can be read."""

from __future__ import annotations

from models.recommendation.merchandising.kinds_of_rules import RULE_KINDS
from models.recommendation.merchandising.rules_file import parse
from tests.docs import pages

PAGE = pages.DOCS / "recommendation-rules.md"


def test_the_page_lists_the_kinds_in_the_order_in_which_they_work() -> None:
    """Run with REGULARS_WRITE_DOCS=1 to write the list anew."""
    rows = [f"| `{kind.kind}` | {kind.says} | `name: {kind.example}` |" for kind in RULE_KINDS]
    assert pages.written(
        PAGE, "kinds of rules", "\n".join(["| kind | what it does | such as |", "|---|---|---|", *rows, ""])
    )


def test_the_example_has_rules() -> None:
    (block,) = pages.blocks(PAGE, "yaml")
    found = {rule.name: rule for rule in parse(block, "docs").rules}
    assert found["recall"].products == ("1082185", "0951590")
    assert len(found) == 8
