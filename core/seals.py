"""Seals: what a version or a monitoring run consists of, as hashes in the audit log.

An entry `seal` names items (a tag, a file, a row) with their SHA-256, or the empty text for one that is no more. The
chain's secret keys them, and none can be taken out of it unseen. A later entry speaks for its items only; one that is
`whole` names all that there is, and begins anew.

What another store keeps (MLflow) can't be written in one transaction with its seal. Such items are announced before
they are written and sealed after: of a process that was killed in between, each may be what it was or what was
announced, and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import sqlalchemy as sa

from core.audit import AuditEntry, AuditLog, entries_of
from core.workspace import Workspace

ACTION: Final = "seal"
_PREFIX: Final = "seal:"


@dataclass(frozen=True)
class Seal:
    """What is sealed of something: each item's hash, and the entry from which on the log has to be whole.

    `whole` is false for what an earlier release made: only what was stored since is known. `awaited` are items that
    were announced and not sealed since.
    """

    items: Mapping[str, str] = field(default_factory=dict)
    since: int = 0
    whole: bool = False
    awaited: Mapping[str, str] = field(default_factory=dict)

    def with_entry(self, entry: AuditEntry) -> Seal:
        """The seal after an entry of the log."""
        items, whole = dict(entry.details["items"]), bool(entry.details.get("whole"))
        since = entry.seq if whole or not self.since else self.since
        if entry.details.get("awaited"):
            return replace(self, since=since, awaited={**self.awaited, **items})
        awaited = {} if whole else {name: digest for name, digest in self.awaited.items() if name not in items}
        if not whole:
            items = {**self.items, **items}
        kept = {name: digest for name, digest in items.items() if digest}
        return Seal(kept, since, whole or self.whole, awaited)

    def differences(self, found: Mapping[str, str]) -> tuple[str, ...]:
        """In words, what is not as it was sealed; `found` are the hashes of what is there now."""
        said = [
            f"{name} was changed" if name in found else f"{name} is gone"
            for name, digest in sorted(self.items.items())
            if not self._is_right(name, digest, found.get(name, ""))
        ]
        new = set(found) - set(self.items) if self.whole else set()
        added = sorted(name for name in new if not self._is_right(name, "", found[name]))
        return (*said, *(f"{name} was added" for name in added))

    def only(self, kinds: tuple[str, ...]) -> Seal:
        """The seal of those items alone whose name begins with one of the kinds."""
        items, awaited = (
            {name: digest for name, digest in each.items() if name.startswith(kinds)}
            for each in (self.items, self.awaited)
        )
        return replace(self, items=items, awaited=awaited)

    def _is_right(self, name: str, sealed: str, found: str) -> bool:
        return found == sealed or self.awaited.get(name) == found


class Seals:
    """The seals of a workspace, by what they are of: `churn/3`, `monitoring/12`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def put(self, of: str, items: Mapping[str, str], who: str, *, whole: bool = False, reason: str = "") -> None:
        """Seal items; nothing is written where they are sealed like that already."""
        known = self.of(of)
        is_so = all(known.items.get(name, "") == digest and name not in known.awaited for name, digest in items.items())
        if not whole and is_so:
            return
        details = {"items": dict(items), "whole": whole} | ({"reason": reason} if reason else {})
        AuditLog(self._workspace).append(ACTION, who, _PREFIX + of, details)

    @contextmanager
    def around(self, of: str, items: Mapping[str, str], who: str) -> Iterator[None]:
        """Announce items, let the block write them where no transaction reaches, seal them.

        Nothing is announced where they are sealed like that already.
        """
        known = self.of(of)
        if any(known.items.get(name, "") != digest for name, digest in items.items()):
            AuditLog(self._workspace).append(ACTION, who, _PREFIX + of, {"items": dict(items), "awaited": True})
        yield
        self.put(of, items, who)

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
