"""What is told of a request while nobody looks: figures, traces, lines in the log. Nothing of customers."""

from __future__ import annotations

import json
import logging
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text_format

from core import logs, utc
from core.batch_jobs import BatchJobs
from core.settings import Serving
from core.state.schema import BATCH_JOBS
from serving import figures, prometheus, traces
from serving.job_runner import JobRunner
from serving.trouble_log import TroubleLog
from tests.serving.conftest import Shop

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECRET = "Zoë-4711-hidden"
"""An id that no line of the log may hold."""


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """What a test sets up for the log ends with it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def samples(shop: Shop) -> dict[str, list[tuple[dict[str, str], float]]]:
    shop.runtime.background.round()
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_format(shop.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces.Traces.open(Serving(traces="http://collector:4318/v1/traces", traces_share=0.0), exporter)
    yield exporter
    traces.Traces.close()


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    assert traces.Traces.provider is not None
    traces.Traces.provider.force_flush()
    return {span.name: span for span in exporter.get_finished_spans()}


def test_each_figure_is_told_with_its_labels(shop: Shop) -> None:
    """After a prediction, a refusal, and what makes the rest move."""
    shop.post("/v1/churn", {"customer_ids": ["nobody"]})
    shop.post("/v1/churn", {"k": 1})
    prometheus.tell_lock_out()
    prometheus.tell_key_limited("shop front")
    prometheus.tell_version("churn", "1")
    told = samples(shop)
    for figure in figures.FIGURES:
        for name in figure.series:
            assert name in told, name
            extra = {"le"} if name.endswith("_bucket") else set()
            assert all(set(labels) == {*figure.labels, *extra} for labels, _ in told[name])


def test_no_figure_is_told_that_is_not_listed(shop: Shop) -> None:
    listed = {name for figure in figures.FIGURES for name in figure.series}
    assert {name for name in samples(shop) if name.startswith("regulars_") and not name.endswith("_created")} <= listed


def test_an_answer_is_counted_by_model_version_variant_and_what_was_missing(shop: Shop) -> None:
    before = dict(_results(shop))
    shop.post("/v1/churn", {"customer_ids": ["nobody", "no one"]})
    after = _results(shop)
    of_churn = ("churn", "1", "champion", "population")
    assert after[of_churn] - before.get(of_churn, 0) == 2
    timed = [labels for labels, _ in samples(shop)["regulars_predict_seconds_count"]]
    assert {"model": "churn", "version": "1", "variant": "champion"} in timed


def _results(shop: Shop) -> dict[tuple[str, ...], float]:
    told = samples(shop).get("regulars_results_total", [])
    return {tuple(labels[name] for name in figures.RESULTS.labels): value for labels, value in told}


def test_a_shop_that_trained_nothing_is_told_from_one_that_answers(bare: Shop) -> None:
    assert {value for _, value in samples(bare)["regulars_model_answers"]} == {0.0}
    bare.post("/v1/churn", {"customer_ids": ["a"]})
    refused = [labels for labels, _ in samples(bare)["regulars_refusals_total"]]
    assert {"endpoint": "/v1/churn", "reason": "not-ready"} in refused


def test_events_that_the_store_does_not_show_yet_are_counted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert samples(shop)["regulars_events_waiting"][0][1] == 0
    monkeypatch.setattr(shop.runtime.event_intake, "apply_missed", lambda: False)
    shop.post("/v1/events", {"events": [{"customer_id": "1", "kind": "purchase", "product_id": "p"}]})
    told = samples(shop)
    assert told["regulars_events_waiting"][0][1] == 1
    assert told["regulars_events_lag_seconds"][0][1] > 0


def test_jobs_are_counted_by_model_and_state_with_how_long_the_oldest_waits(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JobRunner, "can_run", False)
    jobs = BatchJobs(shop.workspace)
    for model in ("churn", "churn", "demand"):
        jobs.ask(model, {"format": "csv"}, ("id", "name"), 9)
    ended = jobs.claim()
    assert ended is not None
    jobs.fail(ended.job_id, "no room")
    long_ago = utc.naive(utc.now() - timedelta(hours=2))
    with shop.workspace.database.begin() as connection:
        connection.execute(BATCH_JOBS.update().where(BATCH_JOBS.c.model == "demand").values(asked_at=long_ago))
    told = samples(shop)
    counts = {(labels["model"], labels["state"]): value for labels, value in told["regulars_jobs"]}
    assert counts[ended.model, "failed"] == counts["churn", "waiting"] == counts["demand", "waiting"] == 1
    assert counts["recommendation", "failed"] == 0
    assert 7200 <= told["regulars_jobs_wait_seconds"][0][1] < 8000


def test_versions_and_keys_do_not_grow_the_figures_without_end() -> None:
    versions = prometheus._Bounded(3)
    told = {versions.of(str(number), "champion") for number in range(1000)}
    assert len(told) == 4
    assert (figures.OTHER, figures.OTHER) in told
    assert versions.of("0", "champion") == ("0", "champion")


def test_a_slow_request_is_named_in_its_bucket(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the text format of old there is no place for it, and in the figures of several workers neither."""
    monkeypatch.setattr(prometheus, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(prometheus, "SHARED", False)
    monkeypatch.setattr(figures, "REQUEST_SECONDS", replace(figures.REQUEST_SECONDS, name="regulars_alone_seconds"))
    shop.post("/v1/churn", {"customer_ids": ["nobody"]}, headers={"X-Request-Id": "slow-1"})
    answer = shop.client.get("/metrics", headers={"Accept": OPEN_METRICS, **shop.headers(shop.token)})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    buckets = next(f for f in open_metrics(answer.text) if f.name == "regulars_alone_seconds").samples
    named = [s.exemplar.labels for s in buckets if s.exemplar and s.labels["endpoint"] == "/v1/churn"]
    assert {"request_id": "slow-1"} in named
    assert "# {" not in shop.get("/metrics").text


def test_a_request_id_is_taken_answered_and_logged(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    assert shop.client.get("/healthz", headers={"X-Request-Id": "a1b2.C-3_d"}).headers["x-request-id"] == "a1b2.C-3_d"
    for insane in ("", "two words", "a" * 65, "mail@example.com", "<script>"):
        own = shop.client.get("/healthz", headers={"X-Request-Id": insane}).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]+-[0-9a-f]+", own), insane
    first, second = (shop.get("/no/such").headers["x-request-id"] for _ in range(2))
    assert first != second


def _fails(*_: Any) -> None:
    raise KeyError(SECRET)


def test_what_fails_says_where_and_who_asked_but_not_what(
    shop: Shop, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure()
    monkeypatch.setattr(shop.runtime.features, "read", _fails)
    answer = shop.post("/v1/churn", {"customer_ids": [SECRET]}, headers={"X-Request-Id": "mine"})
    assert answer.status_code == 500
    (line,) = [json.loads(line) for line in capfd.readouterr().err.splitlines() if "request_failed" in line]
    assert (line["request_id"], line["error"]) == ("mine", "KeyError")
    assert any("_fails" in each for each in line["trail"])
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_no_line_of_the_log_holds_a_customer(
    shop: Shop, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every address, answered, refused and failed."""
    logs.configure(level=0)
    bodies: dict[str, list[Any]] = {
        "/v1/churn": [{"customer_ids": [SECRET], "explain": True}, {"customer_ids": SECRET}, {SECRET: 1}],
        "/v1/recommendations": [{"customer_id": SECRET, "exclude": [SECRET]}, {"customer_id": [SECRET]}],
        "/v1/similar": [{"product_id": SECRET}],
        "/v1/bundles": [{"product_id": SECRET}],
        "/v1/audience": [{"product_id": SECRET}],
        "/v1/demand": [{"series": [{"category": SECRET}]}, {"series": [{SECRET: SECRET}]}],
        "/v1/customers": [{"customer_ids": [SECRET]}],
        "/v1/events": [{"events": [{"customer_id": SECRET, "kind": "search", "text": SECRET}]}],
        "/v1/feedback": [{"prediction_id": SECRET, "outcome": {"customer_id": SECRET}}],
    }
    for fails in (False, True):
        if fails:
            monkeypatch.setattr(shop.runtime.features, "_read", _fails)
            monkeypatch.setattr(shop.runtime.predictions._feedback, "wait_for", _fails)
            monkeypatch.setattr(shop.runtime.events._commits, "wait_for", _fails)
        for path, some in bodies.items():
            for body in some:
                shop.post(path, body, headers={"Idempotency-Key": "b6f7"})
        shop.runtime.background.round()
    said = capfd.readouterr()
    lines = said.err.splitlines() + said.out.splitlines()
    assert any("request_failed" in line for line in lines)
    plain = [SECRET, json.dumps(SECRET)[1:-1], repr(SECRET)[1:-1], "4711-hidden"]
    assert not [line for line in lines if any(each in line for each in plain)]


def test_trouble_is_told_once_in_a_while(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure()
    clock = [0.0]
    monkeypatch.setattr("serving.trouble_log.time.monotonic", lambda: clock[0])
    trouble = TroubleLog()
    for _ in range(1000):
        trouble.tell("/v1/churn", 503, "store-down")
    trouble.tell("/v1/demand", 503, "store-down")
    clock[0] = 11.0
    trouble.tell("/v1/churn", 503, "store-down")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [(line["endpoint"], line["others"]) for line in lines] == [
        ("/v1/churn", 0), ("/v1/demand", 0), ("/v1/churn", 999),
    ]  # fmt: skip


def test_a_traced_request_has_its_parts_and_continues_the_callers_trace(
    shop: Shop, exported: InMemorySpanExporter
) -> None:
    answer = shop.post("/v1/churn", {"customer_ids": [SECRET]}, headers={"traceparent": PARENT, "X-Request-Id": "r1"})
    assert answer.status_code == 200
    told = spans(exported)
    assert set(told) == {"POST /v1/churn", "predict", "features", "log"}
    whole = told["POST /v1/churn"]
    assert {f"{span.context.trace_id:032x}" for span in told.values() if span.context} == {PARENT[3:35]}
    assert whole.parent is not None
    assert f"{whole.parent.span_id:016x}" == PARENT[36:52]
    parents = {name: span.parent.span_id for name, span in told.items() if span.parent}
    ids = {name: span.context.span_id for name, span in told.items() if span.context}
    assert parents["predict"] == ids["POST /v1/churn"]
    assert parents["features"] == parents["log"] == ids["predict"]
    assert whole.attributes is not None
    assert dict(whole.attributes) | {"regulars.request_id": "r1", "http.response.status_code": 200} == dict(
        whole.attributes
    )
    assert not [span for span in told.values() if SECRET in span.to_json() or "4711" in span.to_json()]


def test_what_the_caller_does_not_sample_is_not_traced_nor_what_the_share_leaves_out(
    shop: Shop, exported: InMemorySpanExporter
) -> None:
    shop.post("/v1/churn", {"customer_ids": ["a"]}, headers={"traceparent": f"{PARENT[:-2]}00"})
    shop.post("/v1/churn", {"customer_ids": ["a"]}, headers={"traceparent": "nonsense"})
    assert spans(exported) == {}


def test_a_failed_request_is_traced_without_what_the_error_says(
    shop: Shop, exported: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.runtime.features, "read", _fails)
    shop.post("/v1/churn", {"customer_ids": [SECRET]}, headers={"traceparent": PARENT})
    whole = spans(exported)["POST /v1/churn"]
    assert whole.status.is_ok is False
    assert SECRET not in whole.to_json()


def test_without_traces_nothing_is_made_for_them() -> None:
    Serving_ = Serving()
    traces.Traces.open(Serving_)
    assert traces.Traces.tracer is None
    assert traces.span("predict") is traces.span("features")


def test_the_collector_is_an_address() -> None:
    with pytest.raises(ValueError, match="http://collector:4318"):
        Serving(traces="collector:4318")


def test_spans_are_sent_with_what_the_extra_brings() -> None:
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert any("otlp" in each for each in declared["optional-dependencies"]["traces"])
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    assert isinstance(traces._exporter("http://collector:4318/v1/traces"), OTLPSpanExporter)
    assert "opentelemetry" in sys.modules
