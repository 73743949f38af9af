"""What is sent to get a header, a cookie or a line of the log in between, and what must not come of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Message

NASTY: Final = {
    "a line end": b"x\r\nset-cookie: sid=stolen\r\n\r\n<script>",
    "a bare line feed": b"x\nset-cookie: sid=stolen",
    "a bare carriage return": b"x\rset-cookie: sid=stolen",
    "an escaped line end": b"x%0d%0aset-cookie:%20sid=stolen",
    "quotes": b'x"; filename="evil.exe',
    "no latin-1": "Зоя 漢字 \N{LINE SEPARATOR}x".encode(),
    "no UTF-8": b"x\xff\xfe\x85",
    "a zero byte": b"x\x00y",
    "very long": b"9" * 30_000,
}


@dataclass(frozen=True)
class Answer:
    """What a server would put on the wire."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def is_clean(self) -> bool:
        """Whether every header is one header, and none of them came in with the request."""
        told = b"".join(name + value for name, value in self.headers)
        sane = not any(byte < 32 or byte == 127 for byte in told)
        return sane and b"stolen" not in told and b"evil" not in told and self.status != 500


def ask(
    application: ASGIApp,
    method: str,
    path: str,
    headers: list[tuple[bytes, bytes]],
    *,
    query: bytes = b"",
    body: bytes = b"",
) -> Answer:
    """Hand a request over as the laxest of servers would: whatever bytes, in whatever place."""
    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method}
    scope |= {"scheme": "http", "path": path, "raw_path": path.encode(), "root_path": ""}
    scope |= {"query_string": query, "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async def answered() -> None:
        await application(scope, receive, send)

    asyncio.run(answered())
    start = next(each for each in sent if each["type"] == "http.response.start")
    return Answer(start["status"], list(start["headers"]), b"".join(each.get("body", b"") for each in sent))
