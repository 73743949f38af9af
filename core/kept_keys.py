"""A copy of the keys, as hashes, beside a database on a server: with it the service opens while that is away."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from core import utc
from core.files import write_atomically
from core.keys import Key, Token
from core.workspace import Workspace

FILE: Final = "keys.json"
LOOK_SECONDS: Final = 60.0
"""So often the copy is told that it is still right, which its time says."""


class KeptKeys:
    """The keys as they were read last, in a 0600 file; none of an embedded database, which is a file itself."""

    def __init__(self, workspace: Workspace) -> None:
        self._path = workspace.secrets_dir / FILE
        self._wanted = bool(workspace.settings.stores.database)
        self._kept: Mapping[str, Token] | None = None
        self._kept_at = float("-inf")

    def keep(self, tokens: Mapping[str, Token]) -> None:
        """Keep what was just read; a disk that takes nothing is no reason to refuse anybody."""
        if not self._wanted:
            return
        now = time.monotonic()
        with suppress(OSError):
            if tokens != self._kept:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_atomically(self._path, json.dumps({each: _row(tokens[each]) for each in tokens}), mode=0o600)
                self._kept, self._kept_at = dict(tokens), now
            elif now - self._kept_at > LOOK_SECONDS:
                os.utime(self._path)
                self._kept_at = now

    def load(self) -> tuple[Mapping[str, Token], float] | None:
        """The tokens that open still, and how many seconds ago they were right; None where none are kept."""
        if not self._wanted:
            return None
        try:
            rows: dict[str, Any] = json.loads(self._path.read_text())
            age = max(0.0, time.time() - self._path.stat().st_mtime)
        except (OSError, ValueError):
            return None
        tokens = {digest: _token(row) for digest, row in rows.items()}
        return {digest: token for digest, token in tokens.items() if token.opens()}, age


def _row(token: Token) -> dict[str, Any]:
    key = token.key
    return {
        "id": key.id,
        "name": key.name,
        "rights": sorted(key.rights),
        "created_at": key.created_at.isoformat(),
        "expires_at": _text(key.expires_at),
        "per_second": key.per_second,
        "previous_until": _text(key.previous_until),
        "until": _text(token.until),
    }


def _token(row: Mapping[str, Any]) -> Token:
    key = Key(
        row["id"],
        row["name"],
        frozenset(row["rights"]),
        utc.parse(row["created_at"]),
        _time(row["expires_at"]),
        None,
        row["per_second"],
        _time(row["previous_until"]),
    )
    return Token(key, _time(row["until"]))


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _time(text: str | None) -> datetime | None:
    return utc.parse(text) if text else None
