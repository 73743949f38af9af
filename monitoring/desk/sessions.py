"""Who is signed in: a signed cookie that names a key; the key itself is checked again on every request.

The cookie holds the key's id, a CSRF token and an expiry under an HMAC; never the key. It is HttpOnly and
SameSite=Strict. A revoked or expired key is out at once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from dataclasses import asdict, dataclass, replace

from core.keys import Key, KeyStore
from core.secret_files import secret
from core.workspace import Workspace

COOKIE = "regulars_desk"
SECRET = "desk-session"
RIGHT = "review"
HOURS = 8
MOST_FAILURES = 10
FAILURE_SECONDS = 60.0


@dataclass(frozen=True)
class Session:
    """What the cookie says; `key_id` is empty before sign-in, when it only carries the CSRF token."""

    key_id: str
    csrf: str
    expires: int

    def signed_in(self, key_id: str) -> Session:
        """A new session of that key, with a CSRF token of its own."""
        return replace(new_session(), key_id=key_id)


def new_session() -> Session:
    """A session of nobody yet."""
    return Session("", secrets.token_urlsafe(32), int(time.time()) + HOURS * 3600)


class Sessions:
    """Signs and reads cookies, and finds the key behind one."""

    def __init__(self, workspace: Workspace) -> None:
        self._key = secret(workspace, SECRET)
        self._keys = KeyStore(workspace)
        self._failures: deque[float] = deque(maxlen=MOST_FAILURES)

    def write(self, session: Session) -> str:
        """The cookie's value."""
        body = base64.urlsafe_b64encode(json.dumps(asdict(session)).encode()).decode()
        return f"{body}.{self._mac(body)}"

    def read(self, cookie: str | None) -> Session | None:
        """The session of a cookie; None where it is missing, forged, damaged or has expired."""
        body, _, mac = (cookie or "").rpartition(".")
        if not body or not hmac.compare_digest(mac.encode(), self._mac(body).encode()):
            return None
        session = Session(**json.loads(base64.urlsafe_b64decode(body)))
        return session if session.expires > time.time() else None

    def key_of(self, session: Session) -> Key | None:
        """The key that signed in, if it still is active and may review."""
        if not session.key_id:
            return None
        found = next((key for key in self._keys.list() if key.id == session.key_id), None)
        return found if found and found.state() == "active" and found.allows(RIGHT) else None

    def sign_in(self, token: str, session: Session) -> Session | None:
        """The session of the key with that token, or None; after too many failures nobody gets in for a minute."""
        if self.throttled():
            return None
        key = self._keys.find(token.strip())
        if key is None or not key.allows(RIGHT):
            self._failures.append(time.monotonic())
            return None
        return session.signed_in(key.id)

    def throttled(self) -> bool:
        """Whether the last minute saw too many failures."""
        full = len(self._failures) == MOST_FAILURES
        return full and time.monotonic() - self._failures[0] < FAILURE_SECONDS

    def _mac(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()
