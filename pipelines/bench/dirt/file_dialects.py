"""How the file is written: separators, quotes, encodings, titles, and kinds of files."""

from __future__ import annotations

import csv
from random import Random

from pipelines.bench.dirt.dirt_kinds import DirtKind, kind
from pipelines.bench.dirty_export import DirtyExport, Form

_CHINESE_JAPANESE_KOREAN = range(0x2E80, 0xD7FF)
_EASTERN = ("gb18030", "big5", "cp932", "euc_jp", "cp949")


def _is_text(export: DirtyExport) -> bool:
    return export.form is Form.TEXT and export.separator != ""


def _eastern(export: DirtyExport) -> bool:
    """Whether it has letters of East Asia."""
    return any(
        ord(letter) in _CHINESE_JAPANESE_KOREAN for row in export.rows[:50] for text in row.values() for letter in text
    )


def _separated(name: str, separator: str) -> DirtKind:
    def spoil(export: DirtyExport, _chance: Random) -> None:
        export.separator = separator

    spoil.__name__ = name
    return kind("separator", lambda export: export.separator != separator)(spoil)


def _encoded(name: str, encoding: str) -> DirtKind:
    def fits(export: DirtyExport) -> bool:
        foreign = (encoding in _EASTERN) != _eastern(export) and not encoding.startswith("utf")
        return export.encoding != encoding and not foreign and export.encodes(encoding)

    def spoil(export: DirtyExport, _chance: Random) -> None:
        export.encoding = encoding

    spoil.__name__ = name
    return kind("encoding", fits)(spoil)


@kind("quotes")
def quotes_everywhere(export: DirtyExport, _chance: Random) -> None:
    """Every cell in quotes."""
    export.quoting = csv.QUOTE_ALL


@kind("quotes", may_stop=True)
def quotes_escaped(export: DirtyExport, _chance: Random) -> None:
    """A backslash before quotes inside of cells, as databases write them."""
    export.escaped = True


@kind("line ends")
def windows_lines(export: DirtyExport, _chance: Random) -> None:
    """As Windows ends them."""
    export.line_end = "\r\n"


@kind("line ends")
def old_mac_lines(export: DirtyExport, _chance: Random) -> None:
    """As Excel on a Mac still ends them."""
    export.line_end = "\r"


@kind("line ends")
def separators_behind(export: DirtyExport, _chance: Random) -> None:
    """Every line ends with one more separator."""
    export.ragged = True


@kind("above")
def titles_above(export: DirtyExport, chance: Random) -> None:
    """What the report is, and an empty line."""
    export.above = ["Orders report", f"Created: 2025-01-{chance.randrange(10, 28)}", ""]


@kind("above")
def excels_hint(export: DirtyExport, _chance: Random) -> None:
    """Which separator it is."""
    export.above = [f"sep={export.separator}"]


@kind("form")
def workbook(export: DirtyExport, _chance: Random) -> None:
    """Saved as a workbook, times and amounts typed."""
    export.form, export.escaped, export.cut = Form.WORKBOOK, False, 1.0
    if export.above and export.above[0].startswith("sep="):
        export.above = []


@kind("form")
def archive(export: DirtyExport, _chance: Random) -> None:
    """Packed."""
    export.form = Form.ARCHIVE


@kind("form")
def wrong_ending(export: DirtyExport, _chance: Random) -> None:
    """A text file that calls itself a workbook, as many systems do."""
    export.suffix = ".xls"


@kind("cut", may_stop=True)
def half_a_file(export: DirtyExport, chance: Random) -> None:
    """The download broke off."""
    export.cut = chance.uniform(0.3, 0.9)


KINDS = (
    _separated("semicolons", ";"),
    _separated("tabs", "\t"),
    _separated("bars", "|"),
    _separated("commas", ","),
    quotes_everywhere,
    quotes_escaped,
    windows_lines,
    old_mac_lines,
    separators_behind,
    _encoded("with_mark", "utf-8-sig"),
    _encoded("plain_utf_8", "utf-8"),
    _encoded("utf_16", "utf-16"),
    _encoded("utf_16_without_mark", "utf-16-le"),
    _encoded("western", "cp1252"),
    _encoded("latin_9", "iso8859-15"),
    _encoded("central_european", "cp1250"),
    _encoded("latin_2", "iso8859-2"),
    _encoded("dos", "cp850"),
    _encoded("mac", "mac_roman"),
    _encoded("chinese", "gb18030"),
    _encoded("taiwanese", "big5"),
    _encoded("japanese_unix", "euc_jp"),
    _encoded("korean", "cp949"),
    titles_above,
    excels_hint,
    half_a_file,
    workbook,
    archive,
    wrong_ending,
)
