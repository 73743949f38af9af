"""Requests that are sent again: what an `Idempotency-Key` was told before is told again, and nothing is kept twice.

What was told is kept in the transaction that keeps what was sent: both are there, or neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from core import utc
from core.errors import UsageError
from core.state.schema import IDEMPOTENCY_KEYS, LONGEST_IDEMPOTENCY_KEY

LONGEST_TOKEN: Final = LONGEST_IDEMPOTENCY_KEY
KEPT: Final = timedelta(days=1)
"""How long a key is known: longer than any client tries again."""
_CHUNK: Final = 200
_C = IDEMPOTENCY_KEYS.c


class TokenReused(UsageError):  # noqa: N818 - a verdict, said as one
    """The `Idempotency-Key` came with another body before."""


@dataclass(frozen=True)
class RequestToken:
    """A request's `Idempotency-Key` (`token`), whose it is, where it was sent, and a hash of what was sent."""

    owner: str
    path: str
    token: str
    digest: str

    @classmethod
    def of(cls, owner: str, path: str, token: str, body: str) -> RequestToken:
        """That of a body."""
        return cls(owner, path, token, hashlib.sha256(body.encode()).hexdigest())

    @property
    def place(self) -> tuple[str, str, str]:
        """What tells it from others; the digest has to be the same."""
        return self.owner, self.path, self.token


class Earlier:
    """What was told to these requests before; `note` adds what is told to one now, `keep` writes what was noted."""

    def __init__(self, connection: sa.Connection, asked: Iterable[RequestToken | None]) -> None:
        self._connection = connection
        self._told: dict[tuple[str, str, str], tuple[str, Any]] = {}
        self._new: dict[tuple[str, str, str], dict[str, Any]] = {}
        places = sorted({repeat.place for repeat in asked if repeat is not None})
        for start in range(0, len(places), _CHUNK):
            self._read(places[start : start + _CHUNK])

    def firsts(self, asked: Sequence[RequestToken | None]) -> list[int]:
        """The places of those that were told nothing yet; of the same that came twice at once the first."""
        seen = set(self._told)
        found = []
        for place, repeat in enumerate(asked):
            if repeat is None or repeat.place not in seen:
                found.append(place)
            if repeat is not None:
                seen.add(repeat.place)
        return found

    def told(self, repeat: RequestToken | None) -> Any:
        """What the request was told before, or is told now.

        Raises:
            TokenReused: it was another one.
        """
        assert repeat is not None
        digest, answer = self._told[repeat.place]
        if digest != repeat.digest:
            raise TokenReused("this Idempotency-Key came with another body before", todo="take a new key for it")
        return answer

    def note(self, repeat: RequestToken | None, answer: Mapping[str, Any]) -> None:
        """This is what the request is told."""
        if repeat is not None:
            self._told[repeat.place] = repeat.digest, answer
            row: dict[str, Any] = dict(zip(("owner", "path", "token"), repeat.place, strict=True))
            row |= {"digest": repeat.digest, "answer": json.dumps(answer), "at": utc.naive(utc.now())}
            self._new[repeat.place] = row

    def keep(self) -> None:
        """Write what was noted; a key whose time is over is taken anew."""
        if self._new:
            for row in self._new.values():
                same = (_C.owner == row["owner"]) & (_C.path == row["path"]) & (_C.token == row["token"])
                self._connection.execute(IDEMPOTENCY_KEYS.delete().where(same, _C.at < _oldest()))
            self._connection.execute(IDEMPOTENCY_KEYS.insert(), list(self._new.values()))

    def _read(self, places: list[tuple[str, str, str]]) -> None:
        query = sa.select(IDEMPOTENCY_KEYS).where(_C.token.in_({token for _, _, token in places}), _C.at >= _oldest())
        for row in self._connection.execute(query):
            self._told[row.owner, row.path, row.token] = row.digest, json.loads(row.answer)


def sweep(connection: sa.Connection) -> int:
    """Forget the keys whose time is over; returns how many."""
    return connection.execute(IDEMPOTENCY_KEYS.delete().where(_C.at < _oldest())).rowcount


def _oldest() -> Any:
    return utc.naive(utc.now() - KEPT)
