"""Keys as keyed hashes: equal keys stay equal, and nobody without the secret can try out e-mails against them."""

from __future__ import annotations

import hashlib
import hmac
import re

from core.secret_files import secret
from core.workspace import Workspace

SECRET = "identity-key"
LENGTH = 32
"""In hexadecimal digits: 128 bits."""
GUEST = "guest-"
"""What the id of a customer begins with whom the shop knows by a key only."""
GUEST_PATTERN = re.compile(rf"{GUEST}[0-9a-f]{{20}}")


class KeyedHashes:
    """The hashes of a workspace: `REGULARS_IDENTITY_KEY`, else `secrets/identity-key`."""

    def __init__(self, workspace: Workspace) -> None:
        self._secret = secret(workspace, SECRET)

    def of(self, kind: str, value: str) -> str:
        """The hash of a key; equal values of two kinds have two."""
        return hmac.new(self._secret, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()[:LENGTH]


def guest_id(hashed: str) -> str:
    """The id of who is known by that key only."""
    return f"{GUEST}{hashed[:20]}"
