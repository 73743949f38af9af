"""The records of a text file, cut apart once and for all: what is damaged is set aside, the rest is plain CSV.

A quote opens a field only at its beginning and closes it only at its end. A quote that is opened and never
closed would swallow every line up to the next quote: such a record is found by its lines, each of which is a
whole record by itself, and only the line with the stray quote is set aside.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import methodcaller
from typing import TextIO

from pipelines.sources.encodings import DAMAGED
from pipelines.sources.line_numbers import LineNumbers
from pipelines.sources.source import BrokenRow

MAX_LINES, MAX_CHARACTERS = 1_000, 1 << 20
"""No record is longer: a quote that stays open for more was never closed."""
_COINCIDENCE = 3
"""As many separators do not stand in just the right places of a text's lines by chance."""
_MANY_LINES = 10
_BLOCK = 4_096
"""So many lines are looked at together."""
_NOT_CLOSED = "a quote is opened in it and not closed"

_Line = tuple[int, str]
"""A line and its number in the file."""


@dataclass
class Records:
    """What came out of a file: where each good record begins, and the lines that could not be cut.

    `last` is the last line, `endless` the same where no line break ends it.
    """

    lines: LineNumbers = field(default_factory=LineNumbers)
    broken: list[BrokenRow] = field(default_factory=list)
    endless: int | None = None
    last: int = 0

    @property
    def torn(self) -> BrokenRow | None:
        """The line in which a quote is open up to the end of the file, with too few columns before it."""
        position, found = self.last, None
        for row in reversed(self.broken):
            if row.position != position:
                break
            found = row if row.reason.endswith(_NOT_CLOSED) else found
            position -= 1
        return found

    @property
    def cut_off(self) -> BrokenRow | None:
        """The last line, where it has no end and can't be cut into columns."""
        last = self.broken[-1] if self.broken else None
        return last if last and last.position == self.endless else None


class _Patterns:
    """Lines by their quotes; `\\n` ends each of them."""

    def __init__(self, separator: str, width: int) -> None:
        mark = re.escape(separator)
        inside = r'(?:[^"]++|"")*+'
        quoted, bare, plain = f'"{inside}"', f'[^"{mark}\n]*+', f'(?:[^"{mark}\n][^{mark}\n]*+)?+'
        simple, cell = f"(?:{quoted}|{bare})", f"(?:{quoted}(?=[{mark}\n])|{plain})"
        self.simple = re.compile(f"{simple}(?:{mark}{simple}){{{width - 1}}}\n")
        self.whole = re.compile(f"{cell}(?:{mark}{cell})*+\n")
        self.opens = re.compile(f'(?:{cell}{mark})*?"{inside}')
        self.stays = re.compile(inside)
        self.closes = re.compile(f'{inside}"(?:{mark}{cell})*+\n')
        self.reopens = re.compile(f'{inside}"(?:{mark}{cell})*?{mark}"{inside}')


class Cutter:
    """Cuts lines into records of `width` columns and writes the good ones to `target`, quoted as CSV wants it."""

    def __init__(self, target: TextIO, separator: str, width: int) -> None:
        self.target, self.separator, self.width = target, separator, width
        self.records = Records()
        self.patterns = _Patterns(separator, width)
        self.writer = csv.writer(target, delimiter=separator, lineterminator="\n")
        self.blank = f'{separator}" \t\n'
        self.blank_line = re.compile(f"\n[{re.escape(self.blank[:-1])}]*+\n")
        self.again: deque[_Line] = deque()
        """Lines to be cut one by one: of a block with odd ones, or after a quote that turned out to be a stray one."""

    def cut(self, lines: Iterable[str], first_line: int) -> Records:
        """Cut all lines, of which the first is line `first_line` of the file."""
        numbered = enumerate(lines, first_line)
        while block := list(islice(numbered, _BLOCK)):
            block[-1] = self._ended(block[-1])
            texts = [text for _, text in block]
            if self._all_plain(texts):
                self.records.lines.add(block[0][0], len(block))
                self.target.writelines(texts)
                continue
            self.again.extend(block)
            while item := self._next(numbered, within=True):
                self._one(*item, numbered)
        return self.records

    def _all_plain(self, lines: Sequence[str]) -> bool:
        """Whether each line is a record as it stands: most blocks of most files are looked at no further."""
        whole = "".join(lines)
        if '"' in whole or DAMAGED in whole or self.blank_line.search(f"\n{whole}"):
            return False
        return set(map(methodcaller("count", self.separator), lines)) == {self.width - 1}

    def _one(self, number: int, line: str, numbered: Iterator[_Line]) -> None:
        if line[0] in self.blank and not line.strip(self.blank):
            return
        if '"' in line:
            self._quoted(number, line, numbered)
        elif line.count(self.separator) + 1 == self.width and DAMAGED not in line:
            self._good(number, line)
        else:
            self._cells(number, line)

    def _ended(self, item: _Line) -> _Line:
        """A line with its end: only the last one of a file may lack it."""
        self.records.last = item[0]
        if item[1].endswith("\n"):
            return item
        self.records.endless = item[0]
        return item[0], item[1] + "\n"

    def _next(self, numbered: Iterator[_Line], *, within: bool = False) -> _Line | None:
        """The next line; None at the end, or where there is none left to be cut one by one (`within`)."""
        if self.again:
            return self.again.popleft()
        item = None if within else next(numbered, None)
        return self._ended(item) if item else None

    def _good(self, number: int, line: str) -> None:
        self.records.lines.add(number)
        self.target.write(line)

    def _quoted(self, number: int, line: str, numbered: Iterator[_Line]) -> None:
        if self.patterns.simple.fullmatch(line) and DAMAGED not in line:
            self._good(number, line)
        elif self.patterns.whole.fullmatch(line):
            self._cells(number, line)
        elif self.patterns.opens.fullmatch(line):
            self._multiline(number, line, numbered)
        else:
            self._set_aside(number, line, "a quote stands where none can be")

    def _cells(self, number: int, text: str) -> None:
        """Write a record that stands by itself, if it has the right columns; empty ones beyond them are left out."""
        cells = self._split(text)
        if DAMAGED in text:
            self._set_aside(number, text, "a character of it is not of the file's encoding")
        elif len(cells) != self.width:
            self._set_aside(number, text, "missing columns" if len(cells) < self.width else "too many columns")
        else:
            self.records.lines.add(number)
            self.writer.writerow(cells)

    def _split(self, text: str) -> list[str]:
        try:
            cells = next(csv.reader([text], delimiter=self.separator))
        except csv.Error:  # a cell beyond the module's limit of 128 kB
            return []
        while len(cells) > self.width and not cells[-1].strip():
            cells.pop()
        return cells

    def _multiline(self, number: int, line: str, numbered: Iterator[_Line]) -> None:
        """Follow a quote that is open at the end of a line."""
        held = [(number, line)]
        closed = self._follow(held, numbered)
        texts = [text for _, text in held]
        if closed and self._one_record(texts):
            self._cells(number, "".join(texts))
            return
        self._set_aside(number, line, _NOT_CLOSED)
        self.again.extendleft(reversed(held[1:]))

    def _follow(self, held: list[_Line], numbered: Iterator[_Line]) -> bool:
        """Add lines to `held` up to the one that closes the quote; False where none does."""
        size = len(held[0][1])
        while len(held) < MAX_LINES and size < MAX_CHARACTERS and (item := self._next(numbered)):
            held.append(item)
            size += len(item[1])
            if self.patterns.closes.fullmatch(item[1]):
                return True
            if not (self.patterns.stays.fullmatch(item[1]) or self.patterns.reopens.fullmatch(item[1])):
                return False
        return False

    def _one_record(self, lines: list[str]) -> bool:
        """Whether lines that quotes hold together are one record, not (nearly) each of them a record of its own."""
        if len(self._split("".join(lines))) != self.width:
            return False
        alone = sum(line.count(self.separator) + 1 == self.width for line in lines)
        most = alone == len(lines) or (len(lines) >= _MANY_LINES and 2 * alone > len(lines))
        return not most or (self.width - 1) * (alone - 1) < _COINCIDENCE

    def _set_aside(self, number: int, text: str, reason: str) -> None:
        shown = text.rstrip("\n").replace(DAMAGED, "\ufffd")
        self.records.broken.append(BrokenRow(number, shown, f"the line can't be read: {reason}"))
