"""Several files that are one table: their columns by name, one file after the other."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, groupby
from pathlib import Path

import duckdb

from core import query_engine
from core.errors import DataError, MappingError
from core.expressions import quote
from core.files import sha256
from pipelines.sources.archive_file import ArchiveFile
from pipelines.sources.csv_file import CsvFile
from pipelines.sources.file_form import FileForm
from pipelines.sources.file_kinds import open_file
from pipelines.sources.json_file import JsonFile
from pipelines.sources.readers import describe
from pipelines.sources.source import ROW, Origin, Staged
from pipelines.sources.workbook_file import WorkbookFile


@dataclass(frozen=True)
class FileSet:
    """Files of one table, in the order in which their rows count: of two rows with one key the later file's holds.

    Their headers may differ in order; a column that one of them lacks is empty in its rows. A file with the content
    of an earlier one counts once. `said`: what was noticed before they are read.
    """

    parts: tuple[Origin, ...]
    label: str
    said: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """Those of its parts."""
        return tuple(path for part in self.distinct for path in part.files)

    @property
    def made_of(self) -> tuple[Path, ...]:
        """Those of its parts."""
        return tuple(path for part in self.parts for path in part.made_of)

    @cached_property
    def copies(self) -> Mapping[int, int]:
        """For each part whose content an earlier one has, that one."""
        by_size = defaultdict(list)
        for index, part in enumerate(self.parts):
            by_size[tuple(path.stat().st_size for path in part.made_of)].append(index)
        copies, seen = {}, dict[tuple[str, ...], int]()
        for index in sorted(index for same in by_size.values() if len(same) > 1 for index in same):
            content = tuple(sha256(path) for path in self.parts[index].made_of)
            if seen.setdefault(content, index) != index:
                copies[index] = seen[content]
        return copies

    @property
    def distinct(self) -> tuple[Origin, ...]:
        """The parts without copies of others."""
        return tuple(part for index, part in enumerate(self.parts) if index not in self.copies)

    def columns(self) -> Mapping[str, str]:
        """All columns that any of them has, each of a type that holds every part's.

        Raises:
            DataError: one has no column that another has.
        """
        each = [part.columns() for part in self.distinct]
        self._refuse_strangers(each)
        selects = [
            "SELECT " + ", ".join(f"CAST(NULL AS {type_}) AS {quote(name)}" for name, type_ in columns.items())
            for columns in each
        ]
        with query_engine.without_workspace() as connection:
            return describe(connection, " UNION ALL BY NAME ".join(selects), self.label)

    def _refuse_strangers(self, each: Sequence[Mapping[str, str]]) -> None:
        first = {name.lower() for name in each[0]}
        for part, columns in zip(self.distinct[1:], each[1:], strict=True):
            if first.isdisjoint(name.lower() for name in columns):
                raise DataError(
                    f"{part.label} and {self.parts[0].label} have no column in common",
                    where=self.label,
                    why=f"its columns are {', '.join(columns)}",
                    todo="name the files of this table only, such as orders-*.csv (of an archive: behind #)",
                )

    def fingerprint(self) -> str | None:
        """Those of the parts, and their names."""
        prints = [part.fingerprint() for part in self.parts]
        if None in prints:
            return None
        named = [f"{part.label}:{print_}" for part, print_ in zip(self.parts, prints, strict=True)]
        return hashlib.sha256("\n".join(named).encode()).hexdigest()

    def stage(self, connection: duckdb.DuckDBPyConnection, name: str) -> Staged:
        """Stage each part, and see them as one."""
        parts = self.distinct
        staged = [part.stage(connection, f"{name}_{number}") for number, part in enumerate(parts)]
        counts = [_count(connection, part.relation) for part in staged]
        firsts = [0, *accumulate(counts)][:-1]
        union = " UNION ALL BY NAME ".join(
            f"SELECT * REPLACE ({ROW} + {first} AS {ROW}) FROM {quote(part.relation)}"
            for first, part in zip(firsts, staged, strict=True)
        )
        types = describe(connection, union, self.label)
        types.pop(ROW)
        connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS {union}")
        places = _Places(parts, staged, firsts)
        broken = [
            replace(row, file=row.file or part.label)
            for part, rows in zip(parts, staged, strict=True)
            for row in rows.broken
        ]
        notes = (*self.said, *self._notes(staged, list(types)), *(note for part in staged for note in part.notes))
        where = (places.positions, tuple(broken), places.files)
        return Staged(name, types, staged[0].unit, *where, notes, starts=tuple(firsts))

    def _notes(self, staged: Sequence[Staged], columns: list[str]) -> list[str]:
        copies = [
            f"{self.parts[copy].label} holds the same as {self.parts[first].label}, and counts once"
            for copy, first in self.copies.items()
        ]
        lacking = []
        for part, rows in zip(self.distinct, staged, strict=True):
            has = {name.lower() for name in rows.types}
            if missing := [name for name in columns if name.lower() not in has]:
                lacking.append(f"{part.label} has no column {', '.join(missing)}: empty in its rows")
        read = ", ".join(part.label for part in self.distinct)
        several = [f"{len(staged)} files are read as one table, in this order: {read}"] if len(staged) > 1 else []
        return [*several, *copies, *lacking]


def headed_files(origin: Origin) -> list[CsvFile | WorkbookFile]:
    """The files with a header that an origin is made of."""
    if isinstance(origin, FileSet):
        return [file for part in origin.parts for file in headed_files(part)]
    if isinstance(origin, ArchiveFile):
        return headed_files(origin.inside)
    return [origin] if isinstance(origin, CsvFile | WorkbookFile) else []


def is_sheet(origin: Origin) -> bool:
    """Whether its rows are those of sheets of workbooks, in which a cell may be a date."""
    return any(isinstance(file, WorkbookFile) for file in headed_files(origin))


def rows_of(origin: Origin) -> str | None:
    """Where the rows of JSON files are; None of other files, and where their own lines or elements are the rows."""
    match origin:
        case FileSet():
            return rows_of(origin.parts[0])
        case ArchiveFile():
            return rows_of(origin.inside)
        case JsonFile() if origin.json_path.text != "[*]":
            return origin.json_path.text
        case _:
            return None


def together(found: Sequence[tuple[str, Path]], form: FileForm, label: str, where: str) -> FileSet:
    """Files (how messages call each, and where it lies) as one table.

    Raises:
        MappingError: they are of several kinds.
    """
    parts = tuple(open_file(path, name, form, where) for name, path in found)
    kinds = {part.kind: part.label for part in parts}
    if len(kinds) > 1:
        listed = ", ".join(f"{name} is {kind}" for kind, name in kinds.items())
        todo = "name those of one kind"
        raise MappingError("files of one table are of one kind", where=where, why=listed, todo=todo)
    return FileSet(parts, label)


class _Places:
    """Which file a row of the set comes from, and where it stands in it."""

    def __init__(self, parts: Sequence[Origin], staged: Sequence[Staged], firsts: Sequence[int]) -> None:
        self.parts, self.staged, self.firsts = parts, staged, firsts

    def positions(self, rows: Sequence[int]) -> list[int]:
        """Where each of the rows stands in its file."""
        return [place for part, inside in self._by_part(rows) for place in self.staged[part].positions(inside)]

    def files(self, rows: Sequence[int]) -> list[str]:
        """The file of each of the rows."""
        return [file for part, inside in self._by_part(rows) for file in self._files(part, inside)]

    def _part(self, row: int) -> tuple[int, int]:
        """The part of a row, and which of the part's rows it is."""
        part = bisect_right(self.firsts, row) - 1
        return part, row - self.firsts[part]

    def _by_part(self, rows: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
        """Rows that follow each other in one part, as rows of that part."""
        for part, found in groupby(map(self._part, rows), key=lambda found: found[0]):
            yield part, [row for _, row in found]

    def _files(self, part: int, rows: Sequence[int]) -> list[str]:
        files = self.staged[part].files
        return files(rows) if files else [self.parts[part].label] * len(rows)


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    [(count,)] = connection.execute(f"SELECT count(*) FROM {quote(relation)}").fetchall()
    return int(count)
