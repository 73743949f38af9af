"""The records of a JSON file, one a line: of JSON lines its own lines, of a document the elements of a list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TextIO

from core.errors import DataError
from pipelines.sources.encodings import DAMAGED, detect, open_text
from pipelines.sources.json_path import JsonPath
from pipelines.sources.json_text import JsonText, lists_of
from pipelines.sources.line_numbers import LineNumbers
from pipelines.sources.source import BrokenRow

LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_LONGEST_LINE = 1 << 24
_SHOWN = 200


@dataclass
class JsonRecords:
    """Where the records stand, one a line, how long the longest is, and what is no record."""

    path: Path
    unit: Literal["line", "record"]
    positions: LineNumbers = field(default_factory=LineNumbers)
    broken: list[BrokenRow] = field(default_factory=list)
    longest: int = 0


def holds_lines(path: Path) -> bool:
    """Whether each line of a file is a record: by its name, or because its first line is one and another follows."""
    if path.name.lower().endswith(LINES):
        return True
    with open_text(path, detect(path).name) as file:
        first = file.readline(_LONGEST_LINE)
        while first.isspace():
            first = file.readline(_LONGEST_LINE)
        return isinstance(_loaded(first), dict) and any(line.strip() for line in _some(file))


def has_list(path: Path) -> bool:
    """Whether a document is a list itself."""
    with open_text(path, detect(path).name) as file:
        return JsonText(file, "").peek() == "["


def named_lists(path: Path, label: str) -> list[JsonPath]:
    """The lists of objects of a document that is an object."""
    with open_text(path, detect(path).name) as file:
        return [JsonPath((names,)) for names in lists_of(JsonText(file, label))]


def copy_records(path: Path, names: Iterable[str] | None, label: str, target: Path) -> JsonRecords:
    """Copy the records to `target`; `names` lead to the list that holds them, None: each line is one.

    Raises:
        DataError: it is no such document.
    """
    records = JsonRecords(target, "line" if names is None else "record")
    with open_text(path, detect(path).name) as source, target.open("w", encoding="utf-8", newline="\n") as file:
        found = _of_lines(source, label) if names is None else _of_list(JsonText(source, label), list(names))
        for position, value, text in found:
            if isinstance(value, dict) and DAMAGED not in text:
                line = text.replace("\n", " ").replace("\r", " ").strip()
                records.positions.add(position)
                records.longest = max(records.longest, len(line))
                file.write(line + "\n")
            else:
                damaged = "a character of it is not of the file's encoding" if DAMAGED in text else "it is no object"
                records.broken.append(_broken(position, text, damaged if value is not None else "it is no JSON"))
    return records


def _of_lines(source: TextIO, label: str) -> Iterator[tuple[int, object, str]]:
    for number, line in enumerate(source, 1):
        value = _loaded(line)
        if value is None and line.strip() and not line.endswith("\n"):
            todo = "export or copy it again"
            raise DataError(
                f"the file ends in the middle of line {number:,}", where=label, why="it is cut off", todo=todo
            )
        if line.strip():
            yield number, value, line


def _of_list(text: JsonText, names: list[str]) -> Iterator[tuple[int, object, str]]:
    for value, written in text.records(names):
        yield text.record, value if value is not None else False, written


def _loaded(line: str) -> object:
    """The value of a line, None where it is none."""
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return None


def _some(file: TextIO) -> Iterator[str]:
    for _ in range(100):
        yield file.readline(_LONGEST_LINE)


def _broken(position: int, text: str, reason: str) -> BrokenRow:
    shown = text.strip().replace(DAMAGED, "\ufffd")[:_SHOWN]
    return BrokenRow(position, shown, f"the line can't be read: {reason}")
