"""The desk as a Starlette application: routes, sign-in, pages, decisions.

Page work (the registry, the database, a comparison) runs in worker threads; nothing here needs a script in the
browser, so the pages allow none.
"""

from __future__ import annotations

import hmac
import importlib
import threading
from pathlib import Path
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from core import actors, messages
from core.alert_delivery import Deliverer
from core.errors import GateRefused, NotReady, RegularsError, UsageError
from core.keys import Key
from core.workspace import Workspace
from models.kinds import names
from monitoring.desk import (
    alerts_page,
    csv_tables,
    data_page,
    decisions,
    dictionary_page,
    fairness_page,
    feature_page,
    forecasts,
    languages,
    model_page,
    pages,
    search,
    segments_page,
    shop_page,
)
from monitoring.desk.languages import gettext
from monitoring.desk.reader_of_request import Readers, on_this_desk
from monitoring.desk.render import Templates
from monitoring.desk.security import REPORT_POLICY, Guard, hosts_for
from monitoring.desk.sessions import COOKIE, HOURS, Session, Sessions, new_session
from monitoring.run_trends import trends
from monitoring.summary import Summaries

STATIC = Path(__file__).parent / "static"
_log = structlog.get_logger("desk")


class Desk:
    """The handlers; one instance per application."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.sessions = Sessions(workspace)
        self.templates = Templates(workspace)
        self._said: dict[str, str] = {}

    def routes(self) -> list[BaseRoute]:
        """Every address of the desk."""
        return [
            Route("/", self.overview),
            Route("/signin", self.sign_in_page),
            Route("/signin", self.sign_in, methods=["POST"]),
            Route("/signout", self.sign_out, methods=["POST"]),
            Route("/models/{kind}", self.model),
            Route("/models/{kind}/compare", self.compare),
            Route("/models/{kind}/columns/{source}/{name:path}", self.column),
            Route("/models/{kind}/fairness/{attribute:path}", self.fairness),
            Route("/models/demand/forecasts", self.accept_forecasts, methods=["POST"]),
            Route("/models/{kind}/versions/{version}", self.version),
            Route("/models/{kind}/versions/{version}", self.decide, methods=["POST"]),
            Route("/models/{kind}/versions/{version}/plots/{name}", self.plot),
            Route("/reports/{project}/{run}", self.report),
            Route("/segments", self.segments),
            Route("/shop", self.shop),
            Route("/data", self.data),
            Route("/data/dictionary", self.dictionary),
            Route("/alerts", self.alerts),
            Route("/alerts/{number:int}", self.answer_alert, methods=["POST"]),
            Route("/audit", self.audit),
            Route("/search", self.search),
            Route("/evidence", self.evidence),
            Route("/language/{code}", self.language),
            Route("/healthz", self.health),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    async def overview(self, request: Request) -> Response:
        """Every model at a glance."""
        reviewer = await self._reviewer(request)
        page = await run_in_threadpool(pages.overview, self.workspace)
        return self._page(reviewer, "overview.html", page, here="overview")

    async def model(self, request: Request) -> Response:
        """One model."""
        return await self._model_page(request, await self._reviewer(request), _kind(request))

    async def version(self, request: Request) -> Response:
        """One version with its gates, and the form to decide on it."""
        reviewer = await self._reviewer(request)
        return await self._version_page(request, reviewer)

    async def compare(self, request: Request) -> Response:
        """Two versions side by side. Scoring both takes some seconds: the first page says so and leads, at once, to one
        that answers when it is done. (A page that loads itself again and again would lose its reader's place.)
        """
        reviewer, kind = await self._reviewer(request), _kind(request)
        names = (request.query_params.get("a", "challenger"), request.query_params.get("b", "champion"))
        wait = "wait" in request.query_params or bool(languages.reader().table)
        page = await run_in_threadpool(pages.compare, self.workspace, kind, *names, wait)
        template = "comparing.html" if isinstance(page, pages.ComparingPage) else "compare.html"
        return self._page(reviewer, template, page, here=kind)

    async def column(self, request: Request) -> Response:
        """One column of a model: its values at training and now."""
        reviewer, kind, given = await self._reviewer(request), _kind(request), request.path_params
        page = await run_in_threadpool(feature_page.build, self.workspace, kind, given["source"], given["name"])
        return self._page(reviewer, "feature.html", page, here=kind)

    async def fairness(self, request: Request) -> Response:
        """The groups of one attribute, look by look."""
        reviewer, kind = await self._reviewer(request), _kind(request)
        attribute = request.path_params["attribute"]
        page = await run_in_threadpool(fairness_page.build, self.workspace, kind, attribute)
        return self._page(reviewer, "fairness.html", page, here=kind)

    async def alerts(self, request: Request) -> Response:
        """What waits for an answer, and what was answered."""
        return await self._alerts_page(await self._reviewer(request))

    async def segments(self, request: Request) -> Response:
        """Who the customers are, and how they move."""
        reviewer = await self._reviewer(request)
        page = await run_in_threadpool(segments_page.build, self.workspace)
        return self._page(reviewer, "segments.html", page, here="segments")

    async def shop(self, request: Request) -> Response:
        """How the shop does over the months."""
        reviewer = await self._reviewer(request)
        page = await run_in_threadpool(shop_page.build, self.workspace)
        return self._page(reviewer, "shop.html", page, here="shop")

    async def data(self, request: Request) -> Response:
        """How good the shop's data are."""
        reviewer = await self._reviewer(request)
        page = await run_in_threadpool(data_page.build, self.workspace)
        return self._page(reviewer, "data.html", page, here="data")

    async def dictionary(self, request: Request) -> Response:
        """What every field means."""
        reviewer = await self._reviewer(request)
        page = await run_in_threadpool(dictionary_page.build, self.workspace)
        return self._page(reviewer, "dictionary.html", page, here="data")

    async def search(self, request: Request) -> Response:
        """What has the words asked for in its name."""
        reviewer = await self._reviewer(request)
        page = await run_in_threadpool(search.build, self.workspace, request.query_params.get("q", ""))
        return self._page(reviewer, "search.html", page)

    async def audit(self, request: Request) -> Response:
        """The audit trail and whether its chain holds."""
        reviewer = await self._reviewer(request)
        page = await run_in_threadpool(pages.audit, self.workspace)
        return self._page(reviewer, "audit.html", page, here="audit")

    async def evidence(self, request: Request) -> Response:
        """What auditors ask, and where it stands."""
        reviewer = await self._reviewer(request)
        page = pages.EvidencePage(self.workspace.settings.log.keep_days)
        return self._page(reviewer, "evidence.html", page, here="audit")

    async def plot(self, request: Request) -> Response:
        """A picture of a version's training."""
        await self._reviewer(request)
        picture = await run_in_threadpool(pages.plot, self.workspace, **request.path_params)
        return Response(picture, media_type="image/png")

    async def report(self, request: Request) -> Response:
        """A full Evidently report, sandboxed."""
        await self._reviewer(request)
        page = await run_in_threadpool(pages.report, self.workspace, **request.path_params)
        return HTMLResponse(page, headers={"Content-Security-Policy": REPORT_POLICY})

    async def health(self, request: Request) -> Response:
        """Whether the desk answers; says nothing else."""
        return Response("ok", media_type="text/plain")

    async def language(self, request: Request) -> Response:
        """Switch the language, and back to where the reader was."""
        code = request.path_params["code"]
        if code not in languages.LANGUAGES:
            raise HTTPException(404, f"there is no language {code!r}; there is: {', '.join(languages.LANGUAGES)}")
        response = RedirectResponse(on_this_desk(request.query_params.get("back", "/")), 303)
        response.set_cookie(
            languages.COOKIE,
            code,
            max_age=365 * 86400,
            path="/",
            httponly=True,
            samesite="lax",
            secure=_secure(request),
        )
        return response

    async def sign_in_page(self, request: Request) -> Response:
        """The form that asks for a key."""
        session = self.sessions.read(request.cookies.get(COOKIE)) or new_session()
        return self._signed(request, self._html("signin.html", session), session)

    async def sign_in(self, request: Request) -> Response:
        """Take a key, give a session."""
        form = await request.form()
        session = self._genuine(request, form)
        address = request.client.host if request.client else ""
        found = await run_in_threadpool(self.sessions.sign_in, str(form.get("key", "")), session, address)
        if found is None:
            throttled = self.sessions.throttled(address)
            wait = gettext("too many wrong keys from your address: wait a minute") if throttled else ""
            wrong = wait or gettext("this is no valid key with the right to review")
            return self._html("signin.html", session, status=403, wrong=wrong)
        return self._signed(request, RedirectResponse("/", 303), found)

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        self.sessions.sign_out(self._genuine(request, await request.form()))
        response = RedirectResponse("/signin", 303)
        response.delete_cookie(COOKIE, path="/")
        return response

    async def decide(self, request: Request) -> Response:
        """Approve or refuse a version, with a reason."""
        reviewer, kind = await self._reviewer(request), _kind(request)
        form = await request.form()
        self._genuine(request, form)
        wanted = decisions.Wanted.of(kind, request.path_params["version"], form)
        try:
            who = await run_in_threadpool(actors.of_key, self.workspace, reviewer[1])
            with messages.speaking(messages.LANGUAGE):  # what is kept is English
                said = await run_in_threadpool(decisions.decide, self.workspace, wanted, who)
        except (UsageError, GateRefused) as error:
            return await self._version_page(request, reviewer, wrong=str(error), reason=wanted.reason)
        return self._done(request, reviewer[0], said)

    async def accept_forecasts(self, request: Request) -> Response:
        """Accept forecasts that wait for a reviewer, with a reason."""
        reviewer = await self._reviewer(request)
        form = await request.form()
        self._genuine(request, form)
        run = await run_in_threadpool(Summaries(self.workspace).latest)
        try:
            with messages.speaking(messages.LANGUAGE):
                said = await run_in_threadpool(forecasts.accept, self.workspace, run, form, reviewer[1].name)
        except UsageError as error:
            return await self._model_page(request, reviewer, "demand", wrong=str(error), reason=form.get("reason"))
        return self._done(request, reviewer[0], said, "/models/demand")

    async def answer_alert(self, request: Request) -> Response:
        """Close or silence an alert, with a reason."""
        reviewer = await self._reviewer(request)
        form = await request.form()
        self._genuine(request, form)
        answer = alerts_page.AlertAnswer.of(request.path_params["number"], form)
        try:
            who = await run_in_threadpool(actors.of_key, self.workspace, reviewer[1])
            said = await run_in_threadpool(alerts_page.give, self.workspace, answer, who)
        except UsageError as error:
            return await self._alerts_page(reviewer, wrong=str(error), **answer.around())
        return self._done(request, reviewer[0], said, "/alerts")

    def _done(self, request: Request, session: Session, said: str, path: str = "") -> Response:
        """On to the page that says what was done: loading it again does nothing twice."""
        self._said[session.csrf] = said
        return RedirectResponse(path or request.url.path, 303)

    async def _alerts_page(self, reviewer: tuple[Session, Key], **extra: Any) -> Response:
        page = await run_in_threadpool(alerts_page.build, self.workspace)
        status = 400 if extra.get("wrong") else 200
        return self._page(reviewer, "alerts.html", page, status=status, here="alerts", **extra)

    async def _model_page(self, request: Request, reviewer: tuple[Session, Key], kind: str, **extra: Any) -> Response:
        page = await run_in_threadpool(model_page.build, self.workspace, kind)
        status = 400 if extra.get("wrong") else 200
        return self._page(reviewer, "model.html", page, status=status, here=kind, **extra)

    async def _version_page(self, request: Request, reviewer: tuple[Session, Key], **extra: Any) -> Response:
        kind = _kind(request)
        page = await run_in_threadpool(pages.version, self.workspace, kind, request.path_params["version"])
        status = 400 if extra.get("wrong") else 200
        return self._page(reviewer, "version.html", page, status=status, here=kind, **extra)

    async def _reviewer(self, request: Request) -> tuple[Session, Key]:
        """The session and key of who asks.

        Raises:
            HTTPException: 303 to the sign-in, where nobody is signed in.
        """
        session = self.sessions.read(request.cookies.get(COOKIE))
        key = await run_in_threadpool(self.sessions.key_of, session) if session else None
        if session is None or key is None:
            raise HTTPException(303, headers={"Location": "/signin"})
        return session, key

    def _genuine(self, request: Request, form: FormData) -> Session:
        """The session of a post that carries its CSRF token.

        Raises:
            HTTPException: 403 without it.
        """
        session = self.sessions.read(request.cookies.get(COOKIE))
        given = str(form.get("csrf", ""))
        if session is None or not hmac.compare_digest(given.encode(), session.csrf.encode()):
            raise HTTPException(403, gettext("this form is no longer valid: open the page again"))
        return session

    def _page(self, reviewer: tuple[Session, Key], template: str, page: object, **around: Any) -> Response:
        session, key = reviewer
        around.setdefault("said", self._said.pop(session.csrf, ""))
        return self._html(template, session, page, who=key.name, **around)

    def _html(
        self,
        template: str,
        session: Session,
        page: object | None = None,
        status: int = 200,
        **around: Any,
    ) -> Response:
        text = self.templates.render(template, page, csrf=session.csrf, **around)
        return csv_tables.response(text, languages.reader().table) or HTMLResponse(text, status)

    def _signed(self, request: Request, response: Response, session: Session) -> Response:
        response.set_cookie(
            COOKIE,
            self.sessions.write(session),
            max_age=HOURS * 3600,
            path="/",
            httponly=True,
            samesite="strict",
            secure=_secure(request),
        )
        return response

    async def wrong(self, request: Request, error: Exception) -> Response:
        """An error as a page: what happened and what to do, never a traceback."""
        if isinstance(error, HTTPException):
            if error.status_code == 303:
                return RedirectResponse("/signin", 303)
            missing = error.status_code == 404
            heading = gettext("There is no such page") if missing else gettext("That can't be done")
            return self._error(error.status_code, heading, error.detail)
        status = 404 if isinstance(error, NotReady | UsageError) else 503
        return self._error(status, gettext("That can't be shown"), str(error))

    async def broken(self, request: Request, error: Exception) -> Response:
        """A mistake of ours: the log has it, the page says so."""
        _log.error("page failed", path=request.url.path, error=type(error).__name__)
        return self._error(
            500, gettext("This page failed"), gettext("the desk's log says more; the other pages still work")
        )

    def _error(self, status: int, heading: str, text: str) -> Response:
        return HTMLResponse(self.templates.render("error.html", heading=heading, text=text), status)


def build(workspace: Workspace) -> Starlette:
    """The application of a workspace."""
    desk = Desk(workspace)
    return Starlette(
        routes=desk.routes(),
        middleware=[
            Middleware(Guard, hosts=hosts_for(workspace.settings.review.host)),
            Middleware(Readers, workspace=workspace),
        ],
        exception_handlers={HTTPException: desk.wrong, RegularsError: desk.wrong, Exception: desk.broken},
    )


def serve(workspace: Workspace, host: str, port: int) -> None:
    """Listen until told to stop. What the first reader would wait for is done beside: Evidently is imported, the runs
    are read.
    """
    import uvicorn

    threading.Thread(target=importlib.import_module, args=("monitoring.reports",), daemon=True).start()
    threading.Thread(target=trends, args=(workspace,), daemon=True).start()
    threading.Thread(target=Deliverer(workspace).stay, name="alerts", daemon=True).start()
    uvicorn.run(
        build(workspace), host=host, port=port, log_level="warning", access_log=False, server_header=False, workers=1
    )


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


def _kind(request: Request) -> str:
    kind = str(request.path_params["kind"])
    if kind not in names():
        raise HTTPException(404, f"there is no model {kind!r}; there is: {', '.join(names())}")
    return kind
