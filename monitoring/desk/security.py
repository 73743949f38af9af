"""What every response carries, and which requests are heard at all."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# A report is a page with scripts of its own: it runs sandboxed, in an origin of its own, and reaches nothing.
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
MOST_BODY = 64 * 1024


class Guard:
    """Refuses foreign hosts (DNS rebinding), posts from other sites and large bodies; adds the headers."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        app = PlainTextResponse(refusal[1], refusal[0]) if refusal else self.app
        await app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        if not scope["query_string"].isascii():
            return 400, "an address is of ASCII characters"
        host = headers.get("host", "")
        if self.hosts and _split(f"//{host}").hostname not in self.hosts:
            return 421, "this host name is not served here"
        if scope["method"] in ("GET", "HEAD"):
            return None
        origin = headers.get("origin")
        if origin is not None and _split(origin).netloc != host:
            return 403, "this came from another site"
        length = headers.get("content-length", "")
        if not length.isdecimal() or len(length) > len(str(MOST_BODY)) or int(length) > MOST_BODY:
            return 413, "too much, or of unknown length"
        return None


def _split(address: str) -> SplitResult:
    """Of one that is none, nothing."""
    try:
        return urlsplit(address)
    except ValueError:  # brackets that hold no IPv6 address
        return SplitResult("", "", "", "", "")


def hosts_for(host: str) -> frozenset[str]:
    """The names under which the desk may be called; any where it listens on every address."""
    if host in ("0.0.0.0", "::"):
        return frozenset()
    return frozenset({host.strip("[]"), "127.0.0.1", "localhost", "::1"})


def _with_headers(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", PAGE_POLICY)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sender
