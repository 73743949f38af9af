"""docs/faults.md says of each fault what becomes of it: what a test that is marked so has shown."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.docs import pages

PAGE = pages.DOCS / "faults.md"
PARTS = (
    "processes", "database", "online store", "registry and models", "disk", "clock", "connections", "bodies",
    "injection", "keys",
)  # fmt: skip


def marked() -> Iterator[tuple[str, str, str, str]]:
    """Part, fault, result and file of every test that has the mark."""
    for path in sorted((pages.ROOT / "tests").rglob("test_*.py")):
        if "mark.fault" in path.read_text():
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    yield from ((*words, _short(path)) for words in map(_words, node.decorator_list) if words)


def _words(decorator: ast.expr) -> tuple[str, str, str] | None:
    match decorator:
        case ast.Call(func=ast.Attribute(attr="fault"), args=[*given]):
            part, what, result = (ast.literal_eval(each) for each in given)
            return part, what, result
    return None


def _short(path: Path) -> str:
    return str(path.relative_to(pages.ROOT))


def table() -> str:
    rows = list(marked())
    assert {row[0] for row in rows} == set(PARTS), "a part is missing, or not in PARTS"
    lines = ["| part | fault | what becomes of it | shown by |", "|---|---|---|---|"]
    for part in PARTS:
        for number, (_, what, result, file) in enumerate(row for row in rows if row[0] == part):
            lines.append(f"| {part if not number else ''} | {what} | {result} | `{file}` |")
    return "\n".join([*lines, ""])


def test_the_page_lists_what_tests_have_shown() -> None:
    """Run with REGULARS_WRITE_DOCS=1 to write the table anew."""
    assert pages.written(PAGE, "faults", table())


def test_no_fault_is_told_twice() -> None:
    told = [(part, what) for part, what, _, _ in marked()]
    assert len(set(told)) == len(told)
