"""What the service was asked last is asked again, through the very handlers, before a worker says that it is ready.

The first request pays for what is made on first use: readers of the store, boosters' predictors, code that was never
run. So the newest requests of the prediction log are replayed, of each kind a few that ask differently; where none are
known a request is made of ids that the shop knows. Nobody asked, so nothing is logged or counted, by the shadows
neither.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core import utc
from core.errors import RegularsError
from core.keys import RIGHTS, Key
from core.logs import trail
from core.prediction_log import PredictionLog
from core.recent_requests import RecentRequest, recent_requests
from feature_repo.materialization import Materializations
from models.demand.series import split_id
from serving import prometheus, strict_json
from serving.endpoint import Endpoint
from serving.endpoints import ENDPOINTS
from serving.handling import answer
from serving.problems import Problem
from serving.recorded_bodies import bodies
from serving.runtime import Runtime
from serving.shadow_scoring import ShadowScoring

PATHS: Final = {"/v1/churn", "/v1/recommendations", "/v1/similar", "/v1/bundles", "/v1/demand", "/v1/customers"}
"""Those that only read, and answer at once: for audiences every customer is read, behind the first requests."""
TIMES: Final = 3
"""How often each body is asked: what is only made for the second one is made, too."""
OF_EACH_KIND: Final = 3
VIEW: Final = "customer_features"
NOBODY: Final = "nobody"
SECONDS: Final = 10.0
"""No request begins later: a worker that is not wholly warm is better than none."""
_log = structlog.get_logger(__name__)


def warm_up(runtime: Runtime, in_every_thread: Callable[[Callable[[], object]], None] = lambda work: None) -> None:
    """Ask what was asked last, else for a customer and a product that are known, where there are any.

    `in_every_thread` runs something in each thread that answers: they have connections to the store of their own.
    """
    until = time.monotonic() + SECONDS
    quiet = copy.copy(runtime)
    quiet.predictions = cast(PredictionLog, _Nowhere())
    quiet.shadows = cast(ShadowScoring, _Nowhere())
    recent = _recent(runtime)
    runtime.audiences.is_asked |= any(each.kind == "audience" for each in recent)
    recorded = bodies(recent, runtime.workspace.settings.demand.series)
    with prometheus.uncounted():
        for endpoint in ENDPOINTS:
            if endpoint.path in PATHS:
                prometheus.expect_requests(endpoint.path)
                _ask(quiet, endpoint, recorded.get(endpoint.path, []), until)
    in_every_thread(lambda: runtime.features.read_view(VIEW, [NOBODY]))


def _recent(runtime: Runtime) -> Sequence[RecentRequest]:
    """None where the database, which knows them, is away."""
    try:
        return recent_requests(runtime.workspace.database, OF_EACH_KIND)
    except (SQLAlchemyError, RegularsError) as error:
        _log.warning("recorded_requests_not_read", error=type(error).__name__)
        return []


def _ask(runtime: Runtime, endpoint: Endpoint, recorded: Sequence[Mapping[str, Any]], until: float) -> None:
    """The recorded bodies; an example where there are none, or none can be answered any more."""
    answered = [_is_answered(runtime, endpoint, body, until) for body in recorded]
    if not any(answered):
        _is_answered(runtime, endpoint, _example(runtime, endpoint), until)


def _is_answered(runtime: Runtime, endpoint: Endpoint, body: Mapping[str, Any], until: float) -> bool:
    key = Key("", "warm up", frozenset(RIGHTS), utc.now(), None, None)
    try:
        raw = strict_json.encode(body)
        for _ in range(TIMES):
            if time.monotonic() < until:
                answer(runtime, endpoint, raw, key)
    except (Problem, RegularsError):
        return False  # nothing to answer from: a request will be told so
    except Exception as error:
        _log.error("warm_up_failed", path=endpoint.path, error=type(error).__name__, trail=trail(error))
        return False
    return True


def _example(runtime: Runtime, endpoint: Endpoint) -> dict[str, Any]:
    """As the documentation has it, of ids that are known."""
    example = dict(endpoint.example)
    if "customer_ids" in example or "customer_id" in example:
        for known in _first(runtime, VIEW):
            example |= {"customer_ids": [known]} if "customer_ids" in example else {"customer_id": known}
    products = runtime.products.columns.get("product_id")
    if "product_id" in example and products:
        example["product_id"] = products[0]
    outlook = runtime.forecasts.now
    if "series" in example and outlook is not None:
        values = split_id(outlook.forecast.ids[0], outlook.keys)
        example["series"] = [dict(zip(outlook.keys, values, strict=True))]
    return example


def _first(runtime: Runtime, view: str) -> list[str]:
    """None where the store was never filled, or the database, which knows them, is away: an unknown one takes nearly
    the same way.
    """
    try:
        return list(Materializations(runtime.workspace).keys(view)[:1])
    except (SQLAlchemyError, RegularsError):
        return []


class _Nowhere:
    """Takes predictions, and what shadows would say, and keeps none."""

    def append(self, _prediction: object) -> None:
        return

    def submit(self, *_asked: object) -> None:
        return
