"""API keys: random tokens, of which the workspace keeps only a hash, with rights, an expiry and a revocation.

A token is `rgl_<id>_<secret>`. The id finds the row; the secret has 256 random bits, so a plain SHA-256 of the
whole token can't be searched backwards, and a slow password hash would only slow every request down.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core import utc
from core.errors import RegularsError, UsageError, did_you_mean
from core.state.schema import API_KEYS, LONGEST_KEY_NAME
from core.workspace import Workspace

RIGHTS: Final = ("predict", "customers", "feedback", "events", "review", "admin")
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


class KeyStore:
    """The keys of a workspace.

    keys = KeyStore(workspace)
    token = keys.create("shop front", ["predict", "events"])
    keys.check(token, "predict").name  # 'shop front'
    """

    def __init__(self, workspace: Workspace) -> None:
        self.engine = workspace.database

    def create(self, name: str, rights: Iterable[str], expires: datetime | None = None) -> str:
        """Make a key and return its token, which is kept nowhere else.

        Raises:
            UsageError: the name is taken or not possible, a right is unknown, or the expiry has passed.
        """
        wanted = _known_rights(rights)
        _refuse_odd(name, expires)
        key_id = secrets.token_hex(6)
        token = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
        row = {
            "id": key_id,
            "name": name,
            "token_hash": _hash(token),
            "rights": ",".join(wanted),
            "created_at": utc.naive(utc.now()),
            "expires_at": utc.naive(expires) if expires else None,
        }
        try:
            with self.engine.begin() as connection:
                connection.execute(API_KEYS.insert().values(row))
        except IntegrityError:
            raise UsageError(
                f"there is a key named {name!r} already",
                todo="take another name; a revoked key keeps its name, so that logs stay readable",
            ) from None
        return token

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
            connection.execute(
                API_KEYS.update().where(API_KEYS.c.name == name, API_KEYS.c.revoked_at.is_(None)).values(revoked_at=now)
            )
            row = connection.execute(API_KEYS.select().where(API_KEYS.c.name == name)).one_or_none()
        if row is None:
            names = [key.name for key in self.list()]
            raise UsageError(f"there is no key named {name!r}", todo=did_you_mean(name, names))
        return _key(row)

    def find(self, token: str | None) -> Key | None:
        """The valid key of that token, or None. The comparison takes as long for a wrong token as for a right one."""
        row = self._row(token)
        given = _hash(token or "")
        kept = row.token_hash if row is not None else _hash("")[::-1]
        if not hmac.compare_digest(given, kept) or row is None:
            return None
        key = _key(row)
        return key if key.state() == "active" else None

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

    def _row(self, token: str | None) -> sa.Row[tuple[object, ...]] | None:
        parts = (token or "").split("_", 2)
        key_id = parts[1] if len(parts) == 3 and parts[0] == PREFIX else ""
        with self.engine.connect() as connection:
            return connection.execute(API_KEYS.select().where(API_KEYS.c.id == key_id)).one_or_none()


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


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: sa.Row[tuple[object, ...]]) -> Key:
    times = (utc.aware(at) if at else None for at in (row.expires_at, row.revoked_at))
    return Key(row.id, row.name, frozenset(row.rights.split(",")), utc.aware(row.created_at), *times)
