"""A workbook of Excel written by hand: what stands in it is exactly what is said here."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

Cell = str | int | float | bool | date | datetime | None
SheetRows = Sequence[Sequence[Cell]]

_EPOCH = datetime(1899, 12, 30)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="14"/></cellXfs>'
_DATE_STYLES = {datetime: 1, date: 2}


def formula(text: str, value: str | None = None) -> str:
    """A cell with a formula, and the value it had when the workbook was saved (None: nobody worked it out)."""
    return f"\0<f>{escape(text)}</f>" + ("" if value is None else f"<v>{escape(value)}</v>")


def failed(value: str) -> str:
    """A cell with an error such as #DIV/0!."""
    return f"\1{value}"


def xlsx(path: Path, sheets: Mapping[str, SheetRows], hidden: Iterable[str] = ()) -> Path:
    """A workbook of Excel."""
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"{_state(name in set(hidden))}/>'
        for n, name in enumerate(sheets, 1)
    )
    targets = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", _types(len(sheets)))
        file.writestr("_rels/.rels", _relationships([("rId1", "officeDocument", "xl/workbook.xml")]))
        file.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
        )
        file.writestr("xl/_rels/workbook.xml.rels", _relationships([*targets, ("rId99", "styles", "styles.xml")]))
        file.writestr("xl/styles.xml", f'<styleSheet xmlns="{_MAIN}">{_STYLES}</styleSheet>')
        for number, rows in enumerate(sheets.values(), 1):
            body = "".join(_row(index, row) for index, row in enumerate(rows, 1))
            sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'
            file.writestr(f"xl/worksheets/sheet{number}.xml", sheet)
    return path


def _state(hidden: bool) -> str:
    return ' state="hidden"' if hidden else ""


def _row(index: int, row: Sequence[Cell]) -> str:
    cells = "".join(_cell(f"{_letters(column)}{index}", cell) for column, cell in enumerate(row) if cell is not None)
    return f'<row r="{index}">{cells}</row>'


def _cell(place: str, cell: Cell) -> str:
    match cell:
        case bool():
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        case date():
            moment = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day)
            serial = (moment - _EPOCH).total_seconds() / 86_400
            return f'<c r="{place}" s="{_DATE_STYLES[type(cell)]}"><v>{serial!r}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{cell!r}</v></c>'
        case str() if cell.startswith("\0"):
            return f'<c r="{place}" t="str">{cell[1:]}</c>'
        case str() if cell.startswith("\1"):
            return f'<c r="{place}" t="e"><v>{cell[1:]}</v></c>'
        case _:
            return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'


def _letters(column: int) -> str:
    return (_letters(column // 26 - 1) if column >= 26 else "") + chr(ord("A") + column % 26)


def _types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = [("workbook", "sheet.main"), ("styles", "styles")]
    parts += [(f"worksheets/sheet{n}", "worksheet") for n in range(1, sheets + 1)]
    listed = "".join(f'<Override PartName="/xl/{part}.xml" ContentType="{kind}.{what}+xml"/>' for part, what in parts)
    relationships = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    return f'<Types xmlns="{_PACKAGE}/content-types">{relationships}{listed}</Types>'


def _relationships(targets: Iterable[tuple[str, str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="{id_}" Type="{_OFFICE}/{kind}" Target="{target}"/>' for id_, kind, target in targets
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'
