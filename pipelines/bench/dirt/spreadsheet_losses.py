"""What a spreadsheet destroys when it opens a text file and saves it: to refuse, or to name it, is right."""

from __future__ import annotations

from random import Random

from pipelines.bench.dirt.dirt_kinds import kind
from pipelines.bench.dirty_export import DirtyExport
from pipelines.parsing.blanks import tidy

_LONG = 12
"""From so many digits on a spreadsheet shows a number with an exponent."""
_EXACT = 15
"""So many digits it keeps."""


def _bare(text: str) -> str:
    return text.removeprefix('="').removesuffix('"')


def _long_ids(export: DirtyExport) -> list[str]:
    first = export.rows[0]
    return [n for n in export.of(export.source.ids) if len(_bare(first[n])) >= _LONG and _bare(first[n]).isdigit()]


def _padded_ids(export: DirtyExport) -> list[str]:
    return [n for n in export.of(export.source.ids) if export.rows[0][n].startswith("0")]


@kind("ids", lambda export: bool(_long_ids(export)), may_stop=True)
def exponents(export: DirtyExport, _chance: Random) -> None:
    """1.93068E+15."""
    export.rewrite(_long_ids(export), lambda text: f"{float(_bare(text)):.5E}")


@kind("ids", lambda export: any(len(_bare(export.rows[0][n])) > _EXACT for n in _long_ids(export)), may_stop=True)
def digits_rounded(export: DirtyExport, _chance: Random) -> None:
    """Long numbers written out, their last digits zeros."""
    export.rewrite(_long_ids(export), lambda text: _bare(text)[:_EXACT].ljust(len(_bare(text)), "0"))


@kind("ids", lambda export: bool(_padded_ids(export)), may_stop=True)
def zeros_lost(export: DirtyExport, _chance: Random) -> None:
    """Every id without the zeros before it."""
    export.rewrite(_padded_ids(export), lambda text: text.lstrip("0"))


@kind("ids", lambda export: bool(_padded_ids(export)), may_stop=True)
def zeros_lost_in_part(export: DirtyExport, _chance: Random) -> None:
    """The second half of a file was opened in a spreadsheet."""
    for row in export.rows[len(export.rows) // 2 :]:
        for name in _padded_ids(export):
            row[name] = row[name].lstrip("0")


@kind("counts", lambda export: bool(export.of(export.source.counts)), may_stop=True)
def counts_became_days(export: DirtyExport, chance: Random) -> None:
    """3-Oct for some numbers of pieces."""
    for row in chance.sample(export.rows, max(1, len(export.rows) // 50)):
        for name in export.of(export.source.counts):
            row[name] = f"{chance.randrange(1, 28)}-Oct"


@kind("texts", lambda export: bool(export.of(export.source.texts)))
def formulas(export: DirtyExport, chance: Random) -> None:
    """Links in cells, as spreadsheets and some apps write them."""
    export.columns.append("Link")
    for row in export.rows:
        target = f"https://example.com/{chance.randrange(10_000)}"
        row["Link"] = f'=HYPERLINK("{target}","open")'


@kind("texts")
def errors_in_cells(export: DirtyExport, chance: Random) -> None:
    """A column of a person's own with #REF! in it."""
    export.columns.append("Margin")
    for row in export.rows:
        row["Margin"] = chance.choice(("#REF!", "#DIV/0!", "0.3"))


@kind("blanks")
def blanks_around(export: DirtyExport, chance: Random) -> None:
    """Blanks before and behind values, some of which nobody sees."""
    unseen = " " if export.encoding in {"big5", "cp932", "euc_jp", "cp949"} else "\u00a0"
    blanks = ("", "", " ", unseen, "  ")
    for row in export.rows:
        for name, text in row.items():
            if text and tidy(text) == text:
                row[name] = f"{chance.choice(blanks)}{text}{chance.choice(blanks)}"


@kind("blanks")
def words_for_nothing(export: DirtyExport, chance: Random) -> None:
    """NULL in empty cells."""
    word = chance.choice(("NULL", "N/A", "null", "\\N"))
    for row in export.rows:
        for name, text in row.items():
            row[name] = text or word


KINDS = (
    exponents,
    digits_rounded,
    zeros_lost,
    zeros_lost_in_part,
    counts_became_days,
    formulas,
    errors_in_cells,
    blanks_around,
    words_for_nothing,
)
