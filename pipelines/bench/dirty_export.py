"""An export on its way to the person who starts with it: what dirt changes in it, and how it is written at last."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

from pipelines.bench.invented_shop import Sale, Truth
from pipelines.bench.platform_export import PlatformExport
from pipelines.bench.workbook_writing import Cell, xlsx
from pipelines.bench.written_amounts import amount_in

Rows = list[dict[str, str]]
SERIAL = "serial"
_ROW_END = "\r\n"
"""No cell holds it; with any other the csv module leaves cells with line breaks without quotes."""


class Form(Enum):
    """What kind of file it is."""

    TEXT = "csv"
    WORKBOOK = "xlsx"
    ARCHIVE = "zip"


@dataclass
class DirtyExport:
    """An export that dirt is put on, kind by kind.

    `above` are lines above the header, `below` rows under the last one; `parts` are the rows of several files, None
    for one; `header_at` is the row before which the header stands once more; `cut` is the share of the bytes that
    arrived; `moments` say how times are written by now (`SERIAL`: as days since the end of 1899).
    """

    source: PlatformExport
    sales: Sequence[Sale]
    columns: list[str] = field(default_factory=list)
    rows: Rows = field(default_factory=list)
    moments: dict[str, str] = field(default_factory=dict)
    header: Callable[[str], str] = str
    above: list[str] = field(default_factory=list)
    below: Rows = field(default_factory=list)
    header_at: int | None = None
    parts: list[Rows] | None = None
    separator: str = ","
    quoting: int = csv.QUOTE_MINIMAL
    escaped: bool = False
    ragged: bool = False
    line_end: str = "\n"
    encoding: str = "utf-8"
    form: Form = Form.TEXT
    name: str = "export"
    suffix: str = ""
    cut: float = 1.0

    def __post_init__(self) -> None:
        self.separator, self.encoding = self.source.separator, self.source.encoding
        self.retell(self.sales)

    def retell(self, sales: Sequence[Sale]) -> None:
        """Begin anew, with these orders."""
        self.sales = sales
        self.rows = [dict(row) for row in self.source.rows(sales)]
        self.columns = list(self.rows[0])
        self.moments = dict(self.source.moments)

    @property
    def groups(self) -> str:
        """What three digits behind the only mark of an amount are: no platform writes three decimals."""
        return "thousands"

    @property
    def truth(self) -> Truth:
        """What is to be taken in of it."""
        return self.source.truth(self.sales)

    def of(self, columns: Iterable[str]) -> list[str]:
        """Those that the version has."""
        return [name for name in columns if name in self.columns]

    def rewrite(self, columns: Iterable[str], new: Callable[[str], str]) -> None:
        """Every cell of these columns that is not empty, also below the rows."""
        names = self.of(columns)
        for row in [*self.rows, *self.below]:
            for name in names:
                if row.get(name):
                    row[name] = new(row[name])

    def encodes(self, encoding: str) -> bool:
        """Whether everything can be written in it."""
        try:
            self._text(self.rows).encode(encoding)
        except UnicodeEncodeError:
            return False
        return True

    def write(self, folder: Path) -> list[Path]:
        """Write the file, or the files."""
        folder.mkdir(parents=True, exist_ok=True)
        parts = self.parts or [self.rows]
        names = [self.name if len(parts) == 1 else f"{self.name}-{n}" for n in range(1, len(parts) + 1)]
        if self.form is Form.WORKBOOK:
            return [
                self._workbook(folder / f"{name}{self.suffix or '.xlsx'}", rows)
                for name, rows in zip(names, parts, strict=True)
            ]
        contents = {
            f"{name}{self.suffix or '.csv'}": self._bytes(rows) for name, rows in zip(names, parts, strict=True)
        }
        if self.form is Form.ARCHIVE:
            with zipfile.ZipFile(folder / f"{self.name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in contents.items():
                    archive.writestr(name, content)
            return [folder / f"{self.name}.zip"]
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        return [folder / name for name in contents]

    def _bytes(self, rows: Rows) -> bytes:
        content = self._text(rows).encode(self.encoding)
        return content[: int(len(content) * self.cut)] if self.cut < 1 else content

    def _text(self, rows: Rows) -> str:
        out = io.StringIO()
        for line in self.above:
            out.write(line + _ROW_END)
        writer = csv.writer(
            out,
            delimiter=self.separator,
            lineterminator=_ROW_END,
            quoting=self.quoting,  # type: ignore[arg-type]
            doublequote=not self.escaped,
            escapechar="\\" if self.escaped else None,
        )
        more = [""] if self.ragged else []
        header = [*map(self.header, self.columns), *more]
        writer.writerow(header)
        for number, row in enumerate([*rows, *self.below]):
            if number == self.header_at:
                writer.writerow(header)
            writer.writerow([*(row.get(name, "") for name in self.columns), *more])
        return out.getvalue().replace(_ROW_END, self.line_end)

    def _workbook(self, path: Path, rows: Rows) -> Path:
        above: list[list[Cell]] = [[line] for line in self.above]
        head: list[Cell] = [self.header(name) for name in self.columns]
        body = [[self._cell(name, row.get(name, "")) for name in self.columns] for row in [*rows, *self.below]]
        if self.header_at is not None:
            body.insert(self.header_at, head)
        return xlsx(path, {"Orders": [*above, head, *body]})

    def _cell(self, name: str, text: str) -> Cell:
        """As a spreadsheet types it: times are days with a fraction, amounts numbers."""
        if not text:
            return None
        written = self.moments.get(name, "")
        if "%d" in written and "%z" not in written:
            moment = _moment(text, written)
            day_only = moment is not None and "%H" not in written and "%I" not in written
            return moment.date() if moment and day_only else moment or text
        if name in self.source.amounts or name in self.source.counts or written == SERIAL:
            amount = amount_in(text)
            return text if amount is None else float(amount.value)
        return text.removeprefix('="').removesuffix('"') if text.startswith('="') else text


def _moment(text: str, written: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), written)
    except ValueError:
        return None
