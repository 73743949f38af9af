"""What stands behind `from:` in mapping.yaml: files, a table in a DuckDB file, a table of a database."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import MappingError
from pipelines.sources.file_kinds import FileForm, open_file
from pipelines.sources.file_places import Found, find_files, is_several, readable_file
from pipelines.sources.file_set import together
from pipelines.sources.object_stores import is_object, is_object_pattern
from pipelines.sources.readers import DuckdbTable
from pipelines.sources.source import Origin
from pipelines.sources.sql_database import SqlTable, mask

SQLITE_FILE = re.compile(r"sqlite:///(?!file:)([^?]+)")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def locate(places: str | Sequence[str], form: FileForm, folder: Path, where: str) -> Origin:
    """The origin that `from: places` means; relative files lie beside the mapping.

    Raises:
        MappingError: no such file, no such variable, no such kind of place.
    """
    texts = [places] if isinstance(places, str) else list(places)
    if len(texts) > 1 or (texts and _is_several(expand(texts[0], where), folder)):
        return _together(texts, form, folder, where)
    if not texts:
        raise MappingError("no file is named", where=f"{where}.from", todo="name one, or several")
    return _one(texts[0], form, folder, where)


def _together(texts: Sequence[str], form: FileForm, folder: Path, where: str) -> Origin:
    """Several files, or what a pattern with * stands for."""
    for text in texts:
        if _is_database(text, where):
            raise MappingError(
                f"{_without_secret(text)} is no file, and stands in a list",
                where=f"{where}.from",
                why="only files are put together to one table",
                todo="name it alone, or make a view of several tables in the database",
            )
    found = [(label, path, part) for text in texts for label, path, part in _found(text, folder, where)]
    parts = {part for _, _, part in found}
    if len(parts) > 1:
        raise MappingError(
            "the files of a table are named with the same part",
            where=f"{where}.from",
            why=", ".join(f"#{part}" if part else "none" for part in sorted(parts)),
            todo="name the same part behind each #, or none",
        )
    files = [(label, path) for label, path, _ in found]
    return together(files, replace(form, part=parts.pop()), ", ".join(texts), f"{where}.from")


def _is_several(text: str, folder: Path) -> bool:
    return is_object_pattern(text) or is_several(text, folder)


def _is_database(text: str, where: str) -> bool:
    return text.startswith("duckdb:") or ("://" in (place := expand(text, where)) and not is_object(place))


def _found(text: str, folder: Path, where: str) -> list[Found]:
    """The files that a text names, in a folder or as copies of objects."""
    expanded = expand(text, where)
    if not is_object(expanded):
        return find_files(expanded, folder, f"{where}.from")
    _refuse_password(text, where)
    from pipelines.sources.object_copies import find_objects

    return find_objects(expanded, folder, f"{where}.from")


def _one(text: str, form: FileForm, folder: Path, where: str) -> Origin:
    expanded = expand(text, where)
    place, _, table = expanded.rpartition("#") if "#" in expanded else (expanded, "", "")
    if place.startswith("duckdb:") and not place.startswith("duckdb:/" * 2):
        return DuckdbTable(
            readable_file(place.removeprefix("duckdb:"), folder, f"{where}.from"), _named(table, text, where), text
        )
    if "://" in place and not is_object(place):
        return _database(text, place, _named(table, text, where), folder, where)
    [(label, path, part)] = _found(text, folder, where)
    return open_file(path, label if is_object(expanded) else text, replace(form, part=part), f"{where}.from")


def expand(text: str, where: str) -> str:
    """`text` with each `${NAME}` from the environment.

    Raises:
        MappingError: a variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise MappingError(
                f"the environment has no variable {match[1]}",
                where=f"{where}.from",
                todo=f"set it: export {match[1]}=...",
            )
        return os.environ[match[1]]

    return _VARIABLE.sub(value, text)


def _database(text: str, url: str, table: str, folder: Path, where: str) -> SqlTable:
    """A database behind a URL; a SQLite file is opened for reading only, and never made."""
    _refuse_password(text, where)
    if sqlite := SQLITE_FILE.fullmatch(url):
        file = readable_file(sqlite[1], folder, f"{where}.from")
        return SqlTable(f"sqlite:///file:{file}?mode=ro&uri=true", table, f"sqlite:///{file}#{table}")
    return SqlTable(url, table, f"{mask(url, url)}#{table}")


def _refuse_password(text: str, where: str) -> None:
    written = re.search(r"://[^/@]*?:([^/@]+)@", text)
    if written and not _VARIABLE.fullmatch(written[1]):
        raise MappingError(
            "the URL holds a password",
            where=f"{where}.from",
            why="secrets come only from the environment",
            todo="write ${NAME} in its place, and set NAME in the environment",
        )


def _named(table: str, text: str, where: str) -> str:
    if not table:
        raise MappingError(
            "a database is named without a table",
            where=f"{where}.from",
            todo=f"write it as {_without_secret(text)}#table",
        )
    return table


def _without_secret(text: str) -> str:
    return mask(text, text) if "://" in text else text
