"""The addresses that are no endpoints: whether the process lives, whether it can answer, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from serving import docs_page, openapi, strict_json
from serving.lanes import SOON
from serving.problems import NoModel, NotYet

if TYPE_CHECKING:
    from serving.http import Answering


def _json(content: dict[str, Any]) -> Response:
    return Response(strict_json.encode(content), media_type="application/json")


def _alive(_: Answering) -> Response:
    return _json({"status": "alive"})


def _ready(answering: Answering) -> Response:
    runtime = answering.runtime
    if answering.draining:
        raise NotYet("this process is about to end", headers=SOON)
    if not runtime.loaded:
        raise NotYet("the models are being loaded", headers=SOON)
    if not runtime.ready:
        todo = "train one and promote it: regulars train churn, then regulars promote churn 1"
        raise NoModel(f"there is no model to answer from; {todo}", headers=SOON)
    stores = {"online_store": runtime.online_store.trouble or "ok", "database": runtime.database.trouble or "ok"}
    return _json({"status": "ready", "models": runtime.champions.versions(), **stores})


def _documents(answering: Answering) -> Response:
    return _json(openapi.document(answering.settings.max_ids))


def _page(answering: Answering) -> Response:
    content = docs_page.page(answering.settings.max_ids)
    return Response(content, headers={"Content-Security-Policy": docs_page.POLICY}, media_type="text/html")


PAGES: Final[dict[str, Callable[[Answering], Response]]] = {
    "/healthz": _alive,
    "/readyz": _ready,
    openapi.PATH: _documents,
    docs_page.PATH: _page,
}
