"""Who may ask: the key in `Authorization: Bearer`, and its rights."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.keys import Key, KeyStore
from serving.problems import NoKey, NoRight

STALE_SECONDS: Final = 300.0
MOST_REMEMBERED: Final = 1_000
FORWARDED: Final = {b"forwarded", b"x-forwarded-for", b"x-real-ip"}
Headers = Iterable[tuple[bytes, bytes]]


class Access:
    """Checks keys. Every request asks the database, so that a revocation counts at once; while the database does
    not answer, keys seen valid in the last minutes still open: predictions need no database.
    """

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._seen: dict[str, tuple[Key, float]] = {}

    def check(self, token: str | None, right: str | None) -> Key:
        """The key of the token, if it has the right (None: any key will do).

        Raises:
            NoKey: none, or none that is valid.
            NoRight: it has not the right.
        """
        key = self._find(token)
        if key is None:
            raise NoKey
        if right is not None and not key.allows(right):
            raise NoRight(right, key.rights)
        return key

    def _find(self, token: str | None) -> Key | None:
        if token is None:
            return None
        try:
            key = self._keys.find(token)
        except SQLAlchemyError:
            return self._remembered(token)
        if key is None:
            self._seen.pop(token, None)
        elif len(self._seen) < MOST_REMEMBERED or token in self._seen:
            self._seen[token] = key, time.monotonic()
        return key

    def _remembered(self, token: str) -> Key | None:
        key, at = self._seen.get(token, (None, 0.0))
        fresh = key is not None and time.monotonic() - at < STALE_SECONDS and key.state() == "active"
        return key if fresh else None


def bearer(headers: Headers) -> str | None:
    """The token of `Authorization: Bearer TOKEN`, or None."""
    for name, value in headers:
        if name.lower() == b"authorization":
            scheme, _, token = value.decode("latin-1").strip().partition(" ")
            return token.strip() if scheme.lower() == "bearer" and token.strip() else None
    return None


def on_loopback(client: tuple[str, int] | None, headers: Headers) -> bool:
    """Whether the request comes from this machine, and not through a proxy on it."""
    if client is None or any(name.lower() in FORWARDED for name, _ in headers):
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
