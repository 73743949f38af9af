"""YAML as text, with the line of every key: ids stay as they are written (`007`), and errors can name the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from core.errors import RulesError

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class MarkedYaml:
    """`content` holds strings, lists and mappings; `lines` the line, from 1, at which each of them begins."""

    content: Any
    lines: Mapping[KeyPath, int]
    origin: str

    def place(self, *keys: str | int) -> str:
        """`rules.yaml, line 7`: of the key, or of the innermost of those around it that is there."""
        for length in range(len(keys), 0, -1):
            if line := self.lines.get(keys[:length]):
                return f"{self.origin}, line {line}"
        return self.origin


def marked(text: str, origin: str) -> MarkedYaml:
    """Read a text.

    Raises:
        RulesError: it is no YAML, or a key stands twice.
    """
    loader = yaml.BaseLoader(text)
    try:
        node = loader.get_single_node()
        lines = dict(_lines(node, (), origin)) if node else {}
        content = loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{origin}, line {mark.line + 1}" if mark else origin
        problem = getattr(error, "problem", None) or str(error)
        raise RulesError("not valid YAML", where=where, why=problem, todo="mend that line") from None
    finally:
        loader.dispose()
    return MarkedYaml(content, lines, origin)


def _lines(node: yaml.Node, path: KeyPath, origin: str) -> Iterator[tuple[KeyPath, int]]:
    if isinstance(node, yaml.SequenceNode):
        for place, entry in enumerate(node.value):
            yield (*path, place), entry.start_mark.line + 1
            yield from _lines(entry, (*path, place), origin)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line, name = key.start_mark.line + 1, str(key.value)
            if name in seen:
                where = f"{origin}, line {line}"
                raise RulesError(f"the key {name!r} stands twice", where=where, todo="leave one of them out")
            seen.add(name)
            yield (*path, name), line
            yield from _lines(value, (*path, name), origin)
