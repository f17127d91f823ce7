"""The whole site of a home with two owners, as it runs in practice, and bob at it, as a program and as a person."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from ergos.app.access.register import Register
from ergos.app.access.roles import person
from ergos.console.site import KernelSite
from ergos.drivers.host import HostEntropy
from ergos.drivers.http.client import HttpClient
from ergos.server.doorway import open_gate
from tests.app.access.estate import Estate, estate

T = TypeVar("T")

NOBODYS: Final = 999_983
ASK_S: Final = 20.0  # seconds until a test gives up; streams that begin are cut much sooner
STREAM_S: Final = 0.3  # seconds for which a stream is read


class Things(msgspec.Struct, frozen=True):
    """What is filled in, by the name of a parameter."""

    pid: int
    number: int
    agent: str
    id: str
    digest: str
    label: str
    owner: str
    key: str = "secret"

    def of(self, name: str, kind: str = "string") -> Any:
        """A value for a parameter of this name; None: it is not about an object."""
        known: dict[str, Any] = {
            "pid": self.pid, "process": self.pid, "parent": self.pid, "number": self.number, "item": self.number,
            "numbers": [self.number], "items": [self.number], "agent": self.agent, "name": self.agent, "id": self.id,
            "grant": self.id, "digest": self.digest, "definition": self.digest, "from": self.digest, "to": self.digest,
            "version": self.digest, "before": self.digest, "after": self.digest, "label": self.label, "owner": self.owner, "key": self.key,
            "path": f"proc/{self.pid}/state", "rest": f"nothing/{self.pid}", "queue": self.agent, "server": self.agent,
        }  # fmt: skip
        found = known.get(name)
        fits = {"integer": int, "string": str, "array": list}.get(kind)
        return found if found is not None and (fits is None or isinstance(found, fits)) else None

    def hidden(self, text: str) -> str:
        """A text without what was filled in."""
        for value in (
            f"proc/{self.pid}/state",
            self.digest,
            self.digest[:16],
            self.digest[:12],
            self.digest[:8],
            self.id,
            self.agent,
            self.label,
            self.owner,
        ):
            text = text.replace(value, "N").replace(quote(value, safe=""), "N")
        return re.sub(rf"\b(?:{self.pid}|{self.number})\b", "N", text)


class Call(msgspec.Struct, frozen=True):
    """One way to ask."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Site(msgspec.Struct):
    """The whole site of an estate, and bob at it."""

    estate: Estate
    url: str
    app: Any
    client: HttpClient
    token: str
    cookie: str
    csrf: str
    document: dict[str, Any]
    alices: list[Things]
    nobodys: Things

    async def ask(self, call: Call) -> tuple[int, str]:
        """Status and what was said; of a stream its beginning."""
        pieces: list[bytes] = []
        head: list[int] = []

        loop = asyncio.get_running_loop()

        def on_head(status: int, headers: dict[str, str]) -> bool:
            head.append(status)
            if headers.get("content-type", "").startswith("text/event-stream"):
                until.reschedule(loop.time() + STREAM_S)
            return True

        try:
            async with asyncio.timeout(ASK_S) as until:
                reply = await self.client.request(
                    call.method,
                    f"{self.url}{call.path}",
                    call.headers,
                    call.body,
                    deadline_s=ASK_S,
                    on_head=on_head,
                    on_chunk=pieces.append,
                )
                return reply.status, (b"".join(pieces) + reply.body).decode("utf-8", "replace")
        except TimeoutError:
            return (head or [0])[0], b"".join(pieces).decode("utf-8", "replace")

    @property
    def as_program(self) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self.token}",
            "accept": "application/json",
            "content-type": "application/json",
        }

    @property
    def as_person(self) -> dict[str, str]:
        return {"cookie": self.cookie, "accept": "text/html", "origin": self.url, "sec-fetch-site": "same-origin"}


@asynccontextmanager
async def whole_site(folder: Path) -> AsyncIterator[Site]:
    """Gate, site and estate as they run in practice."""
    async with estate(folder) as made:
        sites: list[KernelSite] = []

        def make(kernel: Any, perform: Any) -> KernelSite:
            sites.append(KernelSite(made.home, kernel, perform))
            return sites[0]

        gate = await open_gate(made.kernel, 0, made.ground.perform, home=made.home, make_site=make)
        client = HttpClient()
        try:
            yield await _entered(made, gate.url, sites[0], client)
        finally:
            await client.close()
            await gate.stop()


class Standing:
    """A whole site on a loop of its own, for a module of tests."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._context = whole_site(folder)
        self.site: Final = self._runner.run(self._context.__aenter__())

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """Do something on that loop."""
        return self._runner.run(doing)

    def close(self) -> None:
        self._runner.run(self._context.__aexit__(None, None, None))
        self._runner.close()


async def _entered(made: Estate, url: str, site: KernelSite, client: HttpClient) -> Site:
    clock = made.kernel.machine.parts.clock
    register = Register(made.home.folder, clock, HostEntropy(), keeper="alice")
    bob = person("bob", "owner", "bob", keeper_of="alice")
    register.issue(label="alice-only", who=person("alice", "owner", "alice", keeper_of="alice"))
    token = register.issue(label="bobs", who=bob, decides=True)
    signed = register.redeem(register.code(bob))
    assert signed
    found = register.principal_of_session(signed[0])
    assert found
    cookie = f"ergos-{url.rpartition(':')[2]}={signed[0]}"
    built = await site._built()
    alices = [await _things(made, agent) for agent in ("payer", "asker", "azure")]
    nobodys = Things(NOBODYS, NOBODYS, "nobody", "f" * 12, "e" * 64, "no-label", "nemo")
    opened = Site(made, url, built._inner, client, token, cookie, found[1], {}, alices, nobodys)
    status, document = await opened.ask(Call("GET", "/api/v1/openapi.json", opened.as_program, b""))
    assert status == 200
    opened.document = json.loads(document)
    return opened


async def _things(made: Estate, agent: str) -> Things:
    pid = made.pids["alice"][agent]
    azure = (await made.seat("alice").process(made.pids["alice"]["azure"])).process
    grants = await made.seat("alice").own.given("azure", await made.seat("alice").definition(azure), 0)
    number = made.items["alice"].get(agent, NOBODYS + 1)
    return Things(pid, number, "azure", grants[0].id, azure.definition, "alice-only", "alice")
