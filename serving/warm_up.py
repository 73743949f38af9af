"""Every kind of prediction once, through the very handlers, before a worker says that it is ready.

The first request pays for what is made on first use: readers of the store, boosters' predictors, code that was never
run. Nobody asked, so nothing is logged or counted.
"""

from __future__ import annotations

import copy
from typing import Any, Final, cast

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core import utc
from core.errors import RegularsError
from core.keys import RIGHTS, Key
from core.prediction_log import PredictionLog
from feature_repo.materialization import Materializations
from models.demand.series import split_id
from serving import prometheus, strict_json
from serving.endpoint import Endpoint
from serving.endpoints import ENDPOINTS
from serving.handling import answer
from serving.problems import Problem
from serving.runtime import Runtime

PATHS: Final = {"/v1/churn", "/v1/recommendations", "/v1/similar", "/v1/bundles", "/v1/demand", "/v1/customers"}
"""Those that only read, and answer at once: an audience reads every customer."""
TIMES: Final = 3
_log = structlog.get_logger(__name__)


def warm_up(runtime: Runtime) -> None:
    """Ask for a customer and a product that are known, where there are any, as the documentation's examples do."""
    quiet = copy.copy(runtime)
    quiet.predictions = cast(PredictionLog, _Nowhere())
    with prometheus.uncounted():
        for endpoint in ENDPOINTS:
            if endpoint.path in PATHS:
                _ask(quiet, endpoint)


def _ask(runtime: Runtime, endpoint: Endpoint) -> None:
    key = Key("", "warm up", frozenset(RIGHTS), utc.now(), None, None)
    try:
        body = strict_json.encode(_example(runtime, endpoint))
        for _ in range(TIMES):
            answer(runtime, endpoint, body, key)
    except (Problem, RegularsError):
        return  # nothing to answer from: a request will be told so
    except Exception as error:
        _log.exception("warm_up_failed", path=endpoint.path, error=type(error).__name__)


def _example(runtime: Runtime, endpoint: Endpoint) -> dict[str, Any]:
    example = dict(endpoint.example)
    if "customer_ids" in example or "customer_id" in example:
        for known in _first(runtime, "customer_features"):
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
    """None where the database, which knows them, is away: an unknown one takes nearly the same way."""
    try:
        return list(Materializations(runtime.workspace).keys(view)[:1])
    except SQLAlchemyError:
        return []


class _Nowhere:
    """Takes predictions and keeps none."""

    def append(self, _prediction: object) -> None:
        return
