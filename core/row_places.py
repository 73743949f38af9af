"""Where stored rows stand in the shop's own files: what leads from a figure back to lines a person can look up.

For each Parquet file of a table `lineage/<table>/` has one of the same name: for each row, in the same order, the
reading that brought it and its position in what was read. `readings.json` says what each reading was of. They tell
places only, never what stands there; the table's own files are as they would be without them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from core.expressions import literal
from core.files import write_atomically
from core.workspace import Workspace

FILE = "readings.json"
READING, POSITION, NUMBER = "reading_", "position_", "number_"
"""The columns that `placed_rows` adds to a table's own."""
_FILES_APART = 1 << 40


@dataclass(frozen=True)
class FileReading:
    """One file (or another place) as it was read for a table: `digest` is its SHA-256, where it has one.

    `unit` says what positions count: lines of a text file (its header is line 1), rows, or records.
    """

    number: int
    table: str
    file: str
    unit: str
    digest: str | None
    at: str

    def place(self, position: int) -> str:
        """«orders.csv, line 1,204»."""
        return f"{self.file}, {self.unit} {position:,}"


def folder(workspace: Workspace, table: str) -> Path:
    """Where the places of a table's rows lie."""
    return workspace.lineage_dir / table


def path_of(workspace: Workspace, table: str, file: Path) -> Path:
    """The places of the rows of one of a table's files, kept or not."""
    return folder(workspace, table) / file.name


def readings(workspace: Workspace) -> dict[int, FileReading]:
    """Every reading that is remembered, by its number."""
    try:
        kept = json.loads((workspace.lineage_dir / FILE).read_text())
        return {entry["number"]: FileReading(**entry) for entry in kept}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def keep_readings(workspace: Workspace, found: Iterable[FileReading]) -> None:
    """Remember these readings and no others."""
    write_atomically(workspace.lineage_dir / FILE, json.dumps([asdict(one) for one in found], indent=1), 0o600)


def numbered_rows(workspace: Workspace, table: str, files: Iterable[Path] | None = None) -> str:
    """SQL of a table's rows with `NUMBER`, which tells them apart within a generation; "" where it has no rows."""
    chosen = list(workspace.tables.files(table) if files is None else files)
    if not chosen:
        return ""
    return f"SELECT * EXCLUDE (file_, file_row_number) FROM ({_numbered(chosen, chosen)})"


def placed_rows(workspace: Workspace, table: str, files: Iterable[Path] | None = None) -> str:
    """As `numbered_rows`, with `READING` and `POSITION`, null where nobody noted them."""
    chosen = list(workspace.tables.files(table) if files is None else files)
    if not chosen:
        return ""
    noted = [path for path in (path_of(workspace, table, file) for file in chosen) if path.exists()]
    if not noted:
        mine = f"NULL::INTEGER AS {READING}, NULL::BIGINT AS {POSITION}"
        return f"SELECT * EXCLUDE (file_, file_row_number), {mine} FROM ({_numbered(chosen, chosen)})"
    return (
        f"SELECT o.* EXCLUDE (file_, file_row_number), p.reading AS {READING}, p.position AS {POSITION}"
        f" FROM ({_numbered(chosen, chosen)}) AS o LEFT JOIN ({_numbered(noted, chosen)}) AS p USING ({NUMBER})"
    )


def _numbered(files: list[Path], order: list[Path]) -> str:
    """Rows of files, numbered by the place of their file in an order, and in the file."""
    names = ", ".join(literal(file.name) for file in order)
    file = f"list_position([{names}], parse_filename(file_))"
    rows = f"read_parquet([{_listed(files)}], filename = 'file_', file_row_number = true)"
    return f"SELECT *, CAST({file} AS BIGINT) * {_FILES_APART} + file_row_number AS {NUMBER} FROM {rows}"


def said(reading: FileReading | None, position: int | None) -> str:
    """A row's place in words."""
    if reading is None or position is None:
        return "a place that was not noted"
    return reading.place(position)


def _listed(files: Iterable[Path]) -> str:
    return ", ".join(literal(str(file)) for file in files)
