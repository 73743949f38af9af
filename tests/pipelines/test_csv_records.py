"""A text file is cut into records: whatever stands in them comes back, and damage stays where it is."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources import csv_records
from pipelines.sources.csv_records import Cutter, Records

SEPARATORS = [",", ";", "\t", "|"]


def cut(text: str, separator: str = ",", width: int = 4, first_line: int = 2) -> tuple[list[list[str]], Records]:
    """The records of a text, and what was said of its lines."""
    target = io.StringIO()
    records = Cutter(target, separator, width).cut(io.StringIO(text), first_line)
    return list(csv.reader(io.StringIO(target.getvalue()), delimiter=separator)), records


def written(rows: list[list[str]], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


@given(
    rows=st.lists(st.lists(st.text(alphabet='ab,;"\n ', max_size=5), min_size=5, max_size=5), max_size=8),
    separator=st.sampled_from(SEPARATORS),
)
def test_rows_come_back_as_they_were_written_with_their_lines(rows: list[list[str]], separator: str) -> None:
    rows = [["x", *row] for row in rows]
    got, records = cut(written(rows, separator), separator, width=6)
    line, lines = 2, []
    for row in rows:
        lines.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    if not records.broken:  # a cell that looks like whole lines of the file is told apart below
        assert got == rows
        assert records.lines(range(len(rows))) == lines
    else:
        assert any(sum(cell.count(separator) for cell in row) >= 3 for row in rows)


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("closed_after", [None, 1, 2, 30, 900])
def test_a_stray_quote_costs_its_own_line_only(separator: str, closed_after: int | None) -> None:
    lines = [separator.join([f"o{i}", f"name {i}", "2", "3.5"]) for i in range(2_000)]
    lines[500] = lines[500].replace("name", '"name')
    if closed_after:
        lines[500 + closed_after] = lines[500 + closed_after].replace(f"name {500 + closed_after}", 'name"')
    rows, records = cut("\n".join(lines), separator)
    assert [broken.position for broken in records.broken] == [502]
    assert "a quote is opened in it and not closed" in records.broken[0].reason
    assert len(rows) == 1_999
    assert records.lines([499, 500]) == [501, 503]


def test_every_line_may_have_a_stray_quote() -> None:
    rows, records = cut("".join(f'{i},"12 inch,2,3\n' for i in range(500)))
    assert (len(rows), len(records.broken)) == (0, 500)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1,12" vinyl,2,3', ["1", '12" vinyl', "2", "3"]),
        ('1,a 7" and a 12" one,2,3', ["1", 'a 7" and a 12" one', "2", "3"]),
        ('1,"a ""big"" one",2,3', ["1", 'a "big" one', "2", "3"]),
        ('1,"two\nlines, and more",2,3', ["1", "two\nlines, and more", "2", "3"]),
        ('"1","","2",""', ["1", "", "2", ""]),
        ("1,b,2,3,,", ["1", "b", "2", "3"]),
    ],
)
def test_quotes_and_breaks_inside_a_cell_are_kept(line: str, cells: list[str]) -> None:
    rows, records = cut(f"0,a,1,1\n{line}\n9,z,1,1\n")
    assert rows == [["0", "a", "1", "1"], cells, ["9", "z", "1", "1"]]
    assert not records.broken


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,b,2", "missing columns"),
        ("1,b,2,3,4", "too many columns"),
        ('1,"b"c,2,3', "a quote stands where none can be"),
        ("1,\ufdd0,2,3", "a character of it is not of the file's encoding"),
    ],
)
def test_a_damaged_line_is_set_aside_with_its_cause(line: str, reason: str) -> None:
    rows, records = cut(f"0,a,1,1\n\n{line}\n,,,\n9,z,1,1")
    assert [row[0] for row in rows] == ["0", "9"]
    assert [(broken.position, broken.reason) for broken in records.broken] == [(4, f"the line can't be read: {reason}")]
    assert records.lines([0, 1]) == [2, 6]


@pytest.mark.parametrize("block", [1, 3, 4_096])
def test_it_does_not_matter_how_many_lines_are_looked_at_together(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a,b\nc,d\n\n"e\nf",g\nh\n,\ni,"j\nk,l\nm,n\no,p'
    monkeypatch.setattr(csv_records, "_BLOCK", block)
    target = io.StringIO()
    records = Cutter(target, ",", 2).cut(io.StringIO(text), 2)
    assert target.getvalue() == 'a,b\nc,d\n"e\nf",g\nk,l\nm,n\no,p\n'
    assert records.lines(list(range(len(records.lines)))) == [2, 3, 5, 10, 11, 12]
    assert [row.position for row in records.broken] == [7, 9]
    assert records.endless == 12
