"""Traces and metrics over OTLP; does nothing, and imports nothing, unless a collector is bound."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from demo import metrics
from demo.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram, Meter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

SpanKind = Literal["server", "producer", "consumer", "internal"]
_EXPORT_SECONDS = 3


class Span:
    """What the code may do with the current span; every method is free of charge when tracing is off."""

    traceparent: str | None = None
    """The W3C header that lets another process continue this trace."""

    def set(self, **attributes: str | int) -> None:
        """Describe the span; names use `_` for the dots of OpenTelemetry's conventions."""

    def rename(self, name: str) -> None:
        """Name the span anew, for what is known only at its end (a route)."""

    def failed(self, reason: str) -> None:
        """Mark the span as an error."""


class Telemetry:
    """Tracing that is off. `start` gives the real one where a collector is bound."""

    @contextmanager
    def span(
        self, name: str, kind: SpanKind = "internal", carrier: Mapping[str, str] | None = None
    ) -> Generator[Span, None, None]:
        """Run the body inside a span; `carrier` holds the `traceparent` of the span that caused it."""
        yield Span()

    def close(self) -> None:
        """Send what is left, for at most a few seconds."""


def start(settings: Settings) -> Telemetry:
    """Telemetry that exports to OTEL_EXPORTER_OTLP_ENDPOINT (OTLP over HTTP), or that does nothing without it."""
    endpoint = settings.otel_exporter_otlp_endpoint
    return _export(endpoint.rstrip("/"), settings) if endpoint else Telemetry()


def _export(endpoint: str, settings: Settings) -> Telemetry:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": settings.service_name, "service.version": settings.version})
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    spans = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=_EXPORT_SECONDS)
    tracers.add_span_processor(BatchSpanProcessor(spans))
    numbers = OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics", timeout=_EXPORT_SECONDS)
    reader = PeriodicExportingMetricReader(numbers, export_interval_millis=10_000)
    meters = MeterProvider(resource=resource, metric_readers=[reader], shutdown_on_exit=False)
    metrics.mirror(_Instruments(meters.get_meter("demo")).record)
    return _Exporting(tracers, meters)


class _Exporting(Telemetry):
    def __init__(self, tracers: "TracerProvider", meters: "MeterProvider") -> None:
        self._tracers = tracers
        self._meters = meters
        self._tracer = tracers.get_tracer("demo")

    @contextmanager
    def span(
        self, name: str, kind: SpanKind = "internal", carrier: Mapping[str, str] | None = None
    ) -> Generator[Span, None, None]:
        from opentelemetry.trace import SpanKind as Kind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        propagator = TraceContextTextMapPropagator()
        context = propagator.extract(dict(carrier)) if carrier else None
        with self._tracer.start_as_current_span(name, context=context, kind=Kind[kind.upper()]) as current:
            span = _RealSpan(current)
            headers: dict[str, str] = {}
            propagator.inject(headers)
            span.traceparent = headers.get("traceparent")
            yield span

    def close(self) -> None:
        # Only flushed, never shut down: a shutdown waits out the retries of a collector that is away.
        self._tracers.force_flush(1000)
        self._meters.force_flush(1000)


if TYPE_CHECKING:
    from opentelemetry.trace import Span as OtelSpan


class _RealSpan(Span):
    def __init__(self, span: "OtelSpan") -> None:
        self._span = span

    def set(self, **attributes: str | int) -> None:
        for name, value in attributes.items():
            self._span.set_attribute(name.replace("_", "."), value)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def failed(self, reason: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_status(StatusCode.ERROR, reason)


@dataclass
class _Instruments:
    """The OTLP twins of the Prometheus instruments, made when first used."""

    meter: "Meter"
    counters: "dict[str, Counter]" = field(default_factory=dict[str, "Counter"])
    histograms: "dict[str, Histogram]" = field(default_factory=dict[str, "Histogram"])

    def record(self, kind: metrics.Kind, name: str, value: float, labels: dict[str, str]) -> None:
        if kind == "counter":
            if name not in self.counters:
                self.counters[name] = self.meter.create_counter(name)
            self.counters[name].add(value, labels)
            return
        if name not in self.histograms:
            self.histograms[name] = self.meter.create_histogram(name)
        self.histograms[name].record(value, labels)
