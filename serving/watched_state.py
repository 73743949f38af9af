"""How the service stands, told to Prometheus every few seconds: what no single request says."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, get_args

from sqlalchemy.exc import SQLAlchemyError

from core import clock, utc
from core.batch_jobs import State
from core.errors import RegularsError
from serving import figures
from serving.prometheus import tell

if TYPE_CHECKING:
    from serving.runtime import Runtime

ONLINE: Final = "online"
TRAINED: Final = ("churn", "demand", "recommendation")
"""The kinds that every shop can train."""


def tell_state(runtime: Runtime) -> None:
    """Tell every gauge of this worker; one whose store does not answer keeps what it said."""
    _of_log(runtime)
    _of_models(runtime)
    _of_online_store(runtime)
    tell(figures.KEYS_AGE, runtime.access.age)
    for name, is_failing in runtime.tasks().items():
        tell(figures.TASKS_FAILING, is_failing, name)
    with suppress(RegularsError, SQLAlchemyError):
        _of_jobs(runtime)
    with suppress(RegularsError, SQLAlchemyError):
        _of_age(runtime)


def _of_log(runtime: Runtime) -> None:
    writer = runtime.predictions.writer
    tell(figures.NOT_LOGGED, writer.dropped)
    tell(figures.LOG_WAITING, writer.waiting)
    tell(figures.SPOOLED, writer.spooled_bytes)


def _of_models(runtime: Runtime) -> None:
    versions = runtime.champions.versions()
    for name in TRAINED:
        tell(figures.MODEL_ANSWERS, versions[name] is not None, name)
    for champion in runtime.champions.all():
        if runtime.present is not None:
            tell(figures.MODEL_AGE, (runtime.present - champion.model.trained_as_of).days, champion.kind.name)


def _of_online_store(runtime: Runtime) -> None:
    tell(figures.BREAKER_OPEN, 0 if runtime.features.answers else 1, ONLINE)
    tell(figures.ONLINE_TROUBLE, runtime.online_store.trouble is not None)


def _of_jobs(runtime: Runtime) -> None:
    """Of all services' jobs, for they share a queue. Those that are not there are told as 0: a rise is seen then."""
    standing = runtime.jobs.jobs.standing()
    for model in TRAINED:
        for state in get_args(State):
            tell(figures.JOBS, standing.counts.get((model, state), 0), model, state)
    tell(figures.JOBS_WAIT, standing.waited_seconds)


def _of_age(runtime: Runtime) -> None:
    """Of the features by the shop's clock, for a shop on paper does not age; of its tables by the wall."""
    workspace, standing = runtime.workspace, runtime.online_store.standing
    if standing is not None:
        lag = runtime.events.lag(standing.folded)
        tell(figures.EVENTS_WAITING, lag.count)
        tell(figures.EVENTS_LAG, lag.seconds)
    zone = workspace.tables.timezone
    ended = clock.day_start(workspace.tables.last_day() + timedelta(days=1), zone)
    tell(figures.DATA_AGE, (utc.now() - ended).total_seconds())
    if standing is not None and standing.filling is not None:
        filled = clock.day_start(standing.filling.as_of, zone)
        tell(figures.FEATURE_AGE, (clock.now(workspace) - filled).total_seconds())
