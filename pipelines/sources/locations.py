"""What stands behind `from:` in mapping.yaml: a file, a table in a DuckDB file, a table of a database."""

from __future__ import annotations

import os
import re
from pathlib import Path

from core.errors import DataError, MappingError, did_you_mean
from pipelines.sources.csv_file import CsvFile
from pipelines.sources.mapping_form import Csv
from pipelines.sources.readers import DuckdbTable, ParquetFile
from pipelines.sources.source import Origin
from pipelines.sources.sql_database import SqlTable, mask
from pipelines.sources.text_file import PACKED

SQLITE_FILE = re.compile(r"sqlite:///(?!file:)([^?]+)")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_TEXT_FILES = {".csv", ".tsv", ".txt", ".gz"}
_PARQUET = {".parquet", ".pq"}


def locate(text: str, csv: Csv, folder: Path, where: str) -> Origin:
    """The origin that `from: text` means; relative files lie beside the mapping.

    Raises:
        MappingError: no such file, no such variable, no such kind of place.
    """
    expanded = expand(text, where)
    place, _, table = expanded.rpartition("#") if "#" in expanded else (expanded, "", "")
    if place.startswith("duckdb:") and not place.startswith("duckdb:/" * 2):
        return DuckdbTable(_file(place.removeprefix("duckdb:"), folder, where), _named(table, text, where), text)
    if "://" in place:
        return _database(text, place, _named(table, text, where), folder, where)
    return _text_or_parquet(expanded, text, csv, folder, where)


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
    written = re.search(r"://[^/@]*?:([^/@]+)@", text)
    if written and not _VARIABLE.fullmatch(written[1]):
        raise MappingError(
            "the URL holds a password",
            where=f"{where}.from",
            why="secrets come only from the environment",
            todo="write ${NAME} in its place, and set NAME in the environment",
        )
    if sqlite := SQLITE_FILE.fullmatch(url):
        file = _file(sqlite[1], folder, where)
        return SqlTable(f"sqlite:///file:{file}?mode=ro&uri=true", table, f"sqlite:///{file}#{table}")
    return SqlTable(url, table, f"{mask(url, url)}#{table}")


def _text_or_parquet(expanded: str, text: str, csv: Csv, folder: Path, where: str) -> Origin:
    path = _file(expanded, folder, where)
    kind = path.suffix.lower()
    if kind in _PARQUET:
        return ParquetFile(path, text)
    if kind in _TEXT_FILES:
        return CsvFile(path, text, csv.separator, csv.encoding, csv.header)
    if kind in PACKED:
        raise MappingError(
            f"{path.name!r} is packed as {kind}",
            where=f"{where}.from",
            why="of packed files only gzip is read",
            todo="unpack it and name the file inside, or pack that with gzip",
        )
    raise MappingError(
        f"no reader for {path.name!r}",
        where=f"{where}.from",
        todo="give .csv, .tsv, .txt, .csv.gz or .parquet, duckdb:file#table, or a database URL and #table",
    )


def _file(text: str, folder: Path, where: str) -> Path:
    path = (folder / Path(text).expanduser()).resolve()
    if not path.is_file():
        near = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        raise MappingError(f"there is no file {path}", where=f"{where}.from", todo=did_you_mean(path.name, near))
    if not os.access(path, os.R_OK):
        raise DataError(f"the file {path} may not be read", where=f"{where}.from", todo="change its permissions")
    return path


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
