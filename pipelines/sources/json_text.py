"""A JSON text read piece by piece: a list of millions of records never stands in memory as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import TextIO

from core.errors import DataError

MAX_RECORD = 1 << 26
"""No record has more characters."""
_BLOCK = 1 << 18
_BLANKS = re.compile(r"[ \t\r\n]*")
_NUMBER_GOES_ON = re.compile(r"[0-9.eE+-]*")
"""What stands between a value and the end of what was read so far, where the value may be half a number."""
_DECODER = json.JSONDecoder()
_LISTED = 3
_LITERAL = 8
"""So long a literal or an escape may be begun."""


class JsonText:
    """The text of one JSON document, read forwards only; `label` is how messages call the file."""

    def __init__(self, stream: TextIO, label: str) -> None:
        self.stream, self.label = stream, label
        self.buffer, self.place, self.ended = "", 0, False
        self.record = 0
        """The number of the record that is read."""

    def records(self, names: Sequence[str]) -> Iterator[tuple[object, str]]:
        """The elements of the list that `names` lead to, each with its text.

        Raises:
            DataError: there is no such list, or the text is no JSON.
        """
        for name in names:
            self._enter(name)
        if self.peek() != "[":
            raise DataError(f"{'.'.join(names) or 'the file'} is no list", where=self.label, todo="mend rows:")
        self.place += 1
        while self.peek() != "]":
            self.record += 1
            yield self.value()
            self._part("]")

    def members(self) -> Iterator[str]:
        """The names in an object; who takes one reads or skips its value."""
        self.place += 1
        while self.peek() != "}":
            yield self._name()
            self._part("}")

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            found = _BLANKS.match(self.buffer, self.place)
            self.place = found.end() if found else self.place
            if self.place < len(self.buffer):
                return self.buffer[self.place]
            if not self._more():
                return ""

    def value(self) -> tuple[object, str]:
        """The next value, and its text."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self.buffer, self.place)
            except (json.JSONDecodeError, RecursionError) as error:
                if self._incomplete(error) and self._more():
                    continue
                raise self._broken(error) from None
            if _NUMBER_GOES_ON.fullmatch(self.buffer, end) and self._more():
                continue
            text = self.buffer[self.place : end]
            self.place = end
            return value, text

    def skip(self) -> None:
        """Pass over the next value; a long list is passed element by element."""
        match self.peek():
            case "[":
                self.place += 1
                while self.peek() != "]":
                    self.value()
                    self._part("]")
                self.place += 1
            case "{":
                for _ in self.members():
                    self.skip()
                self.place += 1
            case _:
                self.value()

    def _enter(self, name: str) -> None:
        """Go to the value of a name of the object that comes next."""
        seen = []
        if self.peek() == "{":
            for found in self.members():
                if found == name:
                    return
                seen.append(found)
                self.skip()
        there = f"there is: {', '.join(seen)}" if seen else "mend rows:"
        raise DataError(f"the file has no list {name!r}", where=self.label, todo=there)

    def _name(self) -> str:
        name, _ = self.value()
        if not isinstance(name, str) or self.peek() != ":":
            raise self._broken(None)
        self.place += 1
        return name

    def _part(self, closing: str) -> None:
        """Pass over the comma between two elements."""
        mark = self.peek()
        if mark == ",":
            self.place += 1
        elif mark != closing:
            raise self._broken(None)

    def _incomplete(self, error: Exception) -> bool:
        """Whether a value may only have failed because it is not read to its end."""
        if not isinstance(error, json.JSONDecodeError):
            return False
        return error.pos >= len(self.buffer.rstrip()) - _LITERAL or error.msg.startswith("Unterminated")

    def _more(self) -> bool:
        """Read on, twice as much each time: a record is tried again only a few times."""
        rest = len(self.buffer) - self.place
        if self.ended or rest > MAX_RECORD:
            return False
        block = self.stream.read(max(_BLOCK, rest))
        self.ended = not block
        self.buffer, self.place = self.buffer[self.place :] + block, 0
        return not self.ended

    def _broken(self, error: Exception | None) -> DataError:
        here = f"record {self.record:,}" if self.record else "its beginning"
        if self.ended and (self._incomplete(error) if error else not self.peek()):
            what, why = f"the file ends in the middle of {here}", "it is cut off"
        else:
            reason = getattr(error, "msg", None) or "a comma, a colon or a bracket is missing"
            what, why = f"the file is no JSON at {here}", f"{reason}: {self.buffer[self.place : self.place + 40]!r}"
        return DataError(what, where=self.label, why=why, todo="export it again")


def lists_of(text: JsonText, depth: int = _LISTED) -> list[tuple[str, ...]]:
    """The names that lead to lists of objects in the value that comes next, which is read over."""
    found: list[tuple[str, ...]] = []
    if text.peek() != "{" or not depth:
        text.skip()
        return found
    for name in text.members():
        if text.peek() == "{":
            found += [(name, *names) for names in lists_of(text, depth - 1)]
            continue
        if text.peek() == "[" and text.buffer[text.place + 1 :].lstrip()[:1] in {"{", ""}:
            found.append((name,))
        text.skip()
    text.place += 1
    return found
