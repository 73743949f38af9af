"""What Prometheus reads at `/metrics`.

BentoML's own figures are off: they are labelled with whatever address was asked for, so that anybody could make
them grow without end. The metrics are made on first use: `prometheus_client` looks at the worker's environment
then, to count over all workers.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from serving import figures

MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
IN_MEMORY: Final = Path("/dev/shm")
SHARED: Final = MULTIPROCESS in os.environ
"""Whether this worker is one of several. Looked at once: Feast sets the variable for itself when it is imported."""
SLOW_SECONDS: Final = 0.05
"""A request that took longer is named as an example of its bucket, whether or not it is traced."""
MOST_VERSIONS: Final = 200
MOST_KEYS: Final = 100

_here = threading.local()


class _Bounded:
    """Label values that the service did not choose: so many are told apart, the rest are one."""

    def __init__(self, most: int) -> None:
        self._most, self._known = most, set[tuple[str, ...]]()

    def of(self, *values: str) -> tuple[str, ...]:
        """The values, or `other` in the place of each."""
        if values not in self._known:
            if len(self._known) >= self._most:
                return (figures.OTHER,) * len(values)
            self._known.add(values)
        return values


_versions, _keys = _Bounded(MOST_VERSIONS), _Bounded(MOST_KEYS)


@contextmanager
def uncounted() -> Iterator[None]:
    """In this thread nothing is counted meanwhile: what warms a process up is no request. Figures are made, at 0."""
    _here.uncounted = True
    try:
        yield
    finally:
        _here.uncounted = False


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


def expect_requests(path: str) -> None:
    """Make the figures of an address that answers, at 0: as Prometheus wants them, for the first one to be a rise."""
    figures.of(figures.REQUESTS, path, "200")
    figures.of(figures.REQUEST_SECONDS, path)


def tell_request(path: str, status: int, seconds: float, example: Mapping[str, str] | None = None) -> None:
    """One request was answered; `example` names it, in OpenMetrics' words an exemplar (of one worker alone)."""
    figures.of(figures.REQUESTS, path, str(status)).inc()
    figures.of(figures.REQUEST_SECONDS, path).observe(seconds, example)


def tell_refusal(path: str, reason: str) -> None:
    """One was answered with a problem of this name."""
    figures.of(figures.REFUSALS, path, reason).inc()


def tell_lock_out() -> None:
    """An address has sent too many wrong keys."""
    figures.of(figures.LOCK_OUTS).inc()


def tell_key_limited(name: str) -> None:
    """A key has asked more than it may."""
    figures.of(figures.KEY_LIMITED, *_keys.of(name)).inc()


def begin_predicting() -> None:
    """This thread begins to answer: what `tell_results` tells is counted from here."""
    _here.began = time.perf_counter()


def tell_results(model: str, version: str, variant: str, fallbacks: Mapping[str | None, int]) -> None:
    """Results of one prediction, counted by what was missing, and how long it took."""
    named = (model, *_versions.of(version, variant))
    if getattr(_here, "uncounted", False):
        figures.of(figures.RESULTS, *named, "none")
        figures.of(figures.PREDICT_SECONDS, *named)
        return
    for fallback, count in fallbacks.items():
        figures.of(figures.RESULTS, *named, fallback or "none").inc(count)
    began = getattr(_here, "began", None)
    if began is not None:
        figures.of(figures.PREDICT_SECONDS, *named).observe(time.perf_counter() - began)


def tell_version(model: str, version: str) -> None:
    """Another version answers now."""
    figures.of(figures.MODEL_VERSION, model).set(float(version))


def tell(figure: figures.MetricFamily, value: float, *labels: str) -> None:
    """How a gauge of this worker stands."""
    figures.of(figure, *labels).set(value)


def text(accepted: str = "") -> tuple[bytes, str]:
    """The figures of all workers, and their media type: OpenMetrics (with exemplars) where it is accepted."""
    from prometheus_client import REGISTRY, CollectorRegistry
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = REGISTRY
    if SHARED:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    encode, media_type = choose_encoder(accepted)
    return encode(registry), media_type
