"""A kernel that publishes agents over real HTTP, on a thread and a loop of its own; and clients that speak both bindings.

Nothing is replaced: the home, the store, the processes, the sockets are those of `ergos up`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
from starlette.applications import Starlette

from ergos.app.home import Home, home_at, kernel_on, programs_of
from ergos.buses.a2a.ports import Gatekeeper
from ergos.drivers.http.asgi import serve_asgi
from ergos.drivers.http.server import HttpServer
from ergos.kernel.peers import PeerSettings
from ergos.runtime.kernel import Kernel
from ergos.server.a2a_peers import Anybody
from ergos.server.a2a_push import NEAR, GuardedOutside, Outside, Place
from ergos.server.a2a_site import A2a, NoSecrets, published

AGENT = Path(__file__).parent / "agent_under_test"
BINDINGS = ("jsonrpc", "http_json")
NAME = "agent-under-test"
T = TypeVar("T")
_numbers = itertools.count(1)


def home_in(folder: Path) -> Home:
    return home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": "alice"})


class Stand:
    """A server that is up."""

    def __init__(
        self,
        home: Home,
        folders: tuple[Path, ...] = (AGENT,),
        gatekeeper: Gatekeeper | None = None,
        *,
        repeats: bool = False,
        places: tuple[Place, ...] = NEAR,
        outside: Callable[[Kernel], Outside] | None = None,
        port: int = 0,
    ) -> None:
        self.home = home
        self._port = port
        self._folders = folders
        self._gatekeeper = gatekeeper
        self._repeats = repeats
        self._places = places
        self._outside = outside
        self._ready: Future[None] = Future()
        self._ending: asyncio.Event | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.loop: asyncio.AbstractEventLoop
        self.kernel: Kernel
        self.a2a: A2a
        self.base = ""

    def up(self) -> Stand:
        self._thread.start()
        self._ready.result(30)
        return self

    def down(self) -> None:
        if self._ending is not None:
            self.loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    def do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run something on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work(), self.loop).result(30)

    @property
    def url(self) -> str:
        return f"{self.base}/a2a/{NAME}"

    async def _run(self) -> None:
        try:
            self.loop = asyncio.get_running_loop()
            self._ending = asyncio.Event()
            async with kernel_on(self.home, programs_of(self.home)) as kernel:
                self.kernel = kernel
                open_ = self._gatekeeper is None
                gatekeeper = self._gatekeeper or Anybody(PeerSettings(name="kit", tasks_max=1_000))
                outside = self._outside or (
                    lambda one: GuardedOutside(one.machine, NoSecrets(), one.desk.reached, self._places)
                )
                self.a2a = A2a(
                    kernel,
                    self.home,
                    lambda: self.base,
                    published(kernel, self.home, self._folders, open_=open_),
                    gatekeeper,
                    outside=outside(kernel),
                    places=self._places,
                    repeats=self._repeats,
                )
                site = Starlette(routes=list(self.a2a.routes))
                server = HttpServer(lambda request, reply: serve_asgi(site, request, reply))
                await self.a2a.start()
                self.base = f"http://127.0.0.1:{await server.start(port=self._port)}"
                self._ready.set_result(None)
                await self._ending.wait()
                await self.a2a.close()
                await server.stop(0.2)
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise


@contextmanager
def standing(home: Home, folders: tuple[Path, ...] = (AGENT,), **more: Any) -> Iterator[Stand]:
    stand = Stand(home, folders, **more).up()
    try:
        yield stand
    finally:
        stand.down()


class Reply:
    """An answer, of either binding, in the same form."""

    def __init__(self, response: httpx.Response, binding: str) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.json() if response.content else None
        if binding == "jsonrpc":
            self.error = (self.body or {}).get("error")
            self.result = (self.body or {}).get("result")
            self.code = self.error["code"] if self.error else 0
            self.details = self.error.get("data") if self.error else None
        else:
            self.error = self.body.get("error") if isinstance(self.body, dict) else None
            self.result = None if self.error else self.body
            self.code = self.error["code"] if self.error else 0
            self.details = self.error.get("details") if self.error else None

    @property
    def reason(self) -> str:
        """The protocol's name of an error."""
        return next((one["reason"] for one in self.details or () if "reason" in one), "") if self.error else ""

    @property
    def task(self) -> dict[str, Any]:
        assert self.error is None, self.error
        return self.result.get("task", self.result)

    @property
    def state(self) -> str:
        return self.task["status"]["state"].removeprefix("TASK_STATE_")


class Talk:
    """A client, over raw HTTP."""

    def __init__(self, url: str, binding: str, token: str = "", version: str = "1.0") -> None:
        self.url, self.binding = url, binding
        self.headers = {"a2a-version": version} if version else {}
        if token:
            self.headers["authorization"] = f"Bearer {token}"
        self.http = httpx.Client(timeout=20, headers=self.headers, verify=False)

    def rpc(self, method: str, params: Any, **headers: str) -> Reply:
        body = {"jsonrpc": "2.0", "id": next(_numbers), "method": method, "params": params}
        return Reply(self.http.post(self.url, json=body, headers=headers), "jsonrpc")

    def rest(self, method: str, path: str, body: Any = None, **params: Any) -> Reply:
        return Reply(self.http.request(method, f"{self.url}{path}", json=body, params=params), "http_json")

    def send(self, message_id: str, text: str = "hi", configuration: Any = None, **message: Any) -> Reply:
        said = {"role": "ROLE_USER", "messageId": message_id, "parts": [{"text": text}], **message}
        body = {"message": said, **({"configuration": configuration} if configuration is not None else {})}
        if self.binding == "jsonrpc":
            return self.rpc("SendMessage", body)
        return self.rest("POST", "/message:send", body)

    def get(self, task_id: str, history: int | None = None) -> Reply:
        more = {} if history is None else {"historyLength": history}
        if self.binding == "jsonrpc":
            return self.rpc("GetTask", {"id": task_id, **more})
        return self.rest("GET", f"/tasks/{task_id}", **more)

    def list(self, **query: Any) -> Reply:
        if self.binding == "jsonrpc":
            return self.rpc("ListTasks", query)
        plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
        return self.rest("GET", "/tasks", **plain)

    def cancel(self, task_id: str) -> Reply:
        if self.binding == "jsonrpc":
            return self.rpc("CancelTask", {"id": task_id})
        return self.rest("POST", f"/tasks/{task_id}:cancel")

    def push(self, verb: str, task_id: str, config: Any = None, config_id: str = "") -> Reply:
        if self.binding == "jsonrpc":
            method = {"create": "Create", "get": "Get", "list": "List", "delete": "Delete"}[verb]
            name = f"{method}TaskPushNotificationConfig{'s' if verb == 'list' else ''}"
            return self.rpc(name, {"taskId": task_id, **(config or {}), **({"id": config_id} if config_id else {})})
        path = f"/tasks/{task_id}/pushNotificationConfigs"
        if verb == "create":
            return self.rest("POST", path, config)
        method = {"get": "GET", "list": "GET", "delete": "DELETE"}[verb]
        return self.rest(method, f"{path}/{config_id}" if config_id else path)

    def extended(self) -> Reply:
        if self.binding == "jsonrpc":
            return self.rpc("GetExtendedAgentCard", {})
        return self.rest("GET", "/extendedAgentCard")

    def stream(self, message_id: str, **message: Any) -> list[dict[str, Any]]:
        said = {"role": "ROLE_USER", "messageId": message_id, "parts": [{"text": "hi"}], **message}
        with self.streaming("SendStreamingMessage", "/message:stream", {"message": said}) as events:
            return list(events)

    @contextmanager
    def subscribed(self, task_id: str) -> Iterator[Iterator[dict[str, Any]]]:
        with self.streaming("SubscribeToTask", f"/tasks/{task_id}:subscribe", {"id": task_id}) as events:
            yield events

    @contextmanager
    def streaming(self, method: str, path: str, params: Any) -> Iterator[Iterator[dict[str, Any]]]:
        url, body = f"{self.url}{path}", params
        if self.binding == "jsonrpc":
            url, body = self.url, {"jsonrpc": "2.0", "id": next(_numbers), "method": method, "params": params}
        with self.http.stream("POST", url, json=body) as response:
            assert response.headers["content-type"].startswith("text/event-stream"), response.read()
            yield self._events(response)

    def _events(self, response: httpx.Response) -> Iterator[dict[str, Any]]:
        for line in response.iter_lines():
            if line.startswith("data:"):
                found = json.loads(line[5:])
                if self.binding == "jsonrpc":
                    assert found["jsonrpc"] == "2.0"
                    assert "id" in found
                    found = found["result"] if "result" in found else {"error": found["error"]}
                yield found


def kind(event: dict[str, Any]) -> str:
    """Which of the four an event is."""
    (name,) = event
    return name


def state_of(event: dict[str, Any]) -> str:
    """The state that an event tells of; '' for an artifact."""
    body = event.get("task") or event.get("statusUpdate")
    return body["status"]["state"].removeprefix("TASK_STATE_") if body else ""
