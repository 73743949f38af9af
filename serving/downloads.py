"""A file as an answer: piece by piece, so that its size costs no memory, whole or one range of it (RFC 9110, 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from core.batch_jobs import pieces

_RANGE: Final = re.compile(rb"bytes=(\d{0,18})-(\d{0,18})")
"""Of more digits than any file has bytes it is none."""


@dataclass(frozen=True)
class Download:
    """`part(number)` gives the file's parts, which are all but the last of one size."""

    name: str
    media_type: str
    size: int
    etag: str
    part: Callable[[int], bytes]


@dataclass(frozen=True)
class ByteRange:
    """The bytes of a download that are sent: from `start` up to `stop`, which is not among them."""

    download: Download
    start: int
    stop: int
    is_whole: bool

    @property
    def status(self) -> int:
        """200, or 206 for a part of the file."""
        return 200 if self.is_whole else 206

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Beside those of every answer."""
        file = self.download
        told = [
            (b"content-type", file.media_type.encode()),
            (b"content-disposition", f'attachment; filename="{file.name}"'.encode()),
            (b"accept-ranges", b"bytes"),
            (b"etag", f'"{file.etag}"'.encode()),
        ]
        span = f"bytes {self.start}-{self.stop - 1}/{file.size}".encode()
        return told if self.is_whole else [*told, (b"content-range", span)]

    def pieces(self) -> list[Callable[[], bytes]]:
        """What reads them, one piece after the other."""
        return [self._piece(*each) for each in pieces(self.download.size, self.start, self.stop)]

    def _piece(self, part: int, start: int, stop: int) -> Callable[[], bytes]:
        return lambda: self.download.part(part)[start:stop]


def span(download: Download, headers: Iterable[tuple[bytes, bytes]]) -> ByteRange:
    """What a request asks for; a range that can't be had, or several, get the whole file, as they may."""
    named = dict(headers)
    whole = ByteRange(download, 0, download.size, True)
    found = _RANGE.fullmatch(named.get(b"range", b""))
    if found is None or named.get(b"if-range", f'"{download.etag}"'.encode()) != f'"{download.etag}"'.encode():
        return whole
    first, last = found.groups()
    if first:
        start, stop = int(first), min(download.size, int(last) + 1 if last else download.size)
    else:
        start, stop = max(0, download.size - int(last or 0)), download.size
    return ByteRange(download, start, stop, False) if start < stop else whole
