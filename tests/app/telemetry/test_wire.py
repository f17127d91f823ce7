"""What is encoded is what the protocol's own library reads back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ergos.app.telemetry import names, wire
from ergos.app.telemetry.figures import Figures
from ergos.app.telemetry.spans import Attribute, LogEvent, Measured, Span, SpanEvent
from tests.app.telemetry.collector import plain

ATTRIBUTES = st.dictionaries(
    st.text(max_size=20),
    st.text(max_size=50) | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
    | st.lists(st.text(max_size=5), max_size=3).map(tuple),
    max_size=5,
)  # fmt: skip


def valid(value: Attribute) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return [valid(one) for one in value] if isinstance(value, tuple) else value


@given(ATTRIBUTES, st.text(max_size=30), st.integers(0, 2**62), st.integers(-5, 2**40), st.none() | st.text(max_size=9))
def test_a_span_comes_through(
    attributes: dict[str, Attribute], name: str, start_ns: int, more_ns: int, error: str | None
):
    span = Span(
        trace_id=b"t" * 16, span_id=b"s" * 8, parent_id=b"p" * 8, name=name, kind="client", start_ns=start_ns,
        end_ns=start_ns + more_ns, attributes=attributes, events=(SpanEvent("e", start_ns, attributes),),
        links=((b"x" * 16, b"y" * 8),), error=error,
    )  # fmt: skip
    message = ExportTraceServiceRequest.FromString(wire.traces([span], {names.SERVICE_NAME: "me"}, "1"))
    [found] = message.resource_spans[0].scope_spans[0].spans
    assert (found.trace_id, found.span_id, found.parent_span_id) == (b"t" * 16, b"s" * 8, b"p" * 8)
    assert found.name == valid(name)
    assert found.start_time_unix_nano <= found.end_time_unix_nano
    expected = {valid(key): valid(value) for key, value in attributes.items()}
    assert plain(found.attributes) == expected
    assert plain(found.events[0].attributes) == expected
    assert found.status.code == (0 if error is None else 2)
    assert (found.links[0].trace_id, found.links[0].span_id) == (b"x" * 16, b"y" * 8)
    assert plain(message.resource_spans[0].resource.attributes) == {"service.name": "me"}


def test_an_event_comes_through():
    event = LogEvent(name="e", at_ns=5, trace_id=b"t" * 16, span_id=b"s" * 8, attributes={"a": 1})
    message = ExportLogsServiceRequest.FromString(wire.logs([event], {}, "1"))
    [found] = message.resource_logs[0].scope_logs[0].log_records
    assert (found.event_name, found.time_unix_nano, found.span_id, plain(found.attributes)) == (
        "e", 5, b"s" * 8, {"a": 1}
    )  # fmt: skip


def test_metrics_come_through():
    figures = Figures()
    figures.measure(Measured(metric=names.TOOL_DURATION, value=0.5, attributes=(("tool", "x"),)))
    figures.measure(Measured(metric=names.SPENT, value=7))
    message = ExportMetricsServiceRequest.FromString(wire.metrics(figures, {}, "1", 1, 2))
    found = {metric.name: metric for metric in message.resource_metrics[0].scope_metrics[0].metrics}
    [point] = found[names.TOOL_DURATION].histogram.data_points
    assert (point.count, point.sum, list(point.explicit_bounds)) == (1, 0.5, list(names.SECONDS))
    assert sum(point.bucket_counts) == 1
    assert found[names.TOOL_DURATION].unit == "s"
    assert found[names.SPENT].sum.is_monotonic
    assert found[names.SPENT].sum.data_points[0].as_int == 7


def test_a_long_text_is_cut():
    span = Span(trace_id=b"", span_id=b"", name="n" * 1_000, start_ns=0, end_ns=0, attributes={"a": "x" * 200_000})
    message = ExportTraceServiceRequest.FromString(wire.traces([span], {}, "1"))
    [found] = message.resource_spans[0].scope_spans[0].spans
    assert len(found.name) == 200
    assert len(str(plain(found.attributes)["a"])) == wire.TEXT_CHARS_MAX
