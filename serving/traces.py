"""OpenTelemetry traces: off by default, and then free. One span a request, and in it `predict`, `features` and `log`.

The caller's `traceparent` (W3C Trace Context) is continued, and its decision whether to sample is kept. Spans have
the address, status, model, version and the request's id: nothing of customers, of bodies or of keys. They are sent by
a thread of their own, many at once; where nobody takes them they are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from core.errors import UsageError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

    from core.settings import Serving

Attributes = Mapping[str, str | int | float | bool]
_NONE: Final[AbstractContextManager[Any]] = nullcontext()
_CARRIED: Final = {b"traceparent", b"tracestate"}


class Traces:
    """The traces of this process: at most one provider, which `open` makes where the settings name a collector."""

    provider: TracerProvider | None = None
    tracer: Tracer | None = None

    @classmethod
    def open(cls, settings: Serving, exporter: SpanExporter | None = None) -> None:
        """Begin to trace, if the settings say so.

        Raises:
            UsageError: the extra that sends spans is not installed.
        """
        if not settings.traces:
            return
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

        resource = Resource.create({"service.name": "regulars", "service.version": version("regulars")})
        sampler = ParentBased(TraceIdRatioBased(settings.traces_share))
        cls.provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
        cls.provider.add_span_processor(BatchSpanProcessor(exporter or _exporter(settings.traces)))
        cls.tracer = cls.provider.get_tracer("regulars")

    @classmethod
    def close(cls) -> None:
        """Send what is left."""
        if cls.provider is not None:
            cls.provider.shutdown()
            cls.provider = cls.tracer = None


def request_span(path: str, method: str, headers: Iterable[tuple[bytes, bytes]], request_id: str) -> Any:
    """The span of a request, a context; it is None where nothing is traced."""
    if Traces.tracer is None:
        return _NONE
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carried = {name.decode(): value.decode("latin-1") for name, value in headers if name in _CARRIED}
    told = {"http.request.method": method, "http.route": path, "regulars.request_id": request_id}
    return Traces.tracer.start_as_current_span(
        f"{method} {path}",
        TraceContextTextMapPropagator().extract(carried),
        SpanKind.SERVER,
        told,
        record_exception=False,  # what an error says may be a customer's
        set_status_on_exception=False,
    )


def span(name: str) -> AbstractContextManager[Any]:
    """A part of the request; costs a look where nothing is traced."""
    if Traces.tracer is None:
        return _NONE
    return Traces.tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False)


def tell(attributes: Attributes) -> None:
    """Add to the span that is under way."""
    if Traces.tracer is not None:
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes(attributes)


def end_request(span: Any, status: int) -> str | None:
    """Say how it ended; the id of the trace if it is sampled."""
    if span is None:
        return None
    from opentelemetry.trace import StatusCode

    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(StatusCode.ERROR)
    context = span.get_span_context()
    return f"{context.trace_id:032x}" if context.trace_flags.sampled else None


def _exporter(url: str) -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ModuleNotFoundError:
        raise UsageError(
            "serving.traces needs what sends spans", todo='install it with: pip install "regulars[traces]"'
        ) from None
    return OTLPSpanExporter(url)
