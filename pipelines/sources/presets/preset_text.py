"""The tables of a preset as text of a mapping: with the preset's comments, and the file's own names of columns.

The text of the preset is kept; names are put in its place, and entries whose columns the file lacks are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

import yaml

from core.errors import MappingError
from core.expressions import analyse
from pipelines.sources.amounts import reference
from pipelines.sources.presets.preset_form import Preset, plain
from pipelines.sources.yaml_text import scalar

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")*)"|[A-Za-z_]\w*""")
_NAMED_BY = {"statuses": ("column",), "explode": ("column", "sums"), "newest": ("by", "key")}
"""Keys of operations that name columns of the source; without one of them the operation can't be meant."""


@dataclass
class Written:
    """Text of each table, what the columns of orders are, and what was left out because the file lacks it.

    `amounts` are texts over columns that hold amounts.
    """

    tables: dict[str, list[str]] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)
    amounts: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def in_words_of(preset: Preset, columns: Sequence[str], text: str) -> str:
    """A column or an expression of the preset with the names that a file with these columns has for them."""
    known = preset.known_as(columns)
    if found := known.get(plain(text)):
        return found

    optional = {plain(name) for name in preset.optional}

    def put(match: re.Match[str]) -> str:
        name = plain(match[1] if match[1] is not None else match[0])
        if match[0].startswith("'") or (name not in known and name not in optional):
            return match[0]
        return reference(known[name]) if name in known else "NULL"

    return _TOKEN.sub(put, text)


def written(preset: Preset, columns: Sequence[str], instead: Mapping[str, str]) -> Written:
    """The tables of a preset for a file with these columns; `instead` are texts for keys and columns of orders."""
    return _Writing(preset, columns, instead).done()


class _Writing:
    """One preset, one file."""

    def __init__(self, preset: Preset, columns: Sequence[str], instead: Mapping[str, str]) -> None:
        self.preset, self.columns, self.instead = preset, columns, instead
        self.known = preset.known_as(columns)
        self.result = Written()
        self.table = ""
        self.there: list[str] = []
        self.edits: list[tuple[int, int, str]] = []

    def done(self) -> Written:
        root = yaml.compose(self.preset.text, yaml.SafeLoader)
        tables = dict(_pairs(root))["tables"][1]
        lacking = [name for name in self.preset.optional if plain(name) not in self.known]
        self.result.left_out += [f"the file lacks a column {name}: it counts as empty" for name in lacking]
        for name, (key, body) in _pairs(tables):
            self.table, self.edits = name, []
            mapped = self.preset.mapped(name)
            made = [
                *(mapped.explode.groups if mapped.explode else ()),
                *(mapped.unpivot.keys if mapped.unpivot else ()),
            ]
            self.there = [*self.columns, *made]
            self._table(body)
            self.result.tables[name] = self._edited(key, body)
        return self.result

    def _table(self, body: yaml.Node) -> None:
        for key, (at, value) in _pairs(body):
            if self.table == "orders" and key in self.instead:
                self.edits.append((value.start_mark.index, value.end_mark.index, self.instead[key]))
            elif key in {"columns", "allocate"}:
                self._texts(key, at, value)
            elif key == "where":
                self._text(key, at, value)
            elif key == "fill_down":
                self._list(at, value)
            elif key in _NAMED_BY:
                self._operation(key, at, value)

    def _texts(self, key: str, at: yaml.Node, block: yaml.Node) -> None:
        """Columns of the contract, or amounts of the order; the block goes where none of them is there."""
        kept = 0
        for name, (entry, value) in _pairs(block):
            text = self._text(name, entry, value, reads=key == "allocate")
            kept += text is not None
            if text is None or self.table != "orders":
                continue
            if key == "columns":
                self.result.orders[name] = text
            if key == "allocate" or name in {"quantity", "revenue", "discount"}:
                self.result.amounts.append(text)
        if not kept:
            self._cut(at, block)

    def _text(self, name: str, at: yaml.Node, value: yaml.Node, *, reads: bool = False) -> str | None:
        """A column or an expression: in the file's words, or taken out, as where it `reads` a column and has none."""
        text = in_words_of(self.preset, self.columns, str(value.value))
        if self.table == "orders":
            text = self.instead.get(name, text)
        try:
            there = bool(analyse(text, self.there).columns) or not reads
        except MappingError:
            there = False
        if not there:
            self._leave_out(name, at, value, str(value.value))
            return None
        self._put(value, text)
        return text

    def _list(self, at: yaml.Node, value: yaml.Node) -> None:
        names = [node.value for node in value.value] if isinstance(value, yaml.SequenceNode) else [value.value]
        found = [self.known[plain(name)] for name in names if plain(name) in self.known]
        if found:
            listed = f"[{', '.join(map(scalar, found))}]"
            self.edits.append((value.start_mark.index, value.end_mark.index, listed))
        else:
            self._cut(at, value)

    def _operation(self, key: str, at: yaml.Node, value: yaml.Node) -> None:
        named = [node for name, (_, block) in _pairs(value) if name in _NAMED_BY[key] for node in _scalars(block)]
        missing = [node.value for node in named if self._found(node.value) is None]
        if missing:
            self._leave_out(key, at, value, ", ".join(missing))
            return
        for node in named:
            self._put(node, str(self._found(node.value)))

    def _found(self, name: str) -> str | None:
        """The file's name of a column, or that of one which an operation makes."""
        return self.known.get(plain(name)) or (name if name in self.there else None)

    def _put(self, value: yaml.Node, text: str) -> None:
        if text != value.value:
            self.edits.append((value.start_mark.index, value.end_mark.index, scalar(text)))

    def _leave_out(self, name: str, at: yaml.Node, value: yaml.Node, wants: str) -> None:
        self._cut(at, value)
        self.result.left_out.append(f"{self.table}.{name} is left out: the file lacks a column of {wants}")

    def _cut(self, at: yaml.Node, value: yaml.Node) -> None:
        """Take out an entry: its lines, and those of comments right above it."""
        text = self.preset.text
        start = text.rfind("\n", 0, at.start_mark.index) + 1
        indent = text[start : at.start_mark.index]
        while (above := text.rfind("\n", 0, max(start - 1, 0)) + 1) < start and text[above:start].startswith(
            f"{indent}#"
        ):
            start = above
        last = max((node.end_mark.index for node in _scalars(value)), default=value.end_mark.index)
        self.edits.append((start, text.find("\n", last) + 1 or len(text), ""))

    def _edited(self, key: yaml.Node, body: yaml.Node) -> list[str]:
        """The lines of a table below its name."""
        text = self.preset.text
        start = text.find("\n", key.start_mark.index) + 1
        end = max(node.end_mark.index for node in _scalars(body))
        end = text.find("\n", end) + 1 or len(text)
        cut = [(first, last) for first, last, new in self.edits if not new]
        edits = [
            edit for edit in self.edits if not any(a <= edit[0] and edit[1] <= b for a, b in cut if (a, b) != edit[:2])
        ]
        result = text[start:end]
        for first, last, new in sorted(edits, reverse=True):
            result = result[: first - start] + new + result[last - start :]
        return result.rstrip().split("\n")


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, tuple[yaml.Node, yaml.Node]]]:
    """The entries of a mapping: the key's text, and the nodes of key and value."""
    if _is_mapping(node):
        yield from ((key.value, (key, value)) for key, value in node.value)


def _is_mapping(node: yaml.Node | None) -> TypeGuard[yaml.MappingNode]:
    return isinstance(node, yaml.MappingNode)


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """All values below a node."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _scalars(each)
    elif _is_mapping(node):
        for _, value in node.value:
            yield from _scalars(value)
