"""A collector: takes OTLP over HTTP, reads it with the protocol's own library, and keeps it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

KINDS = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Collector:
    """What was received."""

    def __init__(self) -> None:
        self.url = ""
        self.statuses: list[int] = []
        """Answers of the next requests; when there are none, 200."""
        self.hold = threading.Event()
        """While it is clear, requests wait."""
        self.hold.set()
        self.messages: list[ExportTraceServiceRequest | ExportMetricsServiceRequest | ExportLogsServiceRequest] = []
        self.headers: list[dict[str, str]] = []

    def received(self, kind: type) -> list:
        return [message for message in self.messages if isinstance(message, kind)]

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for message in self.received(ExportTraceServiceRequest)
            for resource in message.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def events(self) -> list[LogRecord]:
        return [
            record
            for message in self.received(ExportLogsServiceRequest)
            for resource in message.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]

    @property
    def metrics(self) -> dict[str, Metric]:
        """By name, the newest of each."""
        return {
            metric.name: metric
            for message in self.received(ExportMetricsServiceRequest)
            for resource in message.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def named(self, name: str) -> Span:
        [found] = [span for span in self.spans if span.name == name]
        return found


def plain(attributes: list[KeyValue]) -> dict[str, object]:
    return {one.key: value(one.value) for one in attributes}


def value(any_value: AnyValue) -> object:
    which = any_value.WhichOneof("value")
    if which == "array_value":
        return [value(one) for one in any_value.array_value.values]
    return getattr(any_value, which or "string_value")


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port of loopback."""
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.hold.wait(20)
            status = kept.statuses.pop(0) if kept.statuses else 200
            if status == 200:
                kept.headers.append({name.lower(): text for name, text in self.headers.items()})
                assert self.headers["content-type"] == "application/x-protobuf"
                message = KINDS[self.path]()
                message.ParseFromString(gzip.decompress(body))
                kept.messages.append(message)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield kept
    finally:
        kept.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()
