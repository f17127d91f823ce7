"""What Prometheus reads: `GET /metrics`.

Rules: a registry of its own, nothing global; labels are few and of few values: no pid, no owner, no name that a program
or a client can choose. Each look reads what is durable, beside the kernel; a look that comes within a second of the
last one is answered with what that one saw.
Source: Prometheus text format 0.0.4; names end in their unit, counters in `_total`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from ergos.app.access.roles import Principal
from ergos.app.home import Home, reads_of
from ergos.base.clock import SECOND, Clock
from ergos.base.money import Amount
from ergos.drivers.sqlite_figures import SqliteFigures
from ergos.kernel.process import State
from ergos.runtime.control import AnyReply, AnyRequest, Schedule, Scheduling, Status, StatusOf
from ergos.server.call_counts import CallCounts, RequestCounts

if TYPE_CHECKING:
    from prometheus_client import Metric
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
FRESH_NS: Final = SECOND  # nanoseconds for which what was read is as good as new
PAYEES_MAX: Final = 50  # providers told one by one; the others are one more
ENDPOINTS_MAX: Final = 50  # endpoints and queues told one by one
OTHERS: Final = "others"

Perform = Callable[[AnyRequest], Awaitable[AnyReply]]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one look saw."""

    status: Status
    schedule: Schedule
    states: dict[str, int]
    calls: dict[tuple[str, str], int]
    behind: int
    requests: dict[tuple[str, str, str], int]
    paid: dict[str, Amount]
    held: Amount
    inbox: int
    oldest_ns: int | None
    mail: int
    store_bytes: int
    log_bytes: int
    """Of the write-ahead log."""


class Metrics:
    """Of one kernel."""

    def __init__(self, home: Home, perform: Perform, clock: Clock, requests: RequestCounts | None = None) -> None:
        """`perform`: asks the kernel. Raises: NotRunningError, StoreError."""
        self._home: Final = home
        self._perform: Final = perform
        self._clock: Final = clock
        self._reads: Final = reads_of(home)
        self._figures: Final = SqliteFigures.open(home.store)
        self._calls: Final = CallCounts(self._reads)
        self._turn: Final = asyncio.Lock()
        self._told = b""
        self._told_ns = 0
        self.requests: Final = requests or RequestCounts()

    async def begin(self) -> None:
        """Count from here on. Raises: StoreError."""
        await self._calls.look()

    async def exposition(self) -> bytes:
        """The text. Raises: ErgosErrors of the kernel that does not answer."""
        async with self._turn:
            now_ns = self._clock.now_ns()
            if not self._told or not 0 <= now_ns - self._told_ns < FRESH_NS:
                seen = await self._look()
                self._told, self._told_ns = exposition(seen), now_ns
            return self._told

    async def close(self) -> None:
        """Let go of the store."""
        self._figures.close()
        await self._reads.close()

    async def _look(self) -> Seen:
        status, schedule = await self._perform(StatusOf()), await self._perform(Scheduling())
        assert isinstance(status, Status)
        assert isinstance(schedule, Schedule)
        await self._calls.look()
        accounts, _ = await self._reads.books(("paid/*", "held/*"))
        held = [amount for name, amount in accounts.items() if name.startswith("held/")]
        figures = self._figures
        count, oldest_ns = figures.inbox()
        return Seen(
            status=status,
            schedule=schedule,
            states=await asyncio.to_thread(figures.states),
            calls=dict(self._calls.counts),
            behind=self._calls.behind,
            requests=dict(self.requests.counts),
            paid={name.removeprefix("paid/"): one for name, one in accounts.items() if name.startswith("paid/")},
            held=Amount(sum(one.microusd for one in held), sum(one.tokens for one in held)),
            inbox=count,
            oldest_ns=oldest_ns,
            mail=figures.mail(),
            store_bytes=_size(self._home, ""),
            log_bytes=_size(self._home, "-wal"),
        )


def metrics_route(metrics: Metrics) -> Route:
    """`GET /metrics`, for the keeper of the home alone: what it tells is of all owners."""
    from starlette.responses import Response
    from starlette.routing import Route

    async def answer(request: Request) -> Response:
        who = request.scope.get("state", {}).get("principal")
        if not isinstance(who, Principal) or not who.keeper:
            return Response("the metrics of a home are its keeper's\n", 403, {"content-type": "text/plain"})
        told = await metrics.exposition()
        return Response(told, headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})

    return Route("/metrics", answer, methods=["GET"])


def exposition(seen: Seen) -> bytes:
    """What was seen, as text."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    class Once(Collector):
        """Tells what was seen."""

        def collect(self) -> Iterable[Metric]:
            return [*_kernel(seen), *_work(seen), *_money(seen), *_scheduler(seen)]

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Once())
    return generate_latest(registry)


def _kernel(seen: Seen) -> list[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

    status = seen.status
    uptime_s = max(0, status.now_ns - status.started_ns) / SECOND
    http = CounterMetricFamily("ergos_http_requests", "HTTP requests answered.", labels=("surface", "method", "status"))
    for key, count in sorted(seen.requests.items()):
        http.add_metric(key, count)
    return [
        InfoMetricFamily("ergos_build", "Which ErgOS this is.", value={"version": status.version}),
        GaugeMetricFamily("ergos_uptime_seconds", "Since the kernel started.", value=uptime_s),
        GaugeMetricFamily("ergos_stopped", "Whether STOP is in force.", value=int(status.halted)),
        GaugeMetricFamily(
            "ergos_faulty", "Whether the kernel says that it has a fault.", value=int(bool(status.fault))
        ),
        CounterMetricFamily("ergos_journal_records", "Records of the journal.", value=status.records),
        GaugeMetricFamily("ergos_store_bytes", "Size of the store.", value=seen.store_bytes),
        GaugeMetricFamily("ergos_store_log_bytes", "Size of its write-ahead log.", value=seen.log_bytes),
        http,
    ]


def _work(seen: Seen) -> list[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    processes = GaugeMetricFamily("ergos_processes", "Processes by state.", labels=("state",))
    for state in State:  # also those of which there are none, so that a graph does not end
        processes.add_metric((state.value,), seen.states.get(state.value, 0))
    calls = CounterMetricFamily(
        "ergos_calls", "Calls answered since the kernel started, by kind and outcome.", labels=("kind", "outcome")
    )
    for key, count in sorted(seen.calls.items()):
        calls.add_metric(key, count)
    age_s = 0.0 if seen.oldest_ns is None else max(0, seen.status.now_ns - seen.oldest_ns) / SECOND
    return [
        processes,
        GaugeMetricFamily(
            "ergos_processes_in_memory", "Processes that the kernel holds.", value=sum(seen.status.states.values())
        ),
        GaugeMetricFamily("ergos_calls_flying", "Calls being performed or queued.", value=seen.status.flying),
        calls,
        GaugeMetricFamily(
            "ergos_calls_uncounted_records", "Records not yet looked at for the above.", value=seen.behind
        ),
        GaugeMetricFamily("ergos_inbox_waiting", "Items that wait for an owner.", value=seen.inbox),
        GaugeMetricFamily("ergos_inbox_oldest_age_seconds", "How long the oldest has waited; 0: none.", value=age_s),
        GaugeMetricFamily("ergos_mail_unread", "Messages that no process has read yet.", value=seen.mail),
    ]


def _money(seen: Seen) -> list[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    dollars = CounterMetricFamily("ergos_spent_usd", "US dollars spent, by who was paid.", labels=("payee",))
    tokens = CounterMetricFamily("ergos_tokens", "Tokens charged, by who was paid.", labels=("payee",))
    dearest = sorted(seen.paid.items(), key=lambda pair: (-pair[1].microusd, -pair[1].tokens, pair[0]))
    rest = Amount()
    for _, amount in dearest[PAYEES_MAX:]:
        rest += amount
    for name, amount in [*dearest[:PAYEES_MAX], *([(OTHERS, rest)] if dearest[PAYEES_MAX:] else [])]:
        dollars.add_metric((name,), amount.microusd / 1_000_000)
        tokens.add_metric((name,), amount.tokens)
    return [
        dollars,
        tokens,
        GaugeMetricFamily("ergos_held_usd", "US dollars set aside for calls.", value=seen.held.microusd / 1_000_000),
        GaugeMetricFamily("ergos_held_tokens", "Tokens set aside for calls.", value=seen.held.tokens),
    ]


def _scheduler(seen: Seen) -> list[Metric]:
    from prometheus_client.core import GaugeMetricFamily

    grid = seen.schedule.models
    running = GaugeMetricFamily("ergos_queue_running", "Calls being performed, by queue of tools.", labels=("queue",))
    waiting = GaugeMetricFamily("ergos_queue_waiting", "Calls that wait, by queue of tools.", labels=("queue",))
    for queue in seen.schedule.tools[:ENDPOINTS_MAX]:
        running.add_metric((queue.queue,), queue.running)
        waiting.add_metric((queue.queue,), queue.waiting)
    healthy = GaugeMetricFamily("ergos_endpoint_up", "Whether the endpoint takes calls.", labels=("endpoint",))
    busy = GaugeMetricFamily("ergos_endpoint_running", "Model calls there now.", labels=("endpoint",))
    hits = GaugeMetricFamily("ergos_endpoint_cache_hit_ratio", "Input read from cache.", labels=("endpoint",))
    delay = GaugeMetricFamily("ergos_endpoint_wait_seconds", "Estimated wait of a call.", labels=("endpoint",))
    for one in grid.endpoints[:ENDPOINTS_MAX]:
        name = (one.endpoint,)
        healthy.add_metric(name, int(one.health != "open"))
        busy.add_metric(name, one.running)
        hits.add_metric(name, one.hit_rate)
        delay.add_metric(name, one.wait_ns / SECOND)
    return [
        GaugeMetricFamily("ergos_model_calls_running", "Model calls being performed.", value=grid.running),
        GaugeMetricFamily("ergos_model_calls_waiting", "Model calls that wait for an endpoint.", value=grid.waiting),
        GaugeMetricFamily("ergos_programs_admitted", "Programs whose calls may run.", value=grid.programs),
        running,
        waiting,
        healthy,
        busy,
        hits,
        delay,
    ]


def _size(home: Home, ending: str) -> int:
    try:
        return home.store.with_name(home.store.name + ending).stat().st_size
    except OSError:
        return 0
