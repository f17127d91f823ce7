"""Tasks of the fixture: kept in memory, because the fixture has no kernel. Ids are made and read by ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from ergos.buses.mcp.server.ports import INTERNAL_ERROR, Caller, RpcError, TaskView, Wire
from ergos.buses.mcp.server.task_ids import TaskIds

TTL_MS: Final = 300_000  # milliseconds; longer than any scenario
Ask = Callable[[str, Wire], Awaitable[Any]]
Work = Callable[[Ask], Awaitable[Wire]]


class MemoryBoard:
    """Runs work as tasks."""

    def __init__(self) -> None:
        self._ids: Final = TaskIds(b"a fixture keeps no secret")
        self._views: Final[dict[str, TaskView]] = {}
        self._running: Final[dict[str, asyncio.Task[None]]] = {}
        self._waiting: Final[dict[tuple[str, str], asyncio.Future[Any]]] = {}

    def start(self, caller: Caller, work: Work) -> TaskView:
        """Begin some work."""
        subject = f"fixture-{len(self._views) + 1}"
        now = time.time_ns()
        view = TaskView(
            id=self._ids.made(subject, caller.identity), status="working", created_ns=now, updated_ns=now, ttl_ms=TTL_MS
        )
        self._views[subject] = view
        self._running[subject] = asyncio.ensure_future(self._run(subject, work))
        return view

    async def _run(self, subject: str, work: Work) -> None:
        async def ask(key: str, request: Wire) -> Any:
            answer = self._waiting[subject, key] = asyncio.get_running_loop().create_future()
            inputs = {**self._views[subject].inputs, key: request}
            self._now(subject, status="input_required", inputs=inputs)
            return await answer

        try:
            self._now(subject, status="completed", result=await work(ask))
        except RpcError as error:
            self._now(subject, status="failed", error={"code": error.code, "message": error.message})
        except asyncio.CancelledError:
            self._now(subject, status="cancelled")
        except RuntimeError as error:
            self._now(subject, status="failed", error={"code": INTERNAL_ERROR, "message": str(error)})

    def _now(self, subject: str, **changes: Any) -> None:
        view = self._views[subject]
        if not view.ended:
            self._views[subject] = msgspec.structs.replace(view, updated_ns=time.time_ns(), **changes)

    async def get(self, caller: Caller, task_id: str) -> TaskView | None:
        """How it stands."""
        return self._views.get(self._ids.subject(task_id, caller.identity) or "")

    async def update(self, caller: Caller, task_id: str, responses: Mapping[str, Any]) -> bool:
        """Take answers."""
        subject = self._ids.subject(task_id, caller.identity) or ""
        if subject not in self._views:
            return False
        for key, response in responses.items():
            answer = self._waiting.pop((subject, key), None)
            if answer is None or answer.done():
                continue
            inputs = {name: one for name, one in self._views[subject].inputs.items() if name != key}
            self._now(subject, inputs=inputs, status="input_required" if inputs else "working")
            answer.set_result(response)
        return True

    async def cancel(self, caller: Caller, task_id: str) -> bool:
        """Ask it to end."""
        subject = self._ids.subject(task_id, caller.identity) or ""
        if subject not in self._views:
            return False
        self._running[subject].cancel()
        return True
