"""The head of the audit log, kept apart from it: a signed file in the workspace, moved on by every entry.

A chain can't show that its end was cut off, or that it was deleted whole. The file can: it names the last entry that
this workspace wrote, under the log's own secret. It never moves back, and not past a log that no longer holds what it
names; after a restored backup `regulars audit head --accept` moves it, which the log tells.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

import structlog

from core import locks
from core.files import write_atomically
from core.workspace import Workspace

FILE = "audit-head"
_log = structlog.get_logger("audit")


class Head(NamedTuple):
    """The number of an entry and its link of the chain; printed as `12:9f86...`."""

    seq: int
    mac: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.mac}"


class KeptHead:
    """The head that a workspace keeps of its audit log."""

    def __init__(self, workspace: Workspace, key: bytes) -> None:
        self._path = workspace.secrets_dir / FILE
        self._lock = workspace.root / f".{FILE}.lock"
        self._key = key

    def read(self) -> Head | None:
        """The head kept; None where none is, or what lies there was signed with another secret."""
        try:
            number, mac, signature = self._path.read_text().strip().split(":")
            head = Head(int(number), mac)
        except (OSError, ValueError):
            return None
        return head if hmac.compare_digest(self._signature(head), signature) else None

    def lies_there(self) -> bool:
        """Whether there is a file, readable or not."""
        return self._path.exists()

    def keep(self, head: Head, *, back: bool = False) -> None:
        """Keep a head; an earlier one than that kept only with `back`. A place that takes no file goes without."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with locks.waiting(self._lock):
                kept = self.read()
                if back or (kept is None and not self.lies_there()) or (kept is not None and head.seq > kept.seq):
                    write_atomically(self._path, f"{head}:{self._signature(head)}\n", mode=0o600)
        except OSError as error:
            _log.warning("the head of the audit log can't be kept here", reason=str(error))

    def _signature(self, head: Head) -> str:
        return hmac.new(self._key, f"head\0{head}".encode(), hashlib.sha256).hexdigest()
