"""API keys: random tokens, of which the workspace keeps only a hash, with rights, an expiry and a revocation.

A key may be given a new token, and the old one live on for a while beside it. Whatever is done to a key stands in the
audit log.

A token is `rgl_<id>_<secret>`. The id finds the row; the secret has 256 random bits, so a plain SHA-256 of the
whole token can't be searched backwards, and a slow password hash would only slow every request down.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core import utc
from core.audit import AuditLog, person
from core.errors import RegularsError, UsageError, did_you_mean
from core.state.schema import API_KEYS, LONGEST_KEY_NAME
from core.workspace import Workspace

RIGHTS: Final = ("predict", "customers", "feedback", "events", "review", "privacy", "admin")
PREFIX: Final = "rgl"


class Unauthorized(RegularsError):  # noqa: N818 - a verdict, said as one
    """No key, or none that is valid; says nothing about which."""


class Forbidden(RegularsError):  # noqa: N818 - a verdict, said as one
    """A valid key that has not the right."""


@dataclass(frozen=True)
class Key:
    """A key as listed; the token itself is shown once, when it is created. Times are UTC."""

    id: str
    name: str
    rights: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    per_second: float | None = None
    """Requests a second it may send; None: as the settings say."""
    previous_until: datetime | None = None
    """Until when the token before the last rotation opens, too."""

    def allows(self, right: str) -> bool:
        """Whether the key has the right; `admin` has every right."""
        return right in self.rights or "admin" in self.rights

    def state(self, now: datetime | None = None) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= (now or utc.now()):
            return "expired"
        return "active"


@dataclass(frozen=True)
class Token:
    """What a token opens, and until when at most: one that was rotated away ends before its key."""

    key: Key
    until: datetime | None = None

    def opens(self) -> bool:
        """Whether it opens now."""
        now = utc.now()
        return (self.until is None or now < self.until) and self.key.state(now) == "active"


class KeyStore:
    """The keys of a workspace.

    keys = KeyStore(workspace)
    token = keys.create("shop front", ["predict", "events"])
    keys.check(token, "predict").name  # 'shop front'
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.engine = workspace.database

    def create(
        self,
        name: str,
        rights: Iterable[str],
        expires: datetime | None = None,
        per_second: float | None = None,
        by: str | None = None,
    ) -> str:
        """Make a key and return its token, which is kept nowhere else.

        The audit log keeps who made it, the account and the key that it showed (`by`): a key counts as one person with
        its creator (`core.actors`).

        Raises:
            UsageError: the name is taken or not possible, a right is unknown, or the expiry has passed.
        """
        wanted = _known_rights(rights)
        _refuse_odd(name, expires)
        key_id = secrets.token_hex(6)
        token = _token(key_id)
        row = {
            "id": key_id,
            "name": name,
            "token_hash": token_digest(token),
            "rights": ",".join(wanted),
            "created_at": utc.naive(utc.now()),
            "expires_at": utc.naive(expires) if expires else None,
            "per_second": per_second,
        }
        try:
            with self.engine.begin() as connection:
                connection.execute(API_KEYS.insert().values(row))
        except IntegrityError:
            raise UsageError(
                f"there is a key named {name!r} already",
                todo="take another name; a revoked key keeps its name, so that logs stay readable",
            ) from None
        until = utc.text(expires) if expires else None
        from core import actors  # which knows keys

        creator = actors.training(self._workspace, by)
        details = {"rights": wanted, "expires": until, "per_second": per_second, "by": creator.as_dict()}
        self._audit("create key", name, details)
        return token

    def rotate(self, name: str, overlap: timedelta) -> str:
        """Give the key another token and return it; the one before opens for `overlap` more, any older one no longer.

        Raises:
            UsageError: no key of that name, or one that is revoked or has expired.
        """
        key = self._named(name)
        if key.state() != "active":
            raise UsageError(f"the key {name!r} is {key.state()}", todo="make another one: regulars keys create")
        until, token = utc.now() + overlap, _token(key.id)
        changed = {"previous_hash": API_KEYS.c.token_hash, "previous_until": utc.naive(until)}
        with self.engine.begin() as connection:
            connection.execute(
                API_KEYS.update().where(API_KEYS.c.id == key.id).values(**changed, token_hash=token_digest(token))
            )
        self._audit("rotate key", name, {"previous_until": utc.text(until)})
        return token

    def tokens(self) -> dict[str, Token]:
        """Every token that opens, by its SHA-256 in hexadecimal digits."""
        with self.engine.connect() as connection:
            rows = connection.execute(API_KEYS.select().where(API_KEYS.c.revoked_at.is_(None))).all()
        found = {}
        for row in rows:
            key = _key(row)
            if row.previous_hash:
                found[row.previous_hash] = Token(key, key.previous_until)
            found[row.token_hash] = Token(key)
        return {digest: token for digest, token in found.items() if token.opens()}

    def list(self) -> list[Key]:
        """Every key, the oldest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(API_KEYS.select().order_by(API_KEYS.c.created_at, API_KEYS.c.name))
            return [_key(row) for row in rows]

    def revoke(self, name: str) -> Key:
        """Make a key invalid from now on; revoking it again changes nothing.

        Raises:
            UsageError: no key of that name, with the nearest one.
        """
        now = utc.naive(utc.now())
        with self.engine.begin() as connection:
            done = connection.execute(
                API_KEYS.update().where(API_KEYS.c.name == name, API_KEYS.c.revoked_at.is_(None)).values(revoked_at=now)
            )
        key = self._named(name)
        if done.rowcount:
            self._audit("revoke key", name, {})
        return key

    def find(self, token: str | None) -> Key | None:
        """The valid key of that token, or None. The comparison takes as long for a wrong token as for a right one."""
        row = self._row(token)
        given = token_digest(token or "")
        none = token_digest("")[::-1]
        now = hmac.compare_digest(given, row.token_hash if row is not None else none)
        before = hmac.compare_digest(given, (row.previous_hash if row is not None else None) or none)
        if row is None or not (now or before):
            return None
        key = _key(row)
        opens = Token(key, None if now else key.previous_until).opens()
        return key if opens else None

    def check(self, token: str | None, right: str) -> Key:
        """The key of that token, if it is valid and has the right.

        Raises:
            Unauthorized: no token, or none that is valid.
            Forbidden: the key has not the right.
        """
        key = self.find(token)
        if key is None:
            raise Unauthorized("a valid key is needed", todo="send it as Authorization: Bearer KEY")
        if not key.allows(right):
            raise Forbidden(
                f"this key has not the right {right!r}",
                why=f"it has: {', '.join(sorted(key.rights))}",
                todo=f"make one with: regulars keys create NAME --right {right}",
            )
        return key

    def _named(self, name: str) -> Key:
        keys = {key.name: key for key in self.list()}
        if name not in keys:
            raise UsageError(f"there is no key named {name!r}", todo=did_you_mean(name, keys))
        return keys[name]

    def _audit(self, action: str, name: str, details: dict[str, Any]) -> None:
        AuditLog(self._workspace).append(action, person(), f"key:{name}", details)

    def _row(self, token: str | None) -> sa.Row[tuple[object, ...]] | None:
        parts = (token or "").split("_", 2)
        key_id = parts[1] if len(parts) == 3 and parts[0] == PREFIX else ""
        with self.engine.connect() as connection:
            return connection.execute(API_KEYS.select().where(API_KEYS.c.id == key_id)).one_or_none()


def _token(key_id: str) -> str:
    return f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"


def _known_rights(rights: Iterable[str]) -> list[str]:
    wanted = sorted(set(rights))
    for right in wanted:
        if right not in RIGHTS:
            raise UsageError(f"there is no right {right!r}", todo=did_you_mean(right, RIGHTS))
    if not wanted:
        raise UsageError("a key needs a right", todo=f"there is: {', '.join(RIGHTS)}")
    return wanted


def _refuse_odd(name: str, expires: datetime | None) -> None:
    if not name.strip() or len(name) > LONGEST_KEY_NAME or not name.isprintable():
        raise UsageError(
            f"a key can't be named {name[:LONGEST_KEY_NAME]!r}",
            todo=f"take 1 to {LONGEST_KEY_NAME} printable characters",
        )
    if expires is not None and expires <= utc.now():
        raise UsageError(f"the expiry {expires:%Y-%m-%d %H:%M} UTC has passed", todo="take a later one")


def token_digest(token: str) -> str:
    """How the workspace keeps a token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: sa.Row[tuple[object, ...]]) -> Key:
    expires, revoked, previous = (
        utc.aware(at) if at else None for at in (row.expires_at, row.revoked_at, row.previous_until)
    )
    rights, created = frozenset(row.rights.split(",")), utc.aware(row.created_at)
    return Key(row.id, row.name, rights, created, expires, revoked, row.per_second, previous)
