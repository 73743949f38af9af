"""A JSON file: lines of objects, a list of them, or a document with a path to its rows, which may be nested."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import duckdb

from core import query_engine
from core.errors import DataError, MappingError
from core.expressions import literal, quote
from core.files import sha256
from pipelines.sources.copied_file import CopiedFile
from pipelines.sources.file_form import FileForm
from pipelines.sources.file_start import FileStart
from pipelines.sources.json_columns import JsonColumn, json_columns, lists_within, merged
from pipelines.sources.json_path import JsonPath
from pipelines.sources.json_records import JsonRecords, copy_records, has_list, holds_lines, named_lists
from pipelines.sources.readers import first_line
from pipelines.sources.source import ROW, Staged
from pipelines.sources.temporary_folder import folder_of

_BEGINNING = re.compile(r'\s*(?:\{\s*["}]|\[\s*(?:\{|\]|$))')
_RECORD = "json_record_"
_STRUCTURES = 1_000


@dataclass(frozen=True)
class JsonFile(CopiedFile):
    """Objects as rows; every value is taken as text, so that `"007"` stays `007`.

    `rows` is the path to the rows (None: each line, or each element of the list that the file is). Where it is to be
    `explored`, the likeliest path is taken.
    """

    kind: ClassVar[str] = "a JSON file"
    suffixes: ClassVar[Collection[str]] = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")

    path: Path
    label: str
    rows: str | None = None
    explored: bool = False
    said: tuple[str, ...] = ()

    @staticmethod
    def recognises(start: FileStart) -> bool:
        """By an object, or a list of them, at its beginning."""
        return bool(_BEGINNING.match(start.text))

    @classmethod
    def opened(cls, path: Path, label: str, form: FileForm, where: str) -> JsonFile:
        """The file; the mapping's `rows` says where its rows are."""
        form.refuse_part(cls.kind, where)
        return cls(path, label, form.rows, form.explored, form.said)

    def columns(self) -> Mapping[str, str]:
        """The names in the rows and around them, all VARCHAR."""
        return {column.name: "VARCHAR" for column in self._columns}

    def fingerprint(self) -> str:
        """The file's SHA-256 and where its rows are."""
        return f"{sha256(self.path)}:{self.rows}"

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """Copy the rows; what is no object is set aside as broken."""
        records, rows = quote(name + "_records"), quote(name + "_rows")
        try:
            connection.execute(f"CREATE OR REPLACE TABLE {records} AS SELECT json FROM {self._objects}")
            connection.execute(f"CREATE OR REPLACE TABLE {rows} AS {self._select(records)}")
        except duckdb.InvalidInputException as error:
            raise DataError(
                "the file is no JSON", where=self.label, why=first_line(error), todo="export it again"
            ) from None
        connection.execute(
            f"CREATE OR REPLACE VIEW {quote(name)} AS SELECT rowid AS {ROW}, * EXCLUDE ({_RECORD}) FROM {rows}"
        )
        found = self._records

        def positions(wanted: Sequence[int]) -> list[int]:
            listed = ", ".join(map(str, wanted)) or "NULL"
            select = f"SELECT rowid, {_RECORD} FROM {rows} WHERE rowid IN ({listed})"
            record = dict(connection.execute(select).fetchall())
            return found.positions([record[row] for row in wanted])

        [(without,)] = connection.execute(
            f"SELECT (SELECT count(*) FROM {records}) - (SELECT count(DISTINCT {_RECORD}) FROM {rows})"
        ).fetchall()
        notes = (*self.said, *self._notes(without))
        return Staged(name, self.columns(), found.unit, positions, tuple(found.broken), notes=notes)

    @cached_property
    def json_path(self) -> JsonPath:
        """Where the rows are.

        Raises:
            MappingError: that is not said, and can't be known.
        """
        if self.rows:
            told = JsonPath.parse(self.rows)
            return told.under_records if self._is_list else told
        outer = self._outer
        within = lists_within(self._structure) if self.explored else []
        return JsonPath((*outer.levels, within[0])) if within else outer

    @cached_property
    def _is_list(self) -> bool:
        """Whether the records are the lines or the elements of the file itself."""
        return self._is_lines or has_list(self.path)

    @cached_property
    def _is_lines(self) -> bool:
        return holds_lines(self.path)

    @cached_property
    def _outer(self) -> JsonPath:
        """The path to the records, of which rows may be a part."""
        if self.rows:
            return JsonPath(self.json_path.levels[:1])
        if self._is_list:
            return JsonPath(((),))
        lists = named_lists(self.path, self.label)
        if not lists:
            raise DataError("the file holds no list of objects", where=self.label, todo="export rows, as a list")
        if self.explored:
            return next((path for path in lists if "order" in path.levels[0][-1].lower()), lists[0])
        listed = " or ".join(path.text for path in lists)
        what = "the file is an object, and which list holds the rows is not said"
        raise MappingError(what, where=self.label, todo=f"write rows: {listed}")

    @cached_property
    def _records(self) -> JsonRecords:
        target = folder_of(self) / "records.ndjson"
        names = None if self._is_lines else self._outer.levels[0]
        records = copy_records(self.path, names, self.label, target)
        if not len(records.positions):
            raise DataError("the file has no records", where=self.label, todo="export it again, with its rows")
        return records

    @property
    def _objects(self) -> str:
        """SQL of the table of the records."""
        size = max(1 << 24, 8 * self._records.longest)
        return f"read_ndjson_objects({literal(str(self._records.path))}, maximum_object_size={size})"

    @cached_property
    def _structure(self) -> object:
        with query_engine.without_workspace() as connection:
            found = connection.execute(f"SELECT DISTINCT json_structure(json) FROM {self._objects}")
            whole: object = {}
            while rows := found.fetchmany(_STRUCTURES):
                for (text,) in rows:
                    whole = merged(whole, json.loads(text or '"NULL"'))
        return whole

    @cached_property
    def _columns(self) -> tuple[JsonColumn, ...]:
        return json_columns(self._structure, self.json_path, self.label)

    def _select(self, records: str) -> str:
        """SQL of the rows: each list of the path unfolded, the texts at each level taken at once."""
        sql = f"SELECT rowid AS {_RECORD}, json AS e0 FROM {records}"
        levels = self.json_path.levels
        for level in range(len(levels)):
            onwards = ""
            if level + 1 < len(levels):
                onwards = f", unnest(json_extract(e{level}, {_list(levels[level + 1])})) AS e{level + 1}"
            pointers = ", ".join(literal(column.pointer) for column in self._columns if column.level == level)
            texts = f"json_extract_string(e{level}, [{pointers}])" if pointers else "NULL"
            sql = f"SELECT * EXCLUDE (e{level}), {texts} AS t{level}{onwards} FROM ({sql})"
        picked, counts = [], dict.fromkeys(range(len(levels)), 0)
        for column in self._columns:
            counts[column.level] += 1
            picked.append(f"nullif(t{column.level}[{counts[column.level]}], '') AS {quote(column.name)}")
        return f"SELECT {', '.join([_RECORD, *picked])} FROM ({sql})"

    def _notes(self, without: int) -> list[str]:
        path, notes = self.json_path, []
        if without:
            notes.append(f"{self.label}: {without:,} records have nothing in {path.text}, and are no row")
        if len(path.levels) == 1 and (within := lists_within(self._structure)):
            inner = JsonPath((*path.levels, within[0])).text
            notes.append(f"{self.label}: each record holds a list; rows: {inner!r} makes a row of each of its elements")
        return notes


def _list(names: Sequence[str]) -> str:
    """A list's elements as a path of DuckDB's."""
    return literal("$" + "".join(f'."{name}"' for name in names) + "[*]")
