"""A home with something to look at, its kernel, the real site on a real port, and people who are signed in.

.venv/bin/python -m tests.console.rig --port 8700        serve a filled home until Ctrl-C; prints addresses to sign in
... --empty                                              a home in which nothing happened yet
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import tempfile
import threading
from collections.abc import Awaitable, Callable, Generator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode

import msgspec

from ergos.app.access.credentials import csrf_of
from ergos.app.access.register import Register
from ergos.app.access.roles import Principal, Role
from ergos.app.daemon import serving
from ergos.app.home import Home, home_at
from ergos.app.inbox import waiting_of
from ergos.base.errors import ErgosError
from ergos.console.site import site_of
from ergos.drivers.host import HostClock, HostEntropy
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.journal import Sealed
from ergos.runtime.control import AnyReply, AnyRequest, Fine, Send, Spawn
from ergos.runtime.kernel import Kernel
from ergos.server.doorway import gate_of
from tests.console.houses import build

T = TypeVar("T")

OWNER: Final = "alice"
OTHER: Final = "carol"
"""An owner who is not the keeper of the home."""
SETTINGS: Final = """
owner = "alice"

[budget.owners.alice]
per_day = "5usd"

[budget.owners.carol]
per_day = "2usd"
"""
STARTED: Final = (
    "crawler", "treasurer", "clerk", "scribe", "bookkeeper", "asker", "poet", "banker", "surveyor", "broken",
    "tempted", "host", "lead", "counter", "gardener",
)  # fmt: skip


class Rig:
    """A served home, used from another thread than its kernel's."""

    def __init__(self, home: Home, agents: dict[str, str], loop: asyncio.AbstractEventLoop) -> None:
        self.home: Final = home
        self.agents: Final = agents
        self.url = ""
        self._loop: Final = loop
        self._perform: Callable[[AnyRequest], Awaitable[AnyReply]] | None = None
        self.register: Final = Register(home.folder, HostClock(), HostEntropy(), keeper=home.settings.owner)
        self.pids: dict[str, int] = {}
        self.crawling: Final[list[int]] = []
        self._owner_session = ""

    @property
    def owner_session(self) -> str:
        """A session of the owner, signed in a moment ago."""
        if not self._owner_session:
            self._owner_session = self.session()
        return self._owner_session

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def cookie_name(self) -> str:
        """Of a session at this port."""
        return f"ergos-{self.port}"

    def session(self, name: str = OWNER, role: Role = "owner", owner: str = OWNER, *, fresh: bool = True) -> str:
        """The secret of a new session. One that is not fresh reads and starts, and signs in again to decide."""
        keeper = owner == self.home.settings.owner
        who = Principal(name=name, role=role, owner=owner, keeper=keeper)
        if fresh:
            redeemed = self.register.redeem(self.register.code(who))
            assert redeemed is not None
            return redeemed[0]
        token = self.register.issue(label=f"{name}-{role}", who=who)
        found = self.register.sign_in_with(token)
        assert found is not None
        return found[0]

    def code_url(self, name: str = OWNER, role: Role = "owner", owner: str = OWNER) -> str:
        """An address that signs a browser in once."""
        who = Principal(name=name, role=role, owner=owner, keeper=owner == self.home.settings.owner)
        return f"{self.url}/enter#{self.register.code(who)}"

    def ask(self, request: AnyRequest) -> AnyReply:
        """Make a request of the kernel."""
        assert self._perform is not None
        return self.on_loop(self._perform(request))

    def on_loop(self, work: Awaitable[T]) -> T:
        """Run something on the kernel's loop."""

        async def run() -> T:
            return await work

        future: Future[T] = asyncio.run_coroutine_threadsafe(run(), self._loop)
        return future.result(30)

    def start(self, agent: str, owner: str = OWNER, memory: object = None) -> int:
        """Start a process; its pid."""
        reply = self.ask(Spawn(path=self.agents[agent], owner=owner, memory=memory))
        assert isinstance(reply, Fine)
        if agent == "crawler":
            self.crawling.append(int(reply.pid))
        return int(reply.pid)

    def send(self, pid: int, body: object) -> None:
        """Put a message into a mailbox."""
        from ergos.base.ids import Pid

        self.ask(Send(pid=Pid(pid), body=body))

    def send_form(self, path: str, fields: Mapping[str, str], session: str = "") -> tuple[int, dict[str, str], str]:
        """Send a form as a browser does that is signed in; status, headers and text of the answer."""
        session = session or self.owner_session
        headers = {
            "Cookie": f"{self.cookie_name}={session}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.url,
            "Sec-Fetch-Site": "same-origin",
        }
        body = urlencode({"csrf": csrf_of(session), **fields})
        return self._asked("POST", path, headers, body)

    def fetch(self, path: str, session: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        """GET a page as somebody who is signed in; '-' for nobody."""
        sent = {"Accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if session != "-":
            sent["Cookie"] = f"{self.cookie_name}={session or self.owner_session}"
        return self._asked("GET", path, sent)

    def _asked(
        self, method: str, path: str, headers: Mapping[str, str], body: str = ""
    ) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body or None, dict(headers))
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def numbers(self, owner: str = OWNER) -> dict[int, int]:
        """The process behind each open inbox item."""

        async def looked() -> dict[int, int]:
            reads = SqliteReads.open(self.home.store)
            try:
                return {one.id: int(one.pid) for one in await reads.items(owner, 1_000)}
            finally:
                await reads.close()

        return self.on_loop(looked())

    def items(self, owner: str = OWNER) -> dict[str, int]:
        """Numbers of open inbox items by the agent that waits."""

        async def looked() -> dict[str, int]:
            reads = SqliteReads.open(self.home.store)
            try:
                found = await waiting_of(self.home, reads, owner, HostClock().now_ns())
                return {one.case.agent: one.item.id for one in found}
            finally:
                await reads.close()

        return self.on_loop(looked())

    def records(self, pid: int | None = None) -> list[Sealed]:
        """The journal, or a process's part of it."""
        from ergos.base.ids import Pid

        async def looked() -> list[Sealed]:
            reads = SqliteReads.open(self.home.store)
            try:
                return [one async for one in reads.records(pid=None if pid is None else Pid(pid))]
            finally:
                await reads.close()

        return self.on_loop(looked())

    def kinds(self, pid: int | None = None) -> list[str]:
        """Tags of the records, in order."""
        return [str(cast("dict[str, Any]", msgspec.json.decode(one.body))["k"]) for one in self.records(pid)]

    def calm(self) -> None:
        """End what would keep the kernel from ending soon."""
        from ergos.base.ids import Pid
        from ergos.runtime.control import Signal

        for pid in self.crawling:
            with contextlib.suppress(ErgosError):  # it has ended
                self.ask(Signal(pid=Pid(pid), name="kill", by=OWNER))

    def until(self, true: Callable[[], bool], *, what: str = "it happens") -> None:
        """Wait until something is so."""
        import time

        for _ in range(600):
            if true():
                return
            time.sleep(0.02)
        raise AssertionError(f"waited in vain until {what}")

    def fill(self) -> None:
        """Start everything, and wait until the inbox holds what is asked."""
        for name in STARTED:
            self.pids[name] = self.start(name)
        self.pids["carol's treasurer"] = self.start("treasurer", owner=OTHER)
        for number in (3, 4):
            self.send(self.pids["counter"], number)
        wanted = {"treasurer", "clerk", "scribe", "bookkeeper", "asker", "poet", "banker", "tempted"}
        self.until(lambda: wanted <= self.items().keys(), what=f"{sorted(wanted)} ask")
        self.until(lambda: "treasurer" in self.items(OTHER), what="carol's treasurer asks")


@contextmanager
def rigged(folder: Path, *, port: int = 0, filled: bool = True, settings: str = SETTINGS) -> Generator[Rig]:
    """A served home in a folder, on a loop of its own thread."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "home").mkdir(mode=0o700, exist_ok=True)
    (folder / "home" / "settings.toml").write_text(settings)
    home = home_at(folder / "home", {"HOME": str(folder)})
    agents = build(folder / "home" / "agents")
    loop = asyncio.new_event_loop()
    rig, ready, ending = Rig(home, agents, loop), threading.Event(), asyncio.Event()
    failed: list[BaseException] = []

    async def served() -> None:
        def make(kernel: Kernel, perform: Any) -> Any:
            rig._perform = perform
            return site_of(home)(kernel, perform)

        async with serving(home, gate_of(home, make), port=port):
            from ergos.app.client import ask
            from ergos.runtime.control import Status, StatusOf

            status = await ask(home, StatusOf())
            assert isinstance(status, Status)
            rig.url = status.door
            ready.set()
            await ending.wait()

    def run() -> None:
        asyncio.set_event_loop(loop)
        # Signals belong to the main thread.
        loop.add_signal_handler = lambda *_: None  # type: ignore[method-assign]
        loop.remove_signal_handler = lambda *_: True  # type: ignore[method-assign]
        try:
            loop.run_until_complete(served())
        except BaseException as error:
            failed.append(error)
        finally:
            ready.set()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    thread = threading.Thread(target=run, name="rig")
    thread.start()
    ready.wait()
    try:
        if failed:
            raise failed[0]
        if filled:
            rig.fill()
        yield rig
    finally:
        if not loop.is_closed():
            rig.calm()
            loop.call_soon_threadsafe(ending.set)
        thread.join(30)
    if failed:
        raise failed[0]


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as made,
        rigged(options.folder or Path(made), port=options.port, filled=not options.empty) as rig,
    ):
        print(f"alice, keeper:   {rig.code_url()}")
        print(f"carol, owner:    {rig.code_url(OTHER, 'owner', OTHER)}")
        print(f"vera, viewer:    {rig.code_url('vera', 'viewer', OWNER)}")
        print(f"cookie:          {rig.cookie_name}={rig.session()}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
