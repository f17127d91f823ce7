"""Sends what was told to a collector, by OTLP over HTTP, and never makes anybody wait.

Rules: three bounded queues; what does not fit is dropped and counted, oldest last: what was told first is sent first. A
batch that the collector refuses for good is dropped, one that it could not take now is tried again a few times.
Source: OTLP specification 1.x, OTLP/HTTP: retryable are 429, 502, 503 and 504.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from ergos import __version__
from ergos.app.telemetry import names, wire
from ergos.app.telemetry.figures import Figures
from ergos.app.telemetry.spans import Attributes, LogEvent, Measured, Span, Told
from ergos.base.clock import Clock
from ergos.base.errors import DeadlineError
from ergos.base.world_errors import HttpError
from ergos.drivers.http.client import HttpClient

QUEUE_MAX: Final = 8_192  # spans, and events, that wait; some 16 MiB
BATCH_MAX: Final = 512  # spans or events of one message
SEND_S: Final = 10.0  # seconds one message may take
TRIES_MAX: Final = 4  # sendings of one message
BACKOFF_S: Final = 1.0  # seconds before the second; doubles
BEAT_S: Final = 1.0  # seconds between two looks at the queues
METRICS_S: Final = 30.0  # seconds between two tellings of the metrics
_LATER: Final = frozenset({429, 502, 503, 504})


class Sent(msgspec.Struct):
    """What became of what was told, counted."""

    spans: int = 0
    events: int = 0
    metrics: int = 0
    """Messages."""
    dropped: int = 0
    """Spans and events that a full queue or the collector did not take."""
    failures: int = 0
    """Messages that were given up."""
    fault: str = ""
    """Why the last of them was."""


class Sender:
    """To one collector."""

    def __init__(
        self,
        endpoint: str,
        resource: Attributes,
        clock: Clock,
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
        client: HttpClient | None = None,
    ) -> None:
        """`endpoint`: base URL, such as http://127.0.0.1:4318. `headers`: asked for with every message."""
        self._endpoint: Final = endpoint.rstrip("/")
        self._resource: Final = resource
        self._clock: Final = clock
        self._headers: Final = headers
        self._client: Final = client or HttpClient()
        self._spans: Final[deque[Span]] = deque()
        self._events: Final[deque[LogEvent]] = deque()
        self._figures: Final = Figures()
        self._began_ns: Final = clock.now_ns()
        self._measured = False
        self.sent: Final = Sent()

    def tell(self, told: Told) -> None:
        """Take note; never waits."""
        match told:
            case Span():
                self._put(self._spans, told)
            case LogEvent():
                self._put(self._events, told)
            case Measured():
                self._figures.measure(told)
                self._measured = True

    def drop(self, count: int) -> None:
        """So much was not even looked at."""
        self.sent.dropped += count
        self._figures.measure(Measured(metric=names.DROPPED, value=count))
        self._measured = True

    def _put(self, queue: deque[Span] | deque[LogEvent], told: Span | LogEvent) -> None:
        if len(queue) >= QUEUE_MAX:
            self.drop(1)
        else:
            queue.append(told)  # type: ignore[arg-type] - each in its own

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time() + METRICS_S
        while True:
            await self._batches()
            if loop.time() >= due and self._measured:
                await self._metrics()
                due = loop.time() + METRICS_S
            await asyncio.sleep(BEAT_S)

    async def finish(self, within_s: float) -> None:
        """Send what waits, as far as it goes; then let go."""
        try:
            async with asyncio.timeout(within_s):
                await self._batches()
                if self._measured:
                    await self._metrics()
        except TimeoutError:
            self.sent.dropped += len(self._spans) + len(self._events)
        finally:
            await self._client.close()

    async def _batches(self) -> None:
        while self._spans or self._events:
            if self._spans:
                spans = [self._spans.popleft() for _ in range(min(BATCH_MAX, len(self._spans)))]
                body = wire.traces(spans, self._resource, __version__)
                self.sent.spans += await self._post("/v1/traces", body, len(spans))
            if self._events:
                events = [self._events.popleft() for _ in range(min(BATCH_MAX, len(self._events)))]
                body = wire.logs(events, self._resource, __version__)
                self.sent.events += await self._post("/v1/logs", body, len(events))

    async def _metrics(self) -> None:
        self._measured = False
        body = wire.metrics(self._figures, self._resource, __version__, self._began_ns, self._clock.now_ns())
        failures = self.sent.failures
        await self._post("/v1/metrics", body, 0)
        self.sent.metrics += self.sent.failures == failures

    async def _post(self, path: str, body: bytes, count: int) -> int:
        """How much of it the collector took: all or nothing."""
        packed, fault = await asyncio.to_thread(gzip.compress, body, 1), ""
        for number in range(TRIES_MAX):
            if number:
                await asyncio.sleep(BACKOFF_S * 2 ** (number - 1))
            fault, again = await self._sent(path, packed)
            if not fault:
                return count
            if not again:
                break
        self.sent.failures += 1
        self.sent.fault = fault
        if count:
            self.drop(count)
        return 0

    async def _sent(self, path: str, packed: bytes) -> tuple[str, bool]:
        """What went wrong with one sending ('' for nothing), and whether it may be tried again."""
        headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip", **self._headers()}
        try:
            reply = await self._client.request(
                "POST", self._endpoint + path, headers, packed, deadline_s=SEND_S, resend=True
            )
        except (HttpError, DeadlineError) as error:
            return error.what, True
        if 200 <= reply.status < 300:
            return "", False
        return f"the collector answered {path} with {reply.status}", reply.status in _LATER
