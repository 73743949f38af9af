"""What Prometheus reads at `/metrics`.

BentoML's own figures are off: they are labelled with whatever address was asked for, so that anybody could make
them grow without end. The metrics are made on first use: `prometheus_client` looks at the worker's environment
then, to count over all workers.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import Counter, Gauge, Histogram

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
IN_MEMORY: Final = Path("/dev/shm")
SHARED: Final = MULTIPROCESS in os.environ
"""Whether this worker is one of several. Looked at once: Feast sets the variable for itself when it is imported."""


_uncounted = threading.local()


@contextmanager
def uncounted() -> Iterator[None]:
    """In this thread nothing is told meanwhile: what warms a process up is no request."""
    _uncounted.on = True
    try:
        yield
    finally:
        _uncounted.on = False


@contextmanager
def sharing_figures(workers: int) -> Iterator[None]:
    """A folder in which several workers add up; one keeps its figures to itself.

    They are files mapped into memory: where the disk is full, the first new figure ends the process (SIGBUS). So they
    lie in memory where the system has such a place.
    """
    os.environ.pop(MULTIPROCESS, None)
    if workers == 1:
        yield
        return
    within = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="regulars-figures-", dir=within) as folder:
        os.environ[MULTIPROCESS] = folder
        yield


def tell_request(path: str, status: int, seconds: float) -> None:
    """One request was answered."""
    _requests_of(path, status).inc()
    _seconds_of(path).observe(seconds)


def tell_results(model: str, version: str, fallbacks: dict[str | None, int]) -> None:
    """Results of one prediction, counted by what was missing."""
    if getattr(_uncounted, "on", False):
        return
    for fallback, count in fallbacks.items():
        _results().labels(model, version, fallback or "none").inc(count)


def tell_version(model: str, version: str) -> None:
    """Another version answers now."""
    _version().labels(model).set(float(version))


def tell_log(dropped: int, waiting: int, spooled_bytes: int) -> None:
    """Predictions of this worker that could not be logged since the start, or wait in memory; the spool of all."""
    _dropped().set(dropped)
    _waiting().set(waiting)
    _spooled().set(spooled_bytes)


def text() -> tuple[bytes, str]:
    """The figures of all workers, and their media type."""
    from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = REGISTRY
    if SHARED:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST


@cache
def _requests_of(path: str, status: int) -> Counter:
    return _requests().labels(path, str(status))


@cache
def _seconds_of(path: str) -> Histogram:
    return _seconds().labels(path)


@cache
def _requests() -> Counter:
    from prometheus_client import Counter

    return Counter("regulars_requests", "Requests answered", ["endpoint", "status"])


@cache
def _seconds() -> Histogram:
    from prometheus_client import Histogram

    return Histogram("regulars_request_seconds", "Time to answer, in seconds", ["endpoint"], buckets=SECONDS)


@cache
def _results() -> Counter:
    from prometheus_client import Counter

    return Counter("regulars_results", "Results by what was missing", ["model", "version", "fallback"])


@cache
def _version() -> Gauge:
    from prometheus_client import Gauge

    return Gauge("regulars_model_version", "The version that answers", ["model"], multiprocess_mode="mostrecent")


@cache
def _dropped() -> Gauge:
    from prometheus_client import Gauge

    return Gauge("regulars_predictions_not_logged", "Predictions that could not be logged", multiprocess_mode="livesum")


@cache
def _waiting() -> Gauge:
    from prometheus_client import Gauge

    return Gauge("regulars_predictions_waiting", "Predictions that wait for the log", multiprocess_mode="livesum")


@cache
def _spooled() -> Gauge:
    from prometheus_client import Gauge

    return Gauge(
        "regulars_predictions_spooled_bytes",
        "Bytes of predictions that wait on disk for the database",
        multiprocess_mode="livemostrecent",
    )
