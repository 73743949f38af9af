"""The pages a user reads, taken apart: code spans, fenced blocks, tables, parts that are written by a test."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text())


def spans(page: Path) -> list[str]:
    """Everything in backticks outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language; those that name none: ""."""
    return [text for found, text in _FENCE.findall(page.read_text()) if found == language]


def rows(page: Path, heading: str) -> list[list[str]]:
    """The rows of the one table whose first column has that heading, without backticks and emphasis."""
    lines = iter(page.read_text().splitlines())
    found = [line for line in lines if line.startswith(f"| {heading} |")]
    assert len(found) == 1, f"{page.name} has {len(found)} tables headed {heading!r}"
    return list(_cells(page.read_text().partition(found[0])[2]))


def _cells(text: str) -> Iterator[list[str]]:
    for line in text.lstrip("\n").splitlines()[1:]:
        if not line.startswith("|"):
            return
        yield [re.sub(r"[`*]", "", cell).replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def written(page: Path, name: str, content: str) -> bool:
    """Whether the page has the content between its marks `name`; with REGULARS_WRITE_DOCS=1 it is written there."""
    text = page.read_text()
    between = re.compile(rf"(<!-- {name}: .*? -->\n).*(<!-- end of {name} -->)", re.DOTALL)
    assert len(between.findall(text)) == 1, f"{page.name} has no marks for {name!r}"
    expected = between.sub(lambda match: match[1] + content + match[2], text)
    if os.environ.get("REGULARS_WRITE_DOCS") == "1":
        page.write_text(expected)
        return True
    return text == expected
