"""The audit log: who did what to which version and why, as a hash chain that only the key's holder can extend.

Every entry carries the HMAC-SHA256, under a secret, of its own content and of the entry before it. A changed,
removed, inserted or reordered entry breaks the chain at a place that `verify` names. That its end was cut off, or all
of it deleted, shows against the head that the workspace keeps apart from the log (`core.audit_head`), and against one
that was printed and kept elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import pwd
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import sqlalchemy as sa

from core import utc
from core.audit_head import Head, KeptHead
from core.database import begin_alone
from core.errors import DataError, StoreError, UsageError
from core.secret_files import secret
from core.state.schema import AUDIT_LOG
from core.workspace import Workspace

SECRET = "audit-key"
GENESIS = "0" * 64
_EMPTY = Head(0, GENESIS)
_LOCK = 0x52656775  # PostgreSQL's advisory lock for appending
Write: TypeAlias = Callable[[sa.Connection], tuple[str, Mapping[str, Any]]]
"""Writes what an entry tells of, and returns the subject and the details of the entry."""


@dataclass(frozen=True)
class AuditEntry:
    """One line of the log. `at` is UTC; `mac` the link of the chain."""

    seq: int
    at: str
    action: str
    who: str
    subject: str
    details: Mapping[str, Any]
    mac: str


@dataclass(frozen=True)
class Verification:
    """What `verify` found: `broken` is the number of the first entry that is wrong, None where all are right.

    `kept` is the head that this workspace keeps of the log, empty where it keeps none.
    """

    entries: int
    head: str
    broken: int | None = None
    reason: str = ""
    kept: str = ""

    @property
    def intact(self) -> bool:
        """Whether the chain holds."""
        return self.broken is None


class AuditLog:
    """The audit log of a workspace. Appending is safe from many threads and processes at once."""

    def __init__(self, workspace: Workspace) -> None:
        self._engine = workspace.database
        self._key = secret(workspace, SECRET)
        self._kept = KeptHead(workspace, self._key)

    def append(self, action: str, who: str, subject: str, details: Mapping[str, Any] | None = None) -> AuditEntry:
        """Add an entry and return it, on disk. A customer in `subject` or `details` goes in as `self.customer(id)`.

        Raises:
            StoreError: the log was begun with another secret, as where machines share the database only.
        """
        return self.append_with(action, who, lambda _: (subject, details or {}))

    def append_with(self, action: str, who: str, write: Write) -> AuditEntry:
        """Add the entry that tells what `write` writes, in one transaction with it: both are there, or neither.

        `write` is given the connection, and returns the entry's subject and details.

        Raises:
            StoreError: as of `append`.
        """
        with self._appending() as connection:
            self._refuse_another_key(connection)
            subject, details = write(connection)
            text = json.dumps(dict(details), sort_keys=True, ensure_ascii=False)
            last = connection.execute(sa.select(AUDIT_LOG).order_by(AUDIT_LOG.c.seq.desc()).limit(1)).first()
            before = Head(last.seq, last.mac) if last else _EMPTY
            moves = self._holds(connection, self._kept.read())
            seq, previous = before.seq + 1, before.mac
            values = {
                "seq": seq,
                "at": utc.text(precision="milliseconds"),
                "action": action,
                "who": who,
                "subject": subject,
                "details": text,
            }
            mac = self._mac(values, previous)
            connection.execute(AUDIT_LOG.insert().values(**values, mac=mac))
        if moves:
            self._kept.keep(Head(seq, mac))
        return _entry({**values, "mac": mac})

    def entries(self, subject: str | None = None, last: int | None = None) -> list[AuditEntry]:
        """The entries in order, of one subject or all; with `last`, only so many from the end."""
        return _entries(self._engine, subject, last)

    def head(self) -> str:
        """`<number of the last entry>:<its link>`, to be printed and kept elsewhere."""
        query = sa.select(AUDIT_LOG.c.seq, AUDIT_LOG.c.mac).order_by(AUDIT_LOG.c.seq.desc()).limit(1)
        with self._engine.connect() as connection:
            last = connection.execute(query).first()
        return str(Head(last.seq, last.mac) if last else _EMPTY)

    def accept_head(self, who: str, reason: str) -> str:
        """Keep the head of the log as it is now, as after a restored backup; an entry says so. Returns that head."""
        kept = self._kept.read()
        self.append("accept head", who, "audit log", {"reason": reason, "kept": str(kept or ""), "found": self.head()})
        head = self.head()
        self._kept.keep(_parse_head(head), back=True)
        return head

    def verify(self, kept_head: str | None = None, since: int = 1) -> Verification:
        """Recompute the chain from entry `since` on; check that the heads kept, here and elsewhere, are part of it.

        Raises:
            UsageError: `kept_head` is no head.
        """
        here = self._kept.read()
        told = Verification(0, str(_EMPTY), kept=str(here or ""))
        if here is None and self._kept.lies_there():
            reason = "the head kept in this workspace was changed, or signed with another key"
            return replace(told, broken=1, reason=reason)
        heads = [] if here is None else [here]
        if kept_head is not None:
            heads.append(_parse_head(kept_head))
        previous, expected = self._mac_before(since), since
        query = sa.select(AUDIT_LOG).where(AUDIT_LOG.c.seq >= since).order_by(AUDIT_LOG.c.seq)
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                problem = self._problem(row, previous, expected, heads)
                told = replace(told, entries=expected - 1, head=str(Head(expected - 1, previous)))
                if problem:
                    return replace(told, broken=expected, reason=problem)
                previous, expected = row["mac"], expected + 1
        told = replace(told, entries=expected - 1, head=str(Head(expected - 1, previous)))
        beyond = [head.seq for head in heads if head.seq >= expected]
        if beyond:
            return replace(told, broken=expected, reason=f"the log ends before the head kept, {max(beyond)}")
        return told

    def _mac_before(self, seq: int) -> str:
        query = sa.select(AUDIT_LOG.c.mac).where(AUDIT_LOG.c.seq == seq - 1)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() or GENESIS

    def _holds(self, connection: sa.Connection, kept: Head | None) -> bool:
        """Whether the log still has the entry of the head kept here; without one there is nothing to miss."""
        if kept is None or kept == _EMPTY:
            return True
        query = sa.select(AUDIT_LOG.c.mac).where(AUDIT_LOG.c.seq == kept.seq)
        return connection.execute(query).scalar() == kept.mac

    def customer(self, customer_id: str) -> str:
        """How a customer appears in the log: the same name for the same id, useless without the key."""
        return "customer:" + hmac.new(self._key, b"customer\0" + customer_id.encode(), hashlib.sha256).hexdigest()

    def _problem(self, row: Mapping[Any, Any], previous: str, expected: int, heads: Sequence[Head]) -> str | None:
        if row["seq"] != expected:
            return f"entry {expected} is missing"
        if not hmac.compare_digest(self._mac(row, previous), row["mac"]):
            return f"entry {expected} ({row['action']} {row['subject']}) was changed, or written with another key"
        if any(head.seq == expected and not hmac.compare_digest(head.mac, row["mac"]) for head in heads):
            return f"entry {expected} is not the one whose head was kept"
        return None

    def _refuse_another_key(self, connection: sa.Connection) -> None:
        first = connection.execute(sa.select(AUDIT_LOG).where(AUDIT_LOG.c.seq == 1)).mappings().first()
        if first is not None and not hmac.compare_digest(self._mac(first, GENESIS), first["mac"]):
            raise StoreError(
                "the audit log was begun with another secret, or its first entry was changed",
                why="what is written with this one would break its chain",
                todo="set REGULARS_AUDIT_KEY to the secret of the machine that began it (its secrets/audit-key)",
            )

    def _mac(self, row: Mapping[Any, Any], previous: str) -> str:
        fields = [row[name] for name in ("seq", "at", "action", "who", "subject", "details")]
        message = json.dumps([previous, *fields], ensure_ascii=False).encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()

    @contextmanager
    def _appending(self) -> Iterator[sa.Connection]:
        """One writer at a time, from reading the last entry to committing the next."""
        with self._engine.connect() as connection:
            begin_alone(connection, _LOCK)
            yield connection
            connection.commit()


def entries_of(workspace: Workspace, subject: str, last: int | None = None) -> list[AuditEntry]:
    """The entries of a subject in order, or so many from the end: reading needs no secret."""
    return _entries(workspace.database, subject, last)


def person() -> str:
    """Who runs this command: the account of the operating system, by its number and not by what LOGNAME claims."""
    uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _entries(engine: sa.Engine, subject: str | None, last: int | None) -> list[AuditEntry]:
    query = sa.select(AUDIT_LOG).order_by(AUDIT_LOG.c.seq.desc())
    if subject is not None:
        query = query.where(AUDIT_LOG.c.subject == subject)
    with engine.connect() as connection:
        rows = connection.execute(query.limit(last)).mappings().all()
    return [_entry(row) for row in reversed(rows)]


def _entry(row: Mapping[Any, Any]) -> AuditEntry:
    try:
        details = json.loads(row["details"])
    except ValueError as error:
        raise DataError(
            f"entry {row['seq']} of the audit log can't be read", todo="run: regulars audit verify"
        ) from error
    return AuditEntry(row["seq"], row["at"], row["action"], row["who"], row["subject"], details, row["mac"])


def _parse_head(text: str) -> Head:
    number, _, mac = text.strip().partition(":")
    if not number.isdigit() or len(mac) != len(GENESIS) or (int(number) == 0 and mac != GENESIS):
        raise UsageError(f"{text!r} is no head", todo="it looks like 12:9f86d0...; regulars audit verify prints it")
    return Head(int(number), mac)
