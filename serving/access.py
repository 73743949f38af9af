"""Who may ask: the key in `Authorization: Bearer`, its rights and its limit; and who guesses keys.

Keys are in memory and read again every second: a request asks no database, and a revocation counts within two seconds.
A token that is not there is looked for at once, so that a new key opens as soon as it is made; but twenty times at
most, and five a second after that, whoever sends how many. While the database does not answer, the keys in memory
still open; a service that starts then takes those that were kept on its disk.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.kept_keys import KeptKeys
from core.keys import Key, KeyStore, Token
from core.settings import Serving
from serving import prometheus
from serving.problems import LockedOut, NoKey, NoRight, NotYet, OverLimit

REFRESH_SECONDS: Final = 1.0
LOOKS_PER_SECOND: Final = 5.0
LOOKS_AT_ONCE: Final = 20.0
LOOK_SECONDS: Final = 0.5
AWAY_SECONDS: Final = 5.0
"""So long after the database did not answer nobody but the background asks it."""
STALE_SECONDS: Final = 24 * 3600.0
MOST_ADDRESSES: Final = 10_000
FORWARDED: Final = {b"forwarded", b"x-forwarded-for", b"x-real-ip"}
Headers = Iterable[tuple[bytes, bytes]]
_log = structlog.get_logger(__name__)


@dataclass
class _Guesser:
    """Wrong tokens of an address since `since`."""

    since: float
    wrong: int = 0


@dataclass
class Bucket:
    """A token bucket: `rate` requests a second, `size` at once; `left` as of `at` (seconds of the monotonic clock)."""

    rate: float
    size: float
    left: float
    at: float

    def take(self, now: float) -> float:
        """Take one; 0, or the seconds until there is one."""
        self.left = min(self.size, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / self.rate
        self.left -= 1
        return 0.0

    def has_one(self, now: float) -> bool:
        """Whether `take` would take one."""
        return self.left + (now - self.at) * self.rate >= 1

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What is left, for the client."""
        full = (self.size - self.left) / self.rate
        said = {"limit": int(self.size), "remaining": int(self.left), "reset": -int(-full // 1)}
        return [(f"ratelimit-{name}".encode(), str(value).encode()) for name, value in said.items()]


class Access:
    """Checks keys; `looks` are those that unknown tokens may still have at the database."""

    def __init__(self, keys: KeyStore, settings: Serving, kept: KeptKeys | None = None) -> None:
        self.looks = Bucket(LOOKS_PER_SECOND, LOOKS_AT_ONCE, LOOKS_AT_ONCE, time.monotonic())
        self._keys = keys
        self._kept = kept
        self._settings = settings
        self._known: Mapping[str, Token] = MappingProxyType({})
        self._read_at = self._failed_at = float("-inf")
        self._reading = threading.Lock()
        self._buckets: dict[str, Bucket] = {}
        self._guessers: dict[str, _Guesser] = {}

    def refresh(self) -> None:
        """Read the keys; those in memory stay while the database does not answer, at a start those kept on disk."""
        with self._reading:
            self._read()

    def _read(self) -> None:
        try:
            found = self._keys.tokens()
        except SQLAlchemyError:
            self._failed_at = time.monotonic()
            self._take_kept()
            raise
        self._known = MappingProxyType(found)
        self._read_at, self._failed_at = time.monotonic(), float("-inf")
        if self._kept is not None:
            self._kept.keep(found)

    def _take_kept(self) -> None:
        if self._read_at == float("-inf") and self._kept is not None and (kept := self._kept.load()) is not None:
            self._known, age = MappingProxyType(kept[0]), kept[1]
            self._read_at = time.monotonic() - age
            _log.warning("keys_from_disk", seconds=round(age))

    def check(self, token: str | None, right: str | None, address: str = "") -> Key:
        """The key of the token, if it has the right (None: any key will do). May read the database.

        Raises:
            NotYet: the keys have never been read yet: nobody can say whether this is one.
            NoKey: none, or none that is valid.
            LockedOut: the same, and the address has sent too many that are not.
            NoRight: it has not the right.
        """
        key = self.remembered(token)
        if key is None and self.would_look(token, address):
            self.looks.take(time.monotonic())
            self._look_again()
            key = self.remembered(token)
        if key is None and token and self._read_at == float("-inf"):
            raise NotYet("the keys have not been read yet", headers={"Retry-After": "1"})
        if key is None:
            raise self._refused(token, address)
        if right is not None and not key.allows(right):
            raise NoRight(right, key.rights)
        return key

    @property
    def age(self) -> float:
        """How long ago the keys were read, in seconds."""
        return time.monotonic() - self._read_at

    def remembered(self, token: str | None) -> Key | None:
        """The valid key of the token in memory: no input or output, one hash, one look."""
        if not token or time.monotonic() - self._read_at > STALE_SECONDS:
            return None
        found = self._known.get(hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest())
        return found.key if found is not None and found.opens() else None

    def would_look(self, token: str | None, address: str) -> bool:
        """Whether `check` would read the database for a token that is not in memory."""
        now = time.monotonic()
        is_away = now - self._failed_at < AWAY_SECONDS
        return bool(token) and not is_away and self.looks.has_one(now) and not self._locked(address)

    def spend(self, key: Key) -> list[tuple[bytes, bytes]]:
        """Count one request of the key; the headers that say what is left, none where nothing limits it.

        Raises:
            OverLimit: nothing is left; says when there is.
        """
        rate = self._rate(key)
        if not rate:
            return []
        bucket = self._bucket(key.id, rate / self._settings.workers)
        seconds = bucket.take(time.monotonic())
        if seconds:
            prometheus.tell_key_limited(key.name)
            told = {name.decode(): value.decode() for name, value in bucket.headers()}
            raise OverLimit(
                f"the key {key.name!r} may ask {rate:g} times a second",
                headers={"Retry-After": str(max(1, round(seconds))), **told},
            )
        return bucket.headers()

    def has_left(self, key: Key) -> bool:
        """Whether `spend` would let one more through."""
        rate = self._rate(key)
        return not rate or self._bucket(key.id, rate / self._settings.workers).has_one(time.monotonic())

    def _rate(self, key: Key) -> float:
        return key.per_second or self._settings.key_per_second

    def _bucket(self, key_id: str, rate: float) -> Bucket:
        size = max(1.0, rate * self._settings.key_burst_seconds)
        bucket = self._buckets.get(key_id)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[key_id] = Bucket(rate, size, size, time.monotonic())
        return bucket

    def _look_again(self) -> None:
        """Not behind another who has been reading for long: where the database hangs, all threads would be in here."""
        if not self._reading.acquire(timeout=LOOK_SECONDS):
            return
        try:
            self._read()
        except SQLAlchemyError as error:
            _log.warning("keys_not_read", error=type(error).__name__)
        finally:
            self._reading.release()

    def _locked(self, address: str) -> bool:
        guesser = self._guessers.get(address)
        if guesser is None:
            return False
        if time.monotonic() - guesser.since > self._settings.lock_out_seconds:
            del self._guessers[address]
            return False
        return guesser.wrong >= self._settings.lock_out_after

    def _refused(self, token: str | None, address: str) -> NoKey | LockedOut:
        """Who sends no token guesses none."""
        if not token or not address:
            return NoKey()
        if not self._locked(address):
            self._count_wrong(address)
            return NoKey()
        seconds = self._settings.lock_out_seconds - (time.monotonic() - self._guessers[address].since)
        return LockedOut(
            "too many wrong keys came from this address; a valid one is answered still",
            headers={"Retry-After": str(max(1, round(seconds)))},
        )

    def _count_wrong(self, address: str) -> None:
        if address not in self._guessers and len(self._guessers) >= MOST_ADDRESSES:
            self._guessers.pop(next(iter(self._guessers)))
        guesser = self._guessers.setdefault(address, _Guesser(time.monotonic()))
        guesser.wrong += 1
        if guesser.wrong == self._settings.lock_out_after:
            guesser.since = time.monotonic()
            prometheus.tell_lock_out()
            _log.warning("address_locked_out", address=address, seconds=self._settings.lock_out_seconds)


def bearer(headers: Headers) -> str | None:
    """The token of `Authorization: Bearer TOKEN`, or None."""
    for name, value in headers:
        if name.lower() == b"authorization":
            scheme, _, token = value.decode("latin-1").strip().partition(" ")
            return token.strip() if scheme.lower() == "bearer" and token.strip() else None
    return None


def address_of(client: tuple[str, int] | None) -> str:
    """Whom a request is held against: an IPv4 address, or the /64 that one subscriber of IPv6 has."""
    if client is None:
        return ""
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return client[0]
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def on_loopback(client: tuple[str, int] | None, headers: Headers) -> bool:
    """Whether the request comes from this machine, and not through a proxy on it."""
    if client is None or any(name.lower() in FORWARDED for name, _ in headers):
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
