"""Cells of an Excel sheet that have no value to read: formulas that nobody has worked out, and errors.

A reader of values takes them for empty, which an amount must not become in silence. They are kept as the text that
stands in them: a number that reads `=B2*C2` or `#DIV/0!` is refused with its row.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.sax.saxutils import unescape

_Cells = Mapping[int, list[tuple[int, str]]]
"""For each row of a sheet (from 1) columns (from 0) and what stands in them."""

_BLOCK = 1 << 22
_CELL = re.compile(rb"<c\b([^>]*[^/>])>(.*?)</c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_FORMULA = re.compile(rb"<f\b[^>]*?(?:/>|>(.*?)</f>)", re.DOTALL)
_VALUE = re.compile(rb"<v\b[^>]*>(.*?)</v>", re.DOTALL)
_HINTS = (b"<f", b't="e"')


def unread_cells(path: Path, sheet: str) -> _Cells:
    """The cells of a sheet of an .xlsx that hold a formula without a value, or an error."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    if not zipfile.is_zipfile(path):
        return found
    with zipfile.ZipFile(path) as archive:
        part = _part(archive, sheet)
        if part is None:
            return found
        for attributes, body in _cells(archive, part):
            place = _PLACE.search(attributes)
            text = _text(attributes, body)
            if place and text is not None:
                found[int(place[2])].append((_column(place[1]), text))
    return found


def _text(attributes: bytes, body: bytes) -> str | None:
    """What stands in a cell without a value; None where it has one."""
    value, formula = _VALUE.search(body), _FORMULA.search(body)
    if b't="e"' in attributes and value:
        return _decoded(value[1])
    if formula and value is None and b"<v" not in body:
        return "=" + _decoded(formula[1] or b"")
    return None


def _cells(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[bytes, bytes]]:
    """Cells of a sheet: those of blocks in which there may be one without a value."""
    rest = b""
    with archive.open(part) as file:
        while block := file.read(_BLOCK):
            whole, mark, begun = (rest + block).rpartition(b"</c>")
            rest = begun if mark else rest + block
            if any(hint in whole for hint in _HINTS):
                yield from ((match[1], match[2]) for match in _CELL.finditer(whole + mark))


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of the archive that holds a sheet."""
    try:
        book = ET.fromstring(archive.read("xl/workbook.xml"))
        links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ET.ParseError):
        return None
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for element in book.iter():
        if element.tag.rpartition("}")[2] == "sheet" and element.get("name") == sheet:
            link = next((value for name, value in element.attrib.items() if name.endswith("}id")), None)
            target = targets.get(link, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return part if part in archive.namelist() else None
    return None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _decoded(text: bytes) -> str:
    return unescape(text.decode("utf-8", errors="replace"), {"&quot;": '"', "&apos;": "'"})
