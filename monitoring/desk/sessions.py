"""Who is signed in: a signed cookie that names a key, and a list of the sessions that are on.

The cookie holds the key's id, a CSRF token and an expiry under an HMAC; never the key. It is HttpOnly and
SameSite=Strict. A session is on from its sign-in to its sign-out, the desk's end, or the end of the token it began with
(expired, revoked, rotated away): a cookie that is replayed later is nobody's. Wrong keys close the door for the address
they come from, and for nobody else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import asdict, dataclass, replace

import structlog

from core.audit import AuditLog
from core.keys import Key, KeyStore, token_digest
from core.secret_files import secret
from core.workspace import Workspace

COOKIE = "regulars_desk"
SECRET = "desk-session"
RIGHT = "review"
HOURS = 8
MOST_FAILURES = 10
FAILURE_SECONDS = 60.0
MOST_ADDRESSES = 10_000
"""Addresses whose failures are remembered; the one that failed longest ago is forgotten first."""
_log = structlog.get_logger("desk")


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
        self._workspace = workspace
        self._key = secret(workspace, SECRET)
        self._keys = KeyStore(workspace)
        self._on: dict[str, tuple[str, int]] = {}
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

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
        """The key that signed in, if the session is on, and the token it began with still opens and may review."""
        token, _ = self._on.get(session.csrf, ("", 0))
        found = self._keys.tokens().get(token) if token else None
        return found.key if found and found.key.id == session.key_id and found.key.allows(RIGHT) else None

    def sign_in(self, token: str, session: Session, address: str) -> Session | None:
        """The session of the key with that token, or None; after too many failures none for that address."""
        if self.throttled(address):
            return None
        key = self._keys.find(token.strip())
        if key is None or not key.allows(RIGHT):
            self._failed(address)
            return None
        made, now = session.signed_in(key.id), time.time()
        self._on = {each: (held, end) for each, (held, end) in self._on.items() if end > now}
        self._on[made.csrf] = (token_digest(token.strip()), made.expires)
        return made

    def sign_out(self, session: Session) -> None:
        """The session is over, whoever keeps its cookie."""
        self._on.pop(session.csrf, None)

    def throttled(self, address: str) -> bool:
        """Whether too many wrong keys came from there within the last minute."""
        failures = self._failures.get(address)
        return (
            failures is not None and len(failures) == MOST_FAILURES and time.monotonic() - failures[0] < FAILURE_SECONDS
        )

    def _failed(self, address: str) -> None:
        failures = self._failures.setdefault(address, deque(maxlen=MOST_FAILURES))
        failures.append(time.monotonic())
        self._failures.move_to_end(address)
        if len(self._failures) > MOST_ADDRESSES:
            self._failures.popitem(last=False)
        _log.warning("a wrong key at the review desk", address=address)
        if self.throttled(address):
            seconds = int(FAILURE_SECONDS)
            AuditLog(self._workspace).append("sign-in closed", "review desk", address, {"seconds": seconds})

    def _mac(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()
