"""Seals: what a version or a monitoring run consists of, as hashes in the audit log.

An entry `seal` names items (a tag, a file, a row) with their SHA-256, or the empty text for one that is no more. The
chain's secret keys them, and none can be taken out of it unseen. A later entry speaks for its items only; one that is
`whole` names all that there is, and begins anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from core.audit import AuditEntry, AuditLog, entries_of
from core.workspace import Workspace

ACTION: Final = "seal"
_PREFIX: Final = "seal:"


@dataclass(frozen=True)
class Seal:
    """What is sealed of something: each item's hash, and the entry from which on the log has to be whole.

    `whole` is false for what an earlier release made: only what was stored since is known.
    """

    items: Mapping[str, str] = field(default_factory=dict)
    since: int = 0
    whole: bool = False

    def with_entry(self, entry: AuditEntry) -> Seal:
        """The seal after an entry of the log."""
        items, whole = dict(entry.details["items"]), bool(entry.details.get("whole"))
        if not whole:
            items = {**self.items, **items}
        kept = {name: digest for name, digest in items.items() if digest}
        return Seal(kept, entry.seq if whole or not self.since else self.since, whole or self.whole)

    def differences(self, found: Mapping[str, str]) -> tuple[str, ...]:
        """In words, what is not as it was sealed; `found` are the hashes of what is there now."""
        said = [
            f"{name} was changed" if name in found else f"{name} is gone"
            for name, digest in sorted(self.items.items())
            if found.get(name) != digest
        ]
        added = sorted(set(found) - set(self.items)) if self.whole else []
        return (*said, *(f"{name} was added" for name in added))


class Seals:
    """The seals of a workspace, by what they are of: `churn/3`, `monitoring/12`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def put(self, of: str, items: Mapping[str, str], who: str, *, whole: bool = False, reason: str = "") -> None:
        """Seal items; nothing is written where they are sealed like that already."""
        known = self.of(of)
        if not whole and all(known.items.get(name, "") == digest for name, digest in items.items()):
            return
        details = {"items": dict(items), "whole": whole} | ({"reason": reason} if reason else {})
        AuditLog(self._workspace).append(ACTION, who, _PREFIX + of, details)

    def put_with(self, write: Callable[[sa.Connection], tuple[str, Mapping[str, str]]], who: str) -> None:
        """Seal whole what `write` writes, in one transaction with it; it returns what the seal is of, and the items.

        A process that is killed leaves both or neither: never a row without its seal, which would look slipped in.
        """

        def sealed(connection: sa.Connection) -> tuple[str, Mapping[str, Any]]:
            of, items = write(connection)
            return _PREFIX + of, {"items": dict(items), "whole": True}

        AuditLog(self._workspace).append_with(ACTION, who, sealed)

    def of(self, what: str) -> Seal:
        """What is sealed of one thing; an empty seal where nothing is."""
        seal = Seal()
        for entry in entries_of(self._workspace, _PREFIX + what):
            seal = seal.with_entry(entry)
        return seal

    def all(self) -> dict[str, Seal]:
        """Every seal, in one reading of the log."""
        found: dict[str, Seal] = {}
        for entry in AuditLog(self._workspace).entries():
            if entry.action == ACTION and entry.subject.startswith(_PREFIX):
                of = entry.subject.removeprefix(_PREFIX)
                found[of] = found.get(of, Seal()).with_entry(entry)
        return found

    def doubt(self, seal: Seal) -> str:
        """Why the log itself can't be trusted on a seal; empty where it can."""
        found = AuditLog(self._workspace).verify(since=max(seal.since, 1))
        return "" if found.intact else f"the audit log is broken at entry {found.broken}: {found.reason}"


def digest(content: str | bytes) -> str:
    """How a seal names a content: its SHA-256."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
