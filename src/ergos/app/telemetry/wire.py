"""Spans, events and metrics as OTLP messages.

Rules: what goes in is ours, what comes out are bytes; the only file that knows the protocol buffers. Texts are cut to
TEXT_CHARS_MAX and are valid UTF-8, whatever a program called its things.
Source: opentelemetry-proto 1.x: trace, metrics and logs services.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ergos.app.telemetry import names
from ergos.app.telemetry.figures import BOUNDS, UNITS, Figures
from ergos.app.telemetry.spans import Attribute, Attributes, LogEvent, Span

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

TEXT_CHARS_MAX: Final = 65_536  # characters of one text; a collector refuses a message of many megabytes

_KINDS: Final = {"internal": 1, "server": 2, "client": 3}
_ERROR: Final = 2  # Status.STATUS_CODE_ERROR
_CUMULATIVE: Final = 2  # AGGREGATION_TEMPORALITY_CUMULATIVE
_SEVERITY_INFO: Final = 9


def traces(spans: Sequence[Span], resource: Attributes, version: str) -> bytes:
    """An ExportTraceServiceRequest."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

    scope = ScopeSpans(scope=_scope(version), spans=[_span(span) for span in spans], schema_url=names.SCHEMA_URL)
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=_resource(resource), scope_spans=[scope])]
    ).SerializeToString()


def logs(events: Sequence[LogEvent], resource: Attributes, version: str) -> bytes:
    """An ExportLogsServiceRequest."""
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

    records = [
        LogRecord(
            time_unix_nano=event.at_ns,
            observed_time_unix_nano=event.at_ns,
            severity_number=_SEVERITY_INFO,  # type: ignore[arg-type] - the number of an enumeration
            event_name=event.name,
            attributes=_attributes(event.attributes),
            trace_id=event.trace_id,
            span_id=event.span_id,
        )
        for event in events
    ]
    scope = ScopeLogs(scope=_scope(version), log_records=records, schema_url=names.SCHEMA_URL)
    return ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=_resource(resource), scope_logs=[scope])]
    ).SerializeToString()


def metrics(figures: Figures, resource: Attributes, version: str, start_ns: int, now_ns: int) -> bytes:
    """An ExportMetricsServiceRequest."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics, ScopeMetrics

    scope = ScopeMetrics(
        scope=_scope(version), metrics=_metrics(figures, start_ns, now_ns), schema_url=names.SCHEMA_URL
    )
    return ExportMetricsServiceRequest(
        resource_metrics=[ResourceMetrics(resource=_resource(resource), scope_metrics=[scope])]
    ).SerializeToString()


def _metrics(figures: Figures, start_ns: int, now_ns: int) -> list[Metric]:
    from opentelemetry.proto.metrics.v1.metrics_pb2 import (
        Histogram,
        HistogramDataPoint,
        Metric,
        NumberDataPoint,
        Sum,
    )

    found: list[Metric] = []
    for name, table in figures.histograms.items():
        points = [
            HistogramDataPoint(
                attributes=_attributes(dict(series)),
                start_time_unix_nano=start_ns,
                time_unix_nano=now_ns,
                count=one.count,
                sum=one.total,
                bucket_counts=one.counts,
                explicit_bounds=BOUNDS[name],
                min=one.least,
                max=one.most,
            )
            for series, one in table.items()
        ]
        histogram = Histogram(data_points=points, aggregation_temporality=_CUMULATIVE)  # type: ignore[arg-type] - as above
        found.append(Metric(name=name, unit=UNITS.get(name, "1"), histogram=histogram))
    for name, sums in figures.sums.items():
        values = [
            NumberDataPoint(
                attributes=_attributes(dict(series)),
                start_time_unix_nano=start_ns,
                time_unix_nano=now_ns,
                as_int=int(value),
            )
            for series, value in sums.items()
        ]
        total = Sum(data_points=values, aggregation_temporality=_CUMULATIVE, is_monotonic=True)  # type: ignore[arg-type]
        found.append(Metric(name=name, unit=UNITS.get(name, "1"), sum=total))
    return found


def _span(span: Span) -> WireSpan:
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as Wire
    from opentelemetry.proto.trace.v1.trace_pb2 import Status

    status = Status() if span.error is None else Status(code=_ERROR, message=_text(span.error))  # type: ignore[arg-type]
    return Wire(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_id,
        name=_text(span.name)[:200],
        kind=_KINDS[span.kind],  # type: ignore[arg-type] - the number of an enumeration
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=max(span.start_ns, span.end_ns),
        attributes=_attributes(span.attributes),
        events=[
            Wire.Event(time_unix_nano=event.at_ns, name=event.name, attributes=_attributes(event.attributes))
            for event in span.events
        ],
        links=[Wire.Link(trace_id=trace, span_id=other) for trace, other in span.links],
        status=status,
    )


def _resource(attributes: Attributes) -> Resource:
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

    return Resource(attributes=_attributes(attributes))


def _scope(version: str) -> InstrumentationScope:
    from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope

    return InstrumentationScope(name=names.SCOPE, version=version)


def _attributes(attributes: Mapping[str, Attribute]) -> list[KeyValue]:
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

    return [KeyValue(key=_text(name), value=_value(value)) for name, value in attributes.items()]


def _value(value: Attribute) -> AnyValue:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue

    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=_text(value))
        case _:
            return AnyValue(array_value=ArrayValue(values=[AnyValue(string_value=_text(one)) for one in value]))


def _text(text: str) -> str:
    """Text that the wire takes."""
    return text[:TEXT_CHARS_MAX].encode("utf-8", "replace").decode()
