"""A home whose kernel runs, with the HTTP API over it and no entrance: whoever asks says who they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from ergos.app.access.register import Register
from ergos.app.access.roles import Principal, person
from ergos.app.access.seat import Ground, Seat
from ergos.app.home import Home, facts_of, home_at, kernel_on, load_with, programs_of
from ergos.app.pulse import Pulse
from ergos.app.views.model import Views
from ergos.base.ids import Pid
from ergos.drivers.host import HostClock, HostEntropy
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.runtime.control import AnyReply, AnyRequest
from ergos.runtime.kernel import Kernel
from ergos.runtime.operations import Operations
from ergos.server.api.repeats import Repeats
from ergos.server.api.routes import api_routes

BASE: Final = "/api/v1"
PAY: Final = """
from ergos.lib.tool import tool


@tool(effect="irreversible")
def pay(to: str, amount: int) -> str:
    return f"paid {amount} to {to}"
"""
PAYER: Final = """
from ergos.lib.agent import Context, agent


@agent()
async def payer(ctx: Context):
    return await ctx.act("pay", to="bob", amount=5)
"""
ASKER: Final = """
from ergos.lib.agent import Context, agent


@agent()
async def asker(ctx: Context):
    return {"said": await ctx.ask("how are you?"), "memory": ctx.beginning.memory}
"""
LISTENER: Final = """
from ergos.lib.agent import Context, agent


@agent()
async def listener(ctx: Context):
    heard = []
    while True:
        message = (await ctx.receive()).body
        if message == "enough":
            return heard
        heard.append(message)
"""
QUICK: Final = """
from ergos.lib.agent import Context, agent


@agent()
async def quick(ctx: Context):
    return f"you said {ctx.beginning.memory}"
"""
BROKEN: Final = """
from ergos.lib.agent import Context, agent


@agent()
async def broken(ctx: Context):
    return 1 / 0
"""
CODE: Final = {"payer": PAYER, "asker": ASKER, "listener": LISTENER, "quick": QUICK, "broken": BROKEN}

ALICE: Final = person("alice", "owner", "alice", keeper_of="alice", fresh=True)
STALE: Final = person("alice", "owner", "alice", keeper_of="alice")
OPERATOR: Final = person("olga", "operator", "alice", keeper_of="alice")
VIEWER: Final = person("vera", "viewer", "alice", keeper_of="alice")
BOB: Final = person("bob", "owner", "bob", keeper_of="alice", fresh=True)


class Heard(msgspec.Struct):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class House(msgspec.Struct):
    """A kernel and its API."""

    home: Home
    kernel: Kernel
    ground: Ground
    app: Any
    register: Register
    pulse: Pulse
    repeats: Repeats
    asked: list[AnyRequest] = []

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: Principal | None = ALICE,
        query: str = "",
        raw: bytes | None = None,
        **headers: str,
    ) -> Heard:
        """One request. `headers`: names with _ for -."""
        sent = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        shown = {"content-type": "application/json"} if sent else {}
        shown |= {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
            "method": method, "scheme": "http", "path": BASE + path, "raw_path": (BASE + path).encode(),
            "query_string": query.encode(), "root_path": "", "client": ("127.0.0.1", 0), "server": None,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in shown.items()],
            "state": {"seat": None if who is None else Seat(who, self.ground)},
        }  # fmt: skip
        pending = [{"type": "http.request", "body": sent, "more_body": False}]
        answer = Heard(0, {}, b"")

        async def receive() -> dict[str, Any]:
            if pending:
                return pending.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                answer.body += message.get("body", b"")

        await self.app(scope, receive, send)
        return answer

    async def good(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """What a request that succeeds gives."""
        answer = await self.ask(method, path, body, **more)
        assert answer.status < 300, (answer.status, answer.body)
        return answer.json if answer.body else None

    async def refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        """Status and code of a refusal, which is a problem."""
        answer = await self.ask(method, path, body, **more)
        assert answer.status >= 400, (answer.status, answer.body)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == answer.status
        return answer.status, answer.json["code"]

    async def start(self, agent: str, who: Principal = ALICE, **more: Any) -> int:
        return (await self.good("POST", "/processes", {"agent": agent, **more}, who=who))["pid"]

    async def rests(self, pid: int, *states: str) -> Any:
        """A process once it stands in one of these states."""
        for _ in range(500):
            found = (await self.ground.reads.load((Pid(pid),)))[0].process
            if found.state.value in states:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(found)

    async def item(self, who: Principal = ALICE) -> Any:
        """The first item that waits."""
        for _ in range(500):
            waiting = (await self.good("GET", "/inbox", who=who))["waiting"]
            if waiting:
                return waiting[0]
            await asyncio.sleep(0.01)
        raise AssertionError("nothing waits")


def home_in(folder: Path) -> Home:
    """A home with agents."""
    home = home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": "alice"})
    for name, source in CODE.items():
        place = home.folder / "agents" / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "AGENT.md").write_text(f"---\nname: {name}\nprogram: agent.py:{name}\n---\n")
        (place / "agent.py").write_text(source)
    payer = home.folder / "agents" / "payer"
    (payer / "tools").mkdir(exist_ok=True)
    (payer / "tools" / "pay.py").write_text(PAY)
    grants = "grants:\n  - act: pay\n    ask: true\n"
    (payer / "AGENT.md").write_text(f"---\nname: payer\nprogram: agent.py:payer\n{grants}---\n")
    return home


@asynccontextmanager
async def standing(folder: Path) -> AsyncIterator[House]:
    home = home_in(folder)
    programs = programs_of(home)
    async with kernel_on(home, programs) as kernel:
        operations = Operations(kernel, load_with(programs), facts_of(kernel), lambda: None)
        store, clock = kernel.machine.store, HostClock()
        await store.flush()
        reads, views = SqliteReads.open(home.store), Views(home.folder)
        asked: list[AnyRequest] = []

        async def head() -> int:
            await store.flush()
            return (await store.head()).seq

        async def perform(request: AnyRequest) -> AnyReply:
            asked.append(request)
            return await operations.perform(request)

        pulse = Pulse(kernel, head)
        ground = Ground(
            home=home, reads=reads, perform=perform, clock=clock,
            views=lambda owner: views.of(owner, keeper=owner == "alice"),
        )  # fmt: skip
        register = Register(home.folder, clock, HostEntropy(), keeper="alice")
        repeats = Repeats(home.folder, clock)
        routes = api_routes(pulse=pulse, register=register, repeats=repeats, clock=clock, entropy=HostEntropy())
        from starlette.applications import Starlette

        app = Starlette(routes=routes)
        try:
            yield House(home, kernel, ground, app, register, pulse, repeats, asked)
        finally:
            operations.close()
            pulse.close()
            repeats.close()
            await views.close()
            await reads.close()


def play(folder: Path, scenario: Callable[[House], Awaitable[None]]) -> None:
    """A scenario in a house of its own."""

    async def played() -> None:
        async with standing(folder) as house:
            await scenario(house)

    asyncio.run(played())
