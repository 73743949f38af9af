"""Every page of the review desk, taken from its routes, so that no new page is forgotten by a test or the docs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.routing import BaseRoute, Route

from core.workspace import Workspace
from monitoring.desk import app

EXAMPLES: Final[Mapping[str, str]] = {
    "/": "/",
    "/signin": "/signin",
    "/models/{kind}": "/models/churn",
    "/models/{kind}/versions/{version}": "/models/churn/versions/1",
    "/models/{kind}/compare": "/models/churn/compare?a=2&b=1&wait=1",
    "/models/{kind}/columns/{source}/{name:path}": "/models/churn/columns/feature/rfm_segment",
    "/models/{kind}/fairness/{attribute:path}": "/models/churn/fairness/age_band",
    "/segments": "/segments",
    "/shop": "/shop",
    "/data": "/data",
    "/data/dictionary": "/data/dictionary",
    "/alerts": "/alerts",
    "/audit": "/audit",
    "/search": "/search?q=churn",
    "/evidence": "/evidence",
}
"""An address of each page, in a shop with versions 1 and 2 of churn."""
NO_PAGES: Final[Mapping[str, str]] = {
    "/models/{kind}/versions/{version}/plots/{name}": "a picture",
    "/reports/{project}/{run}": "Evidently's own page",
    "/language/{code}": "leads back to where the reader was",
    "/healthz": "a word for machines",
}


def addresses(routes: Iterable[BaseRoute]) -> list[str]:
    """One address of each page among the routes."""
    pages = [each.path for each in routes if isinstance(each, Route) and "GET" in (each.methods or ())]
    unknown = set(pages) - set(EXAMPLES) - set(NO_PAGES)
    assert not unknown, f"{sorted(unknown)}: a page needs an example here, a section in docs/desk.md, a picture"
    return [EXAMPLES[path] for path in dict.fromkeys(pages) if path in EXAMPLES]


@contextmanager
def listening(workspace: Workspace) -> Iterator[str]:
    """The desk, listening; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app.build(workspace), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
