"""Who reads what a request asks for: found once, before any page is made."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from core.workspace import Workspace
from monitoring.desk import languages
from monitoring.desk.languages import Reader


class Readers:
    """Sets the reader of every request: language, form of numbers, and the table asked for as CSV."""

    def __init__(self, app: ASGIApp, workspace: Workspace) -> None:
        self.app = app
        self._workspace = workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the one who asks."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with languages.reading(_reader(Request(scope), self._workspace)):
            await self.app(scope, receive, send)


def on_this_desk(address: str) -> str:
    """The address, if it is a page of this desk; else the first page: no link leads away from here."""
    safe = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if safe else "/"


def _reader(request: Request, workspace: Workspace) -> Reader:
    cookie = request.cookies.get(languages.COOKIE)
    language, locale = languages.chosen(cookie, request.headers.get("accept-language", ""))
    table = request.query_params.get("csv", "")
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "csv"]
    address = request.url.path + (f"?{urlencode(rest)}" if rest else "")
    return Reader(language, locale, address, workspace.tables.base_currency, bool(table), table)
