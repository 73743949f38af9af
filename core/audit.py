"""The audit log: who did what to which version and why, as a hash chain that only the key's holder can extend.

Every entry carries the HMAC-SHA256, under a secret, of its own content and of the entry before it. A changed,
removed, inserted or reordered entry breaks the chain at a place that `verify` names. What a chain alone can't
show is that its end was cut off: print the head, keep it elsewhere, and hand it to `verify`.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core import utc
from core.database import begin_alone
from core.errors import DataError, StoreError, UsageError
from core.secret_files import secret
from core.state.schema import AUDIT_LOG
from core.workspace import Workspace

SECRET = "audit-key"
GENESIS = "0" * 64
_LOCK = 0x52656775  # PostgreSQL's advisory lock for appending


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
    """What `verify` found: `broken` is the number of the first entry that is wrong, None where all are right."""

    entries: int
    head: str
    broken: int | None = None
    reason: str = ""

    @property
    def intact(self) -> bool:
        """Whether the chain holds."""
        return self.broken is None


class AuditLog:
    """The audit log of a workspace. Appending is safe from many threads and processes at once."""

    def __init__(self, workspace: Workspace) -> None:
        self._engine = workspace.database
        self._key = secret(workspace, SECRET)

    def append(self, action: str, who: str, subject: str, details: Mapping[str, Any] | None = None) -> AuditEntry:
        """Add an entry and return it, on disk. A customer in `subject` or `details` goes in as `self.customer(id)`.

        Raises:
            StoreError: the log was begun with another secret, as where machines share the database only.
        """
        text = json.dumps(dict(details or {}), sort_keys=True, ensure_ascii=False)
        with self._appending() as connection:
            self._refuse_another_key(connection)
            last = connection.execute(sa.select(AUDIT_LOG).order_by(AUDIT_LOG.c.seq.desc()).limit(1)).first()
            seq, previous = (last.seq + 1, last.mac) if last else (1, GENESIS)
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
        return _entry({**values, "mac": mac})

    def entries(self, subject: str | None = None, last: int | None = None) -> list[AuditEntry]:
        """The entries in order, of one subject or all; with `last`, only so many from the end."""
        return _entries(self._engine, subject, last)

    def head(self) -> str:
        """`<number of the last entry>:<its link>`, to be printed and kept elsewhere."""
        query = sa.select(AUDIT_LOG.c.seq, AUDIT_LOG.c.mac).order_by(AUDIT_LOG.c.seq.desc()).limit(1)
        with self._engine.connect() as connection:
            last = connection.execute(query).first()
        return f"{last.seq}:{last.mac}" if last else f"0:{GENESIS}"

    def verify(self, kept_head: str | None = None) -> Verification:
        """Recompute the chain; with a head that was kept elsewhere, check that it still is part of it.

        Raises:
            UsageError: `kept_head` is no head.
        """
        kept = None if kept_head is None else _parse_head(kept_head)
        previous, expected = GENESIS, 1
        with self._engine.connect() as connection:
            for row in connection.execute(sa.select(AUDIT_LOG).order_by(AUDIT_LOG.c.seq)).mappings():
                problem = self._problem(row, previous, expected, kept)
                if problem:
                    return Verification(expected - 1, f"{expected - 1}:{previous}", expected, problem)
                previous, expected = row["mac"], expected + 1
        head = f"{expected - 1}:{previous}"
        if kept and kept[0] >= expected:
            return Verification(expected - 1, head, expected, f"the log ends before the head kept, {kept[0]}")
        return Verification(expected - 1, head)

    def customer(self, customer_id: str) -> str:
        """How a customer appears in the log: the same name for the same id, useless without the key."""
        return "customer:" + hmac.new(self._key, b"customer\0" + customer_id.encode(), hashlib.sha256).hexdigest()

    def _problem(
        self, row: Mapping[Any, Any], previous: str, expected: int, kept: tuple[int, str] | None
    ) -> str | None:
        if row["seq"] != expected:
            return f"entry {expected} is missing"
        if not hmac.compare_digest(self._mac(row, previous), row["mac"]):
            return f"entry {expected} ({row['action']} {row['subject']}) was changed, or written with another key"
        if kept and kept[0] == expected and not hmac.compare_digest(kept[1], row["mac"]):
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
    """Who runs this command: the account of the operating system."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


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


def _parse_head(text: str) -> tuple[int, str]:
    number, _, mac = text.strip().partition(":")
    if not number.isdigit() or len(mac) != len(GENESIS) or (int(number) == 0 and mac != GENESIS):
        raise UsageError(f"{text!r} is no head", todo="it looks like 12:9f86d0...; regulars audit verify prints it")
    return int(number), mac
