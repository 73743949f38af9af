"""Every figure that `/metrics` tells: name, kind, labels. Alerts, the dashboard and the docs are checked against it.

Labels take values from short lists: endpoints, statuses, names of problems, kinds of models, fallbacks. Versions and
keys are counted by name up to a number, the rest together (`OTHER`).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

OTHER: Final = "other"
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True)
class MetricFamily:
    """One family. `over`: what several workers' gauges come to (of `prometheus_client`'s multiprocess modes)."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    over: str = "livesum"

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which its samples are told."""
        if self.kind == "counter":
            return (f"{self.name}_total",)
        if self.kind == "histogram":
            return tuple(f"{self.name}_{part}" for part in ("bucket", "count", "sum"))
        return (self.name,)


REQUESTS: Final = MetricFamily("regulars_requests", "counter", "Requests answered", ("endpoint", "status"))
REQUEST_SECONDS: Final = MetricFamily(
    "regulars_request_seconds", "histogram", "Time to answer, in seconds", ("endpoint",)
)
REFUSALS: Final = MetricFamily(
    "regulars_refusals", "counter", "Requests not answered, by problem", ("endpoint", "reason")
)
RESULTS: Final = MetricFamily(
    "regulars_results", "counter", "Results by what was missing", ("model", "version", "variant", "fallback")
)
PREDICT_SECONDS: Final = MetricFamily(
    "regulars_predict_seconds",
    "histogram",
    "Time from the body to the answer's frame, in seconds",
    ("model", "version", "variant"),
)
MODEL_VERSION: Final = MetricFamily(
    "regulars_model_version", "gauge", "The version that answers", ("model",), "mostrecent"
)
MODEL_ANSWERS: Final = MetricFamily(
    "regulars_model_answers", "gauge", "1 where a version or its baseline answers, else 0", ("model",), "livemin"
)
MODEL_AGE: Final = MetricFamily(
    "regulars_model_age_days", "gauge", "Days from what was trained on to the shop's present", ("model",), "livemax"
)
FEATURE_AGE: Final = MetricFamily(
    "regulars_feature_age_seconds", "gauge", "Age of the online features by the shop's clock", over="livemax"
)
DATA_AGE: Final = MetricFamily(
    "regulars_data_age_seconds", "gauge", "Time since the shop's last order day, by the wall clock", over="livemax"
)
BREAKER_OPEN: Final = MetricFamily(
    "regulars_circuit_breaker_open", "gauge", "Workers that leave the store alone just now", ("store",)
)
ONLINE_TROUBLE: Final = MetricFamily(
    "regulars_online_store_trouble", "gauge", "1 where it does not answer or has lost what it held", over="livemax"
)
EVENTS_WAITING: Final = MetricFamily(
    "regulars_events_waiting",
    "gauge",
    "Received events the online store does not show, 10,000 at most",
    over="livemax",
)
EVENTS_LAG: Final = MetricFamily("regulars_events_lag_seconds", "gauge", "Age of the oldest of them", over="livemax")
NOT_LOGGED: Final = MetricFamily("regulars_predictions_not_logged", "gauge", "Predictions that could not be logged")
LOG_WAITING: Final = MetricFamily("regulars_predictions_waiting", "gauge", "Predictions that wait for the log")
SPOOLED: Final = MetricFamily(
    "regulars_predictions_spooled_bytes",
    "gauge",
    "Bytes of predictions that wait on disk for the database",
    over="livemostrecent",
)
UNDER_WAY: Final = MetricFamily("regulars_requests_under_way", "gauge", "Requests under way")
BODIES: Final = MetricFamily("regulars_bodies_under_way", "gauge", "Bodies on their way")
LANE_REQUESTS: Final = MetricFamily(
    "regulars_lane_requests", "gauge", "Requests in a lane, at work or waiting", ("lane",)
)
LANE_WAIT: Final = MetricFamily(
    "regulars_lane_wait_seconds", "gauge", "How long the last one to begin had waited", ("lane",), "livemax"
)
LOCK_OUTS: Final = MetricFamily("regulars_lock_outs", "counter", "Addresses locked out for wrong keys")
KEY_LIMITED: Final = MetricFamily("regulars_key_limited", "counter", "Requests beyond a key's limit", ("key",))
KEYS_AGE: Final = MetricFamily("regulars_keys_age_seconds", "gauge", "How long ago the keys were read", over="livemax")
JOBS: Final = MetricFamily("regulars_jobs", "gauge", "Batch jobs that are kept", ("model", "state"), "livemostrecent")
JOBS_WAIT: Final = MetricFamily(
    "regulars_jobs_wait_seconds",
    "gauge",
    "How long the oldest of the batch jobs that wait has waited",
    over="livemostrecent",
)
TASKS_FAILING: Final = MetricFamily(
    "regulars_background_failing", "gauge", "1 where the task failed when it ran last", ("task",), "livemax"
)
_making = threading.Lock()
_families: dict[MetricFamily, Any] = {}
FIGURES: Final = tuple(value for value in list(globals().values()) if isinstance(value, MetricFamily))


@cache
def of(figure: MetricFamily, *values: str) -> Any:
    """The counter, gauge or histogram of these label values; made on first use."""
    family = _family(figure)
    return family.labels(*values) if figure.labels else family


def _family(figure: MetricFamily) -> Any:
    """Made once, whoever asks first: a family that is there already can't be registered."""
    from prometheus_client import Counter, Gauge, Histogram

    with _making:
        if figure not in _families:
            if figure.kind == "counter":
                _families[figure] = Counter(figure.name, figure.help, figure.labels)
            elif figure.kind == "histogram":
                _families[figure] = Histogram(figure.name, figure.help, figure.labels, buckets=SECONDS)
            else:
                mode: Any = figure.over
                _families[figure] = Gauge(figure.name, figure.help, figure.labels, multiprocess_mode=mode)
        return _families[figure]
