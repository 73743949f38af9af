"""The columns of nested records: those of a row under their own names, those of what is around it behind its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import DataError, MappingError, did_you_mean
from pipelines.sources.header_record import unique_names
from pipelines.sources.json_path import JsonPath

MAX_COLUMNS = 2_000
_LINES = ("line", "item", "product", "position", "article")


@dataclass(frozen=True)
class JsonColumn:
    """A column: its name, the level of the path it belongs to, and where it is in an element of that level."""

    name: str
    level: int
    place: tuple[str, ...]

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer."""
        return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in self.place)


def json_columns(structure: object, path: JsonPath, label: str) -> tuple[JsonColumn, ...]:
    """The columns of the rows that a path leads to.

    `structure` is that of the records, as DuckDB's json_structure tells it. Objects in an element are taken apart
    (`price.amount`); a list that the path does not go through stays text.

    Raises:
        MappingError: the path leads to no list of objects.
        DataError: there are too many columns.
    """
    found: list[JsonColumn] = []
    element = structure
    last = len(path.levels) - 1
    for level in range(len(path.levels)):
        if level:
            element = _step(element, path, level, label)
        if not isinstance(element, dict):
            raise MappingError(f"{path.text} is no list of objects", where=label, todo="mend rows:")
        onwards = path.levels[level + 1] if level < last else ()
        prefix = "" if level == last else f"{path.called(level)}."
        found = [
            *[JsonColumn(prefix + ".".join(place), level, place) for place in _leaves(element) if place != onwards],
            *found,
        ]
    if len(found) > MAX_COLUMNS:
        why = f"{len(found):,} names, such as {found[0].name}"
        todo = "export it with the same names in every record"
        raise DataError("the records have too many different names", where=label, why=why, todo=todo)
    names = unique_names([column.name for column in found])
    return tuple(JsonColumn(name, c.level, c.place) for name, c in zip(names, found, strict=True))


def lists_within(structure: object) -> list[tuple[str, ...]]:
    """The places of lists of objects in a record, those that are called like the lines of an order first."""
    found = [place for place, value in _fields(structure) if _is_list_of_objects(value)]
    return sorted(found, key=lambda place: not any(word in place[-1].lower() for word in _LINES))


def merged(one: object, other: object) -> object:
    """The structure of what has one of two structures; "JSON" where they go together in no way."""
    if other in ("NULL", one):
        return one
    if one == "NULL":
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: merged(one.get(name, "NULL"), other.get(name, "NULL")) for name in dict.fromkeys([*one, *other])}
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0] if one else "NULL", other[0] if other else "NULL")]
    return one if isinstance(one, str) and isinstance(other, str) else "JSON"


def _step(element: object, path: JsonPath, level: int, label: str) -> object:
    for name in path.levels[level]:
        if not isinstance(element, dict) or name not in element:
            there = list(element) if isinstance(element, dict) else []
            raise MappingError(f"the records have no {name!r}", where=label, todo=did_you_mean(name, there))
        element = element[name]
    return element[0] if isinstance(element, list) and element else None


def _leaves(element: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    return (place for place, _ in _fields(element))


def _fields(element: object, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """The places in an element, and what stands there, of objects what is in them."""
    if not isinstance(element, dict):
        return
    for name, value in element.items():
        if isinstance(value, dict) and value:
            yield from _fields(value, (*above, name))
        else:
            yield (*above, name), value


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
