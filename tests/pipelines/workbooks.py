"""Workbooks as their programs write them, made by hand: what stands in them is exactly what a test says."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from pipelines.bench.workbook_writing import Cell, SheetRows, failed, formula, xlsx

__all__ = ["Rows", "failed", "formula", "ods", "protected", "xls", "xlsx"]

Rows = SheetRows


def ods(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """A workbook of LibreOffice."""
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    spaces = " ".join(f'xmlns:{short}="{names}{long}:1.0"' for short, long in _ODS.items())
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{names}manifest:1.0"/>')
        file.writestr("content.xml", content)
    return path


_ODS = {"office": "office", "table": "table", "text": "text"}


def _ods_cell(cell: Cell) -> str:
    match cell:
        case None:
            return "<table:table-cell/>"
        case date():
            kind = f'office:value-type="date" office:date-value="{cell.isoformat()}"'
        case int() | float():
            kind = f'office:value-type="float" office:value="{cell}"'
        case _:
            kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(cell))}</text:p></table:table-cell>"


def xls(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """A workbook of Excel up to 2003."""
    import xlwt

    book = xlwt.Workbook()
    styles = {datetime: xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS"), date: xlwt.easyxf(num_format_str="M/D/YY")}
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                if cell is not None:
                    sheet.write(i, j, cell, styles.get(type(cell), xlwt.Style.default_style))
    book.save(str(path))
    return path


def protected(path: Path) -> Path:
    """A workbook with a password, as far as anybody sees without it: an encrypted package in a compound file."""
    xls(path, {"Sheet": [["a"]]})
    content = path.read_bytes()
    old, new = ("Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le"))
    place = content.index(old)
    entry = new.ljust(64, b"\0") + (len(new) + 2).to_bytes(2, "little")
    path.write_bytes(content[:place] + entry + content[place + len(entry) :])
    return path
