"""Streams of what changes, `subscriptions/listen`: tasks, the list of tools, resources.

What is watched is looked at in a rhythm and told when it differs from the last look; so nobody has to report a change,
and none is missed that is still there at the next look.

Rules: the first thing said is what is watched, which is what was asked for and is this caller's; a stream whose tasks
have all ended, and that watches nothing else, ends; the streams of one caller are bounded.
Source: SEP-2575; for tasks, SEP-2663.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from ergos.base.errors import ErgosError
from ergos.buses.mcp.server.asking import Context, arguments_of, caller_of, demand_tasks
from ergos.buses.mcp.server.ports import INVALID_PARAMS, Caller, Desk, RpcError, TaskView, Wire
from ergos.buses.mcp.server.tasks import answerable
from ergos.buses.mcp.server.wire import detailed

LISTENS_PER_CALLER_MAX: Final = 4  # streams of one caller at once; a client needs one, and each is work without end
WATCHED_MAX: Final = 16  # tasks and resources of one stream; each is looked at in every round
LOOK_S: Final = 0.5  # seconds between two looks

Look = Callable[[], Awaitable[object]]
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class _Filter(msgspec.Struct, rename="camel"):
    tools_list_changed: bool = False
    resources_list_changed: bool = False
    resource_subscriptions: list[str] = []
    task_ids: list[str] = []


class _Asked(msgspec.Struct):
    notifications: _Filter


class _Watched(msgspec.Struct):
    """One thing that is looked at."""

    method: str
    params: Callable[[object], Wire]
    look: Look
    seen: bytes = b""


class Listening:
    """Serves the streams of one desk."""

    def __init__(self, desk: Desk, default: Caller | None) -> None:
        self._desk: Final = desk
        self._default: Final = default
        self._open: Final[dict[Caller, int]] = {}

    async def listen(self, ctx: Context, _: object) -> Wire:
        """One stream, until its client leaves or there is nothing more to tell. Raises: RpcError."""
        from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY
        from mcp_types import (
            SubscriptionFilter,
            SubscriptionsAcknowledgedNotification,
            SubscriptionsAcknowledgedNotificationParams,
        )

        caller = caller_of(ctx, self._default)
        asked = arguments_of(ctx, _Asked).notifications
        if asked.task_ids:
            demand_tasks(ctx)
        if len(asked.task_ids) + len(asked.resource_subscriptions) > WATCHED_MAX:
            raise RpcError(INVALID_PARAMS, f"one stream watches at most {WATCHED_MAX} tasks and resources")
        if self._open.get(caller, 0) >= LISTENS_PER_CALLER_MAX or ctx.request_id is None:
            raise RpcError(INVALID_PARAMS, f"{LISTENS_PER_CALLER_MAX} streams are open already")
        meta: Wire = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
        self._open[caller] = self._open.get(caller, 0) + 1
        try:
            watched, tasks, agreed = await self._watched(ctx, caller, asked)
            for one in watched:  # before the client is told that it is watched: no change falls in between
                one.seen = _ENCODER.encode(await _looked(one))
            honored = SubscriptionFilter.model_validate(agreed, by_name=False)
            params = SubscriptionsAcknowledgedNotificationParams(notifications=honored, _meta=meta)
            acknowledged = SubscriptionsAcknowledgedNotification(params=params)
            await ctx.session.send_notification(acknowledged, related_request_id=ctx.request_id)
            await self._tell(ctx, watched, tasks, meta, forever=not asked.task_ids or bool(watched))
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]
        return {"_meta": meta}

    async def _watched(
        self, ctx: Context, caller: Caller, asked: _Filter
    ) -> tuple[list[_Watched], list[_Watched], Wire]:
        """What is watched, tasks apart, and what of the wish is granted."""
        desk, others, agreed = self._desk, list[_Watched](), Wire()
        if asked.tools_list_changed:
            others.append(_changed("notifications/tools/list_changed", lambda: desk.tools.tools(caller)))
            agreed["toolsListChanged"] = True
        if (places := desk.places) is not None:
            if asked.resources_list_changed:
                others.append(_changed("notifications/resources/list_changed", lambda: places.resources(caller)))
                agreed["resourcesListChanged"] = True
            for uri in asked.resource_subscriptions:
                others.append(_updated(uri, functools.partial(places.read, caller, uri)))
            if asked.resource_subscriptions:
                agreed["resourceSubscriptions"] = list(asked.resource_subscriptions)
        tasks: list[_Watched] = []
        if (board := desk.board) is not None:
            known = [name for name in asked.task_ids if await board.get(caller, name) is not None]
            tasks = [_task(ctx, functools.partial(board.get, caller, name)) for name in known]
            if known:
                agreed["taskIds"] = known
        return others, tasks, agreed

    async def _tell(
        self, ctx: Context, others: list[_Watched], tasks: list[_Watched], meta: Wire, *, forever: bool
    ) -> None:
        while forever or tasks:
            for one in [*others, *tasks]:
                now = await _looked(one)
                if now is None and one in tasks:
                    tasks.remove(one)  # it has expired
                    continue
                seen = _ENCODER.encode(now)
                if seen == one.seen:
                    continue
                one.seen = seen
                await _notify(ctx, one.method, {**one.params(now), "_meta": meta})
                if one in tasks and getattr(now, "ended", False):
                    tasks.remove(one)
            await asyncio.sleep(LOOK_S)


async def _looked(one: _Watched) -> object:
    try:
        return await one.look()
    except ErgosError:
        return None  # what cannot be read now is as good as gone; the next look may find it


async def _notify(ctx: Context, method: str, params: Wire) -> None:
    from mcp_types import Notification

    notification: Any = Notification[dict[str, Any], str](method=method, params=params)
    await ctx.session.send_notification(notification, related_request_id=ctx.request_id)


def _changed(method: str, look: Look) -> _Watched:
    return _Watched(method, lambda _: {}, look)


def _updated(uri: str, look: Look) -> _Watched:
    return _Watched("notifications/resources/updated", lambda _: {"uri": uri}, look)


def _task(ctx: Context, look: Look) -> _Watched:
    def params(view: object) -> Wire:
        assert isinstance(view, TaskView)
        return detailed(answerable(ctx, view))

    return _Watched("notifications/tasks", params, look)
