"""How a file begins: enough to tell what kind of file it is."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipelines.sources.text_file import START_BYTES, wide_encoding


@dataclass(frozen=True)
class FileStart:
    """The first bytes of a file; unpacked where it is gzip."""

    path: Path

    @cached_property
    def raw(self) -> bytes:
        """As they stand in the file."""
        with self.path.open("rb") as file:
            return file.read(START_BYTES)

    @property
    def empty(self) -> bool:
        """Whether there are none."""
        return not self.raw

    @cached_property
    def text(self) -> str:
        """As text; "" where they are none."""
        start = self.raw
        if start.startswith(b"\x1f\x8b"):
            try:
                with gzip.open(self.path, "rb") as file:
                    start = file.read(START_BYTES)
            except (OSError, EOFError, zlib.error):
                return ""
        encoding = wide_encoding(start) or "utf-8-sig"
        return "" if encoding == "utf-8-sig" and b"\x00" in start else start.decode(encoding, errors="ignore")
