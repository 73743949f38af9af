"""A server on a real socket that answers as it is told: well, late, in pieces, wrongly, or not at all."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from regulars_client import RetryPolicy
from regulars_client._examples import EXAMPLES

KEY: Final = "s3cret-token-of-a-test"
QUICKLY: Final = RetryPolicy(first_pause=0.001, longest_pause=0.002)
CHURN: Final = json.loads(EXAMPLES)["answers"]["churn"]
PROBLEMS: Final = json.loads(EXAMPLES)["problems"]


class Flaky(ThreadingHTTPServer):
    """Each request takes the next step of `script`; then all are answered. `seen` has their headers and bodies."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: deque[Any] = deque()
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.connections = 0
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Flaky

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(({name.lower(): value for name, value in self.headers.items()}, content))
        step = self.server.script.popleft() if self.server.script else "ok"
        match step:
            case "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            case "cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"half')
                self.close_connection = True
            case ("drip", pieces):
                self.send_response(200)
                self.send_header("Content-Length", str(pieces))
                self.end_headers()
                for _ in range(pieces):
                    self.wfile.write(b" ")
                    time.sleep(0.02)
            case ("slow", seconds):
                time.sleep(seconds)
                self._answer(200, CHURN, {})
            case "page":
                self._send(200, b"<html>Welcome</html>", {"Content-Type": "text/html"})
            case ("redirect", place):
                self._send(307, b"", {"Location": place})
            case (int(status), str(problem), dict(headers)):
                self._answer(status, PROBLEMS[problem], headers)
            case "gateway":
                self._send(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})
            case _:
                self._answer(200, CHURN, {})

    def _answer(self, status: int, body: Any, headers: dict[str, str]) -> None:
        self._send(status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
