"""Load on the door: what it adds to a call, how many calls it carries, how many streams it holds.

    python -m bench.door_load upstream --port 9001                     an engine that answers at once
    python -m bench.door_load relay --port 9002 --to http://127.0.0.1:9001     the door's HTTP part alone
    python -m bench.door_load added --direct URL --door URL --token T  latency through the door minus direct
    python -m bench.door_load limit --door URL --token T               the highest rate that is kept up
    python -m bench.door_load capacity --door URL --token T            requests/s of so many clients in a closed loop
    python -m bench.door_load streams --door URL --token T             so many streams at once

URLs are those of a chat completion, `http://127.0.0.1:9001/v1/chat/completions`; any gateway that speaks OpenAI's
protocol can stand there. Each part is a process of its own and prints one line of JSON. The rate is open: requests
leave at random moments (Poisson) whether or not earlier ones came back. A latency counts from the moment its request
is written; how late that was is the generator's own lateness and is told beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httptools

CONNECTIONS_MAX: Final = 2_000  # connections of one generator
LATE_S: Final = 1.0  # seconds of p99 from which a rate counts as not kept up
DRAIN_S: Final = 30.0  # seconds that requests under way get after the last one was sent
KEPT: Final = 0.98  # of the offered rate that must come back
PROMPT: Final = "Summarise the following note in one sentence. " * 12


@dataclass
class Target:
    """Where requests go, and what they look like on the wire."""

    host: str
    port: int
    head: bytes
    model: str
    stream: bool = False
    count: int = 0

    @classmethod
    def of(cls, url: str, token: str, model: str, *, stream: bool = False) -> Target:
        """A target by its URL."""
        parts = urlsplit(url)
        head = (
            f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\nUser-Agent: door-load\r\nContent-Length: "
        )
        return cls(parts.hostname or "127.0.0.1", parts.port or 80, head.encode(), model, stream)

    def request(self) -> bytes:
        """The next request; no two are equal."""
        self.count += 1
        content = f"{self.count:08d} {PROMPT}"
        body = {"model": self.model, "messages": [{"role": "user", "content": content}], "max_tokens": 16}
        if self.stream:
            body["stream"] = True
        encoded = json.dumps(body).encode()
        return self.head + b"%d\r\n\r\n" % len(encoded) + encoded


class Line(asyncio.Protocol):
    """One connection; the parser calls its on_ methods."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.ended: Callable[[int], None] | None = None
        self.heard: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self.transport: Any = transport

    def ask(self, request: bytes, ended: Callable[[int], None], heard: Callable[[], None] | None = None) -> None:
        """Send a request; `ended` is told its status, `heard` of every piece."""
        self.ended, self.heard = ended, heard
        self.parser = httptools.HttpResponseParser(self)
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.abort()

    def on_body(self, piece: bytes) -> None:
        """A piece of an answer."""
        if self.parser.get_status_code() != 200 and not self.pool.complaint:
            self.pool.complaint = f"{self.parser.get_status_code()} {piece[:300].decode('utf-8', 'replace')}"
        if self.heard is not None:
            self.heard()

    def on_message_complete(self) -> None:
        """The answer is complete."""
        ended, self.ended = self.ended, None
        keep = self.parser.should_keep_alive()
        if keep:
            self.pool.free.append(self)
        else:
            self.pool.count -= 1
            self.transport.close()
        if ended is not None:
            ended(self.parser.get_status_code())

    def connection_lost(self, _: Exception | None) -> None:
        """It is gone; what was asked has failed."""
        if self in self.pool.free:
            self.pool.free.remove(self)
            self.pool.count -= 1
        if self.ended is not None:
            self.pool.count -= 1
            ended, self.ended = self.ended, None
            ended(0)


@dataclass
class Pool:
    """Connections to one target."""

    target: Target
    free: list[Line] = field(default_factory=list)
    count: int = 0
    complaint: str = ""
    """The first answer that was no success."""

    def __post_init__(self) -> None:
        POOLS.append(self)

    async def line(self) -> Line | None:
        """An unused connection, or a new one; None: there is none."""
        if self.free:
            return self.free.pop()
        if self.count >= CONNECTIONS_MAX:
            return None
        self.count += 1
        try:
            _, line = await asyncio.get_running_loop().create_connection(
                lambda: Line(self), self.target.host, self.target.port
            )
        except OSError:
            self.count -= 1
            return None
        return line

    async def warm(self, lines: int) -> None:
        """Open connections before anything is measured."""
        self.free += [line for line in [await self.line() for _ in range(lines)] if line is not None]

    def close(self) -> None:
        """Cut what is unused."""
        for line in list(self.free):
            line.transport.abort()


POOLS: Final[list[Pool]] = []


def quantile(values: list[float], part: float) -> float:
    """By nearest rank; infinite where there is none."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 3) if ordered else float("inf")


@dataclass
class Seen:
    """What came of one run."""

    latencies_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    """Of the generator: between when requests were due and when they were written."""
    errors: int = 0
    sent: int = 0
    seconds: float = 0.0

    def quantile(self, part: float) -> float:
        """Milliseconds."""
        return quantile(self.latencies_ms, part)

    def summary(self) -> dict[str, Any]:
        """As it is printed."""
        rate = round(len(self.latencies_ms) / self.seconds, 1) if self.seconds else 0.0
        quantiles = {f"p{name}_ms": self.quantile(part) for name, part in (("50", 0.5), ("90", 0.9), ("99", 0.99))}
        late = {"late_p99_ms": quantile(self.late_ms, 0.99)} if self.late_ms else {}
        return {"requests": self.sent, "errors": self.errors, "per_s": rate, **quantiles, **late}


async def open_loop(pool: Pool, rate: float, seconds: float, chance: random.Random) -> Seen:
    """Send at a rate, at random moments, and wait for what comes back."""
    seen = Seen()
    dues: list[float] = []
    at = 0.0
    while (at := at + chance.expovariate(rate)) < seconds:
        dues.append(at)
    waiting = len(dues)
    all_back = asyncio.get_running_loop().create_future()
    started = time.perf_counter()

    def back(begun: float, status: int) -> None:
        nonlocal waiting
        now = time.perf_counter()
        if status == 200:
            seen.latencies_ms.append((now - begun) * 1000)
        else:
            seen.errors += 1
        seen.seconds = now - started
        waiting -= 1
        if not waiting:
            all_back.set_result(None)

    def ask(line: Line, due: float) -> None:
        request = pool.target.request()
        begun = time.perf_counter()
        seen.late_ms.append((begun - started - due) * 1000)
        line.ask(request, lambda status: back(begun, status))

    async def open_and_ask(due: float) -> None:
        begun = time.perf_counter()
        line = await pool.line()
        if line is None:
            back(begun, 0)
        else:
            ask(line, due)

    for due in dues:
        delay = started + due - time.perf_counter()
        if delay > 0:
            await asyncio.sleep(delay)
        seen.sent += 1
        if pool.free:
            ask(pool.free.pop(), due)
        else:
            asyncio.ensure_future(open_and_ask(due))  # noqa: RUF006 - `back` counts it
    try:
        await asyncio.wait_for(all_back, DRAIN_S)
    except TimeoutError:
        seen.errors += waiting
        seen.seconds = time.perf_counter() - started
    return seen


async def closed_loop(pool: Pool, clients: int, seconds: float) -> Seen:
    """So many clients, each asking again as soon as it was answered."""
    loop = asyncio.get_running_loop()
    seen = Seen()
    started = time.perf_counter()

    async def client() -> None:
        while time.perf_counter() < started + seconds:
            line = await pool.line()
            if line is None:
                seen.errors += 1
                await asyncio.sleep(0.05)
                continue
            done = loop.create_future()
            begun = time.perf_counter()
            line.ask(pool.target.request(), lambda status, done=done: done.done() or done.set_result(status))
            seen.sent += 1
            if await done == 200:
                seen.latencies_ms.append((time.perf_counter() - begun) * 1000)
            else:
                seen.errors += 1

    await asyncio.gather(*(client() for _ in range(clients)))
    seen.seconds = time.perf_counter() - started
    return seen


def cpu_s(pid: int) -> float:
    """Seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def added(options: argparse.Namespace) -> dict[str, Any]:
    """Direct and through the door in turns, so that both meet the same machine."""
    chance = random.Random(options.seed)
    direct = Pool(Target.of(options.direct, options.token, options.direct_model or options.model))
    door = Pool(Target.of(options.door, options.token, options.model))
    whole = {"direct": Seen(), "door": Seen()}
    rounds: list[tuple[float, float]] = []
    busy_s = 0.0
    for pool in (direct, door):
        await pool.warm(32)
        await open_loop(pool, min(200.0, options.rate), 1.0, chance)
    for _ in range(options.rounds):
        part: dict[str, Seen] = {}
        for name, pool in (("direct", direct), ("door", door)):
            before = cpu_s(options.pid) if options.pid else 0.0
            part[name] = seen = await open_loop(pool, options.rate, options.seconds / options.rounds, chance)
            if options.pid and name == "door":
                busy_s += cpu_s(options.pid) - before
            total = whole[name]
            total.latencies_ms += seen.latencies_ms
            total.late_ms += seen.late_ms
            total.errors += seen.errors
            total.sent += seen.sent
            total.seconds += seen.seconds
        rounds.append(tuple(part["door"].quantile(q) - part["direct"].quantile(q) for q in (0.5, 0.99)))  # type: ignore[arg-type]
    direct.close()
    door.close()
    found: dict[str, Any] = {
        "rate": options.rate,
        "added_p50_ms": round(whole["door"].quantile(0.5) - whole["direct"].quantile(0.5), 3),
        "added_p99_ms": round(whole["door"].quantile(0.99) - whole["direct"].quantile(0.99), 3),
        "rounds_added_p50_ms": sorted(round(p50, 3) for p50, _ in rounds),
        "rounds_added_p99_ms": sorted(round(p99, 3) for _, p99 in rounds),
        "direct": whole["direct"].summary(),
        "door": whole["door"].summary(),
    }
    if options.pid:
        found["door_cpu_us_per_request"] = round(busy_s / max(1, whole["door"].sent) * 1e6)
    return found


async def limit(options: argparse.Namespace) -> dict[str, Any]:
    """Raise the rate until it is not kept up, then halve the step."""
    chance = random.Random(options.seed)
    pool = Pool(Target.of(options.door, options.token, options.model))
    await pool.warm(64)
    steps: list[dict[str, Any]] = []
    best, rate, factor = 0.0, float(options.rate), 1.5
    while factor > 1.04 and len(steps) < 16:
        seen = await open_loop(pool, rate, options.seconds, chance)
        kept = not seen.errors and len(seen.latencies_ms) / seen.seconds >= KEPT * seen.sent / options.seconds
        kept = kept and seen.quantile(0.99) <= LATE_S * 1000
        steps.append({"rate": round(rate), "kept": kept, **seen.summary()})
        if kept:
            best = max(best, rate)
        else:
            factor = factor**0.5
        rate = rate * factor if kept else max(rate / factor, best * factor if best else 1.0)
        await asyncio.sleep(0.3)
    pool.close()
    return {"kept_up_per_s": round(best), "steps": steps}


async def capacity(options: argparse.Namespace) -> dict[str, Any]:
    """What clients that wait for their answers get through."""
    pool = Pool(Target.of(options.door, options.token, options.model))
    await pool.warm(options.clients)
    await closed_loop(pool, options.clients, 1.0)
    seen = await closed_loop(pool, options.clients, options.seconds)
    pool.close()
    return {"clients": options.clients, **seen.summary()}


async def streams(options: argparse.Namespace) -> dict[str, Any]:
    """So many streams at once: all must be open together, and all must end."""
    loop = asyncio.get_running_loop()
    pool = Pool(Target.of(options.door, options.token, options.model, stream=True))
    opened: set[int] = set()
    ended: list[int] = []
    firsts: list[float] = []
    peak = 0
    pieces = 0

    async def stream(number: int) -> None:
        nonlocal peak
        line = await pool.line()
        done = loop.create_future()
        if line is None:
            ended.append(0)
            return
        begun = time.perf_counter()

        def heard() -> None:
            nonlocal peak, pieces
            pieces += 1
            if number not in opened:
                opened.add(number)
                firsts.append((time.perf_counter() - begun) * 1000)
                peak = max(peak, len(opened) - len(ended))

        line.ask(pool.target.request(), lambda status: done.done() or done.set_result(status), heard)
        ended.append(await done)

    started = time.perf_counter()
    await asyncio.gather(*(stream(number) for number in range(options.streams)))
    pool.close()
    seen = Seen(firsts)
    return {
        "streams": options.streams,
        "completed": ended.count(200),
        "open_together": peak,
        "pieces": pieces,
        "seconds": round(time.perf_counter() - started, 2),
        "first_piece_p50_ms": seen.quantile(0.5),
        "first_piece_p99_ms": seen.quantile(0.99),
    }


# The engine that answers at once, and the door's HTTP part alone


class Engine(asyncio.Protocol):
    """Answers a chat completion, streamed or not, with no thought at all."""

    events = 20
    pause_s = 0.1
    delay_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self.transport: Any = transport
        self.parser = httptools.HttpRequestParser(self)
        self.body = b""

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        self.parser.feed_data(data)

    def on_body(self, piece: bytes) -> None:
        """More of a request's body."""
        self.body += piece

    def on_message_complete(self) -> None:
        """The request is complete."""
        body, self.body = self.body, b""
        loop = asyncio.get_running_loop()
        if b'"stream":true' in body or b'"stream": true' in body:
            self.transport.write(_STREAM_HEAD)
            loop.call_later(self.pause_s, self.more, 0)
        elif self.delay_s:
            loop.call_later(self.delay_s, self.transport.write, _ANSWER)
        else:
            self.transport.write(_ANSWER)

    def more(self, number: int) -> None:
        """The next event of a stream."""
        last = number == self.events
        event = _FINAL if last else _DELTA
        self.transport.write(b"%x\r\n%b\r\n" % (len(event), event) + (b"0\r\n\r\n" if last else b""))
        if not last and not self.transport.is_closing():
            asyncio.get_running_loop().call_later(self.pause_s, self.more, number + 1)


def _chat(kind: str, choice: dict[str, Any], *, usage: bool) -> bytes:
    body: dict[str, Any] = {"id": "c", "object": kind, "created": 1, "model": "m", "choices": [{"index": 0, **choice}]}
    if usage:
        body["usage"] = {"prompt_tokens": 140, "completion_tokens": 5, "total_tokens": 145}
    return json.dumps(body).encode()


_BODY: Final = _chat(
    "chat.completion",
    {"finish_reason": "stop", "message": {"role": "assistant", "content": "It is a short note, said often."}},
    usage=True,
)
_ANSWER: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(_BODY) + _BODY
_STREAM_HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_CHUNK: Final = "chat.completion.chunk"
_DELTA: Final = b"data: " + _chat(_CHUNK, {"finish_reason": None, "delta": {"content": "word "}}, usage=False) + b"\n\n"
_FINAL: Final = b"data: " + _chat(_CHUNK, {"finish_reason": "stop", "delta": {}}, usage=True) + b"\n\ndata: [DONE]\n\n"


async def upstream(options: argparse.Namespace) -> dict[str, Any]:
    Engine.delay_s, Engine.events, Engine.pause_s = options.delay_s, options.events, options.pause_s
    server = await asyncio.get_running_loop().create_server(Engine, "127.0.0.1", options.port, backlog=1024)
    await server.serve_forever()
    return {}


async def relay(options: argparse.Namespace) -> dict[str, Any]:
    """The gate and the client with nothing between them: no journal, no scheduler, no ledger."""
    import msgspec

    from ergos.base.ids import Pid
    from ergos.drivers.host import HostClock
    from ergos.drivers.http.client import HttpClient
    from ergos.kernel.models import EndpointSpec
    from ergos.kernel.syscalls import Answer
    from ergos.server.gate import GateServer

    client = HttpClient()
    url = options.to.rstrip("/") + "/v1/chat/completions"
    headers = {"content-type": "application/json", "authorization": "Bearer upstream"}
    encoder = msgspec.json.Encoder()

    class Through:
        def pid_of(self, token: str) -> Pid | None:
            return Pid(1) if token == options.token else None

        def models(self) -> tuple[EndpointSpec, ...]:
            return ()

        async def call(
            self,
            _: Pid,
            __: str,
            body: dict[str, object],
            *,
            sink: Callable[[bytes], None] | None,
            gone: Callable[[], bool],
        ) -> Answer:
            del gone
            pieces: list[bytes] = []

            def chunk(piece: bytes) -> None:
                pieces.append(piece)
                assert sink is not None
                sink(piece)

            reply = await client.request(
                "POST", url, headers, encoder.encode(body), deadline_s=60, on_chunk=chunk if sink else None
            )
            whole = b"".join(pieces) if sink else reply.body
            kind = reply.headers.get("content-type", "")
            return Answer({"status": reply.status, "type": kind, "body": whole.decode()})

    await GateServer(Through(), clock=HostClock()).start("127.0.0.1", options.port)
    await asyncio.Event().wait()
    return {}


def options_of(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.door_load", description=__doc__.partition("\n")[0])
    parts = parser.add_subparsers(dest="part", required=True)
    for name in PARTS:
        part = parts.add_parser(name)
        part.add_argument("--token", default="load")
        if name in {"upstream", "relay"}:
            part.add_argument("--port", type=int, required=True)
            part.add_argument("--to", default="")
            part.add_argument("--delay-s", type=float, default=0.0)
            part.add_argument("--events", type=int, default=20, help="events of a stream")
            part.add_argument("--pause-s", type=float, default=0.1, help="seconds between two of them")
            continue
        part.add_argument("--door", required=True)
        part.add_argument("--direct", required=name == "added")
        part.add_argument("--model", default="auto")
        part.add_argument("--direct-model", default="")
        part.add_argument("--rate", type=float, default=500.0, help="requests per second; of `limit` the first tried")
        part.add_argument("--seconds", type=float, default={"added": 20.0, "limit": 3.0}.get(name, 5.0))
        part.add_argument("--rounds", type=int, default=5)
        part.add_argument("--clients", type=int, default=32)
        part.add_argument("--streams", type=int, default=1000)
        part.add_argument("--seed", type=int, default=1)
        part.add_argument("--pid", type=int, default=0, help="of the door, to count its processor time")
    return parser.parse_args(arguments)


PARTS: Final = {
    "upstream": upstream,
    "relay": relay,
    "added": added,
    "limit": limit,
    "capacity": capacity,
    "streams": streams,
}


def main() -> None:
    options = options_of(sys.argv[1:])
    try:
        import uvloop

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    except ImportError:
        runner = asyncio.Runner()
    started = time.perf_counter()
    with runner:
        found = runner.run(PARTS[options.part](options))
    if complaints := [pool.complaint for pool in POOLS if pool.complaint]:
        found["complaints"] = complaints
    print(json.dumps({"part": options.part, **found, "took_s": round(time.perf_counter() - started, 1)}))


if __name__ == "__main__":
    main()
