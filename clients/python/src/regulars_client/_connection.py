"""What both clients connect with: the address, the key, the pool."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any, Final

import httpx

__version__: Final = "0.1.0"
TOKEN: Final = re.compile(r"[!-~]+")


class Bearer(httpx.Auth):
    """Puts the key on requests, and nowhere else: no text, no copy of it is made from this."""

    __slots__ = ("_token",)

    def __init__(self, key: str) -> None:
        if not isinstance(key, str) or not TOKEN.fullmatch(key):
            raise ValueError("key: allowed is a token as `regulars keys create` prints it, without spaces")
        self._token = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the key."""
        request.headers["Authorization"] = "Bearer " + self._token
        yield request

    def __repr__(self) -> str:
        return "Bearer(***)"

    def __reduce__(self) -> str:
        raise TypeError("a client is not copied or pickled, since its key would be; make one where it is needed")


def options(url: str, key: str, connections: int, idle_seconds: float) -> dict[str, Any]:
    """For httpx's clients.

    Raises:
        ValueError: the url or the key can't be one.
    """
    parsed = httpx.URL(url)
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo:
        raise ValueError("url: allowed is an address such as https://regulars.example:3000, without user and password")
    limits = httpx.Limits(
        max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=idle_seconds
    )
    headers = {"User-Agent": f"regulars-client/{__version__}", "Accept": "application/json"}
    return {"base_url": parsed, "auth": Bearer(key), "limits": limits, "headers": headers, "follow_redirects": False}
