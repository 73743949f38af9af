"""How the command line talks: progress on stderr, results on stdout, the same for machines with `--json`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from core import progress
from core.errors import RegularsError

T = TypeVar("T")


class Console:
    """One command's output.

    Use it as `with Console(json_output).running() as console:` around the work, and end with `finish`.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.started = time.monotonic()

    @contextmanager
    def running(self) -> Iterator[Console]:
        """Show the progress of what runs inside; an error becomes its message and its exit code."""
        try:
            with progress.using(TerminalProgress()):
                yield self
        except RegularsError as error:
            self.fail(error)

    def print(self, text: str = "") -> None:
        """A line of the result; nothing with `--json`, which prints one document at the end."""
        if not self.as_json:
            print(text)

    def line(self, text: str, data: Mapping[str, Any]) -> None:
        """A line of work that goes on, seen at once; with `--json` a document of its own."""
        print(json.dumps(data, default=str, allow_nan=False) if self.as_json else text, flush=True)

    def note(self, text: str) -> None:
        """Something about the work itself, beside its results."""
        print(text, file=sys.stderr, flush=True)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
        """A plain table, numbers to the right."""
        if not self.as_json:
            print(render_table(header, rows, title))

    def finish(self, text: str, next: str = "", data: Mapping[str, Any] | None = None) -> None:  # noqa: A002
        """The last line: what happened, and what to do next; with `--json` the document."""
        seconds = round(time.monotonic() - self.started, 1)
        if self.as_json:
            document = {"ok": True, "message": text, "next": next or None, "seconds": seconds, **(data or {})}
            print(json.dumps(document, default=str, allow_nan=False))
            return
        print(f"{text} ({seconds:.0f} s)" if seconds >= 1 else text)
        if next:
            print(f"next: {next}")

    def fail(self, error: RegularsError) -> None:
        """Print an error as a person, or with `--json` a machine, reads it, and exit with its code.

        Raises:
            SystemExit: always.
        """
        if self.as_json:
            print(json.dumps({"ok": False, **error.as_dict()}, default=str))
        else:
            print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code)


class TerminalProgress:
    """A line per step on stderr; a running count where stderr is a terminal."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self.shown = 0.0

    def step(self, text: str) -> None:
        """A new part begins."""
        print(f"- {text}", file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Something worth a line happened."""
        print(f"  {text}", file=sys.stderr, flush=True)

    def track(self, items: Iterable[T], text: str, total: int | None = None) -> Iterator[T]:
        """Count the items as they pass; a line every ten seconds where stderr is no terminal."""
        if total is None and isinstance(items, Sequence):
            total = len(items)
        self.shown = time.monotonic()
        count = 0
        for count, item in enumerate(items, 1):
            self._count(text, count, total)
            yield item
        self._end(text, count)

    def _count(self, text: str, count: int, total: int | None) -> None:
        due = time.monotonic() - self.shown > (0.1 if self.live else 10)
        if not due:
            return
        self.shown = time.monotonic()
        line = f"  {text}: {count}" + (f" of {total}" if total else "")
        print(f"\r{line}\x1b[K" if self.live else line, end="" if self.live else "\n", file=sys.stderr, flush=True)

    def _end(self, text: str, count: int) -> None:
        if self.live:
            print(f"\r  {text}: {count}\x1b[K", file=sys.stderr, flush=True)


def render_table(header: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> str:
    """The table as text; columns of numbers are aligned to the right."""
    body = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in body)) if body else len(name) for i, name in enumerate(header)]
    right = [bool(body) and all(_numeric(row[i]) for row in body) for i in range(len(header))]
    lines = [_row(header, widths, right), "  ".join("-" * width for width in widths)]
    lines += [_row(row, widths, right) for row in body]
    return "\n".join([title, *lines] if title else lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)


def _numeric(text: str) -> bool:
    return not text or text.lstrip("-+").removesuffix("%").replace(",", "").replace(".", "", 1).isdigit()


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    aligned = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)]
    return "  ".join(aligned).rstrip()
