"""Chat with any agent: its process as a conversation, written to as messages, its answers as they come.

    /chat               agents and conversations to go on with
    /chat/NAME          the conversation with the agent's newest live process, or with `?pid=`
    /chat/NAME/live     the conversation, anew
    /chat/NAME/stream   what a model is saying right now, as server-sent events

Rules: a message is sent once; a process that is started for it is started once; everything works without JavaScript by
sending and reloading. What an agent says is a stranger's text with its label.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from ergos.app.access.authority import allowed
from ergos.app.access.seat import live_of
from ergos.app.talk import Talk, talk
from ergos.app.tap import Tap
from ergos.base.errors import ErgosError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.console.frame.visit import Visit
from ergos.console.inbox.deciding import answer_of, decide, found, seal_of
from ergos.console.inbox.exact import choices_of
from ergos.console.pages.live import Streams
from ergos.console.work.agents import known
from ergos.console.work.asked import agent_url, number, url, whole
from ergos.console.work.once import once_of, ticket
from ergos.console.work.words import clipped
from ergos.kernel.process import ENDED
from ergos.runtime.control import Answer, Fine, Send, Spawn

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope
    from starlette.types import Send as Send_

    from ergos.app.pulse import Pulse
    from ergos.console.work.agents import Known
    from ergos.kernel.process import Process

AGENTS_SHOWN: Final = 100  # agents one can talk with on a page
LIVE_SHOWN: Final = 20  # conversations of an agent that are offered
TEXT_CHARS_MAX: Final = 100_000  # characters of one message
BEAT_S: Final = 2.0  # seconds after which an idle stream says that it is there, and sees whether the kernel is


async def chats(request: Request) -> Response:
    """Whom one can talk with."""
    visit = Visit.of(request)
    rows = (await visit.seat.views.agents())[:AGENTS_SHOWN]
    waiting = [one for one in await visit.seat.views.processes("live", limit=100) if one.waits == "mail"]
    return visit.page("chats.html", rows=rows, waiting=waiting[:LIVE_SHOWN], agent_url=agent_url)


async def chat(request: Request) -> Response:
    """One conversation."""
    visit = Visit.of(request)
    try:
        return visit.page("chat.html", **await _chat(visit))
    except ErgosError as error:
        return visit.refused(error)


async def chat_live(request: Request) -> Response:
    """The conversation, anew."""
    visit = Visit.of(request)
    try:
        return visit.part("chat_live.html", **await _chat(visit))
    except ErgosError as error:
        return visit.refused(error)


async def _chat(visit: Visit) -> dict[str, Any]:
    request, seat = visit.request, visit.seat
    name = str(request.path_params["name"])
    agent = await known(seat, name)
    live = await seat.views.processes("live", agent=name, limit=LIVE_SHOWN)
    fresh = request.query_params.get("new") == "1"
    process = None if fresh else await _process(visit, agent, [row.pid for row in live])
    said: Talk | None = None
    questions: dict[int, dict[str, Any]] = {}
    unread: list[Any] = []
    calls: tuple[str, ...] = ()
    if process is not None:
        loaded = await seat.process(process.pid)
        said = await talk(seat, process.pid, process.turn, number(request, "before"))
        unread = [(mail, clipped(await seat.value(mail.body))) for mail in loaded.mail[:50]]
        for one in said.said:
            if one.kind == "asked" and one.item:
                questions[one.item] = await _question(visit, one.item)
        calls = await _under_way(visit, process)
    here = f"/chat/{agent_url(name).removeprefix('/agents/')}"
    pid = process.pid if process is not None else 0
    return {
        "about": agent,
        "process": process,
        "pid": pid,
        "ended": process is not None and process.state in ENDED,
        "talk": said,
        "clipped": clipped,
        "questions": {number: one for number, one in questions.items() if one},
        "unread": unread,
        "calls": calls,
        "live": live,
        "waiting": [one for one in (await seat.inbox(delivered=False)).waiting if pid and one.item.pid == pid],
        "here": here,
        "older": url(here, pid=pid, before=said.first) if said is not None and said.first > 1 else "",
        "newer": url(here, pid=pid) if number(request, "before") else "",
        "live_url": url(
            f"{here}/live", pid=pid or "", new="1" if fresh else "", before=number(request, "before") or ""
        ),
        "stream_url": url(f"{here}/stream", pid=pid or ""),
        "may_send": allowed(seat.principal, Send),
        "may_start": allowed(seat.principal, Spawn) and bool(agent.path),
        "may_answer": allowed(seat.principal, Answer),
        "ticket": ticket(),
        "agent_url": agent_url,
    }


async def _process(visit: Visit, agent: Known, live: list[Pid]) -> Process | None:
    """The process that is talked with: the one named, else the newest that is live."""
    named = whole(visit.request.query_params.get("pid", ""))
    if named:
        process = (await visit.seat.process(Pid(named))).process
        if process.agent != agent.name:
            raise UnknownProcessError(f"process {named} is not one of {agent.name}")
        return process
    return (await visit.seat.process(live[0])).process if live else None


async def _under_way(visit: Visit, process: Process) -> tuple[str, ...]:
    """Calls that are not written down yet: what it waits for or does right now."""
    if process.state in ENDED:
        return ()
    try:
        live = await live_of(visit.seat)
    except ErgosError:
        return ()
    return next((one.calls for one in live.processes if one.pid == process.pid), ())


async def _question(visit: Visit, item: int) -> dict[str, Any]:
    one = await found(visit.seat, item)
    if one is None or one.item.kind != "question":
        return {}
    choices = [choice if isinstance(choice, str) else str(choice) for choice in choices_of(one)]
    return {"seal": seal_of(one.item), "choices": choices}


async def say(request: Request) -> Response:
    """Send a message, starting a process for it if there is none; once."""
    visit = Visit.of(request)
    try:
        name = str(request.path_params["name"])
        agent = await known(visit.seat, name)
        form = await visit.form()
        here = f"/chat/{agent_url(name).removeprefix('/agents/')}"
        said, named = form.text("text"), whole(form.text("pid")) or 0
        if not said.strip():
            raise UsageError("the message is empty", remedy="write something")
        if len(said) > TEXT_CHARS_MAX:
            raise UsageError(f"a message here has at most {TEXT_CHARS_MAX:,} characters")
        once, who, mark = once_of(request), visit.seat.principal.name, form.text("ticket")
        led = once.take(who, mark)
        if led is not None:
            return visit.done(led or url(here, pid=named or ""), "chat.sent_before")
        pid = Pid(named)
        try:
            if not pid:
                pid = await _started(visit, agent)
            elif (await visit.seat.process(pid)).process.agent != name:
                raise UnknownProcessError(f"process {pid} is not one of {name}")
            await visit.seat.perform(Send(pid=pid, body=said))
        except ErgosError:
            if not pid or named:
                once.give_back(who, mark)
            raise
        once.led(who, mark, url(here, pid=pid))
        return visit.done(f"{url(here, pid=pid)}#write", "chat.sent")
    except ErgosError as error:
        return visit.refused(error)


async def _started(visit: Visit, agent: Known) -> Pid:
    if not agent.path:
        raise UsageError(f"{agent.name} is not started from here", remedy="choose one of its live processes")
    reply = await visit.seat.perform(Spawn(path=agent.path, owner=visit.seat.principal.owner))
    assert isinstance(reply, Fine)
    return reply.pid


async def answered(request: Request) -> Response:
    """Answer a question in place; an approval is decided where its exact call is shown."""
    visit = Visit.of(request)
    try:
        form = await visit.form()
        item = whole(form.text("item")) or 0
        name = str(request.path_params["name"])
        here = f"/chat/{agent_url(name).removeprefix('/agents/')}"
        back = url(here, pid=whole(form.text("pid")) or "")
        one = await found(visit.seat, item)
        if one is None or one.item.kind != "question":
            return visit.done(back, "chat.gone")
        came = await decide(visit.seat, item, form.text("seal"), "answer", answer_of(one, form, visit.language))
        return visit.done(back, "chat.answered" if came == "done" else "chat.gone")
    except ErgosError as error:
        return visit.refused(error)


async def stream(request: Request) -> Response:
    """What models say in a process right now."""
    visit = Visit.of(request)
    try:
        pid = Pid(whole(request.query_params.get("pid", "")) or 0)
        await visit.seat.process(pid)
    except ErgosError:
        return PlainTextResponse("there is no such process", 404)
    tap: Tap = request.app.state.tap
    streams: Streams = request.app.state.streams
    who = visit.seat.principal
    name = f"chat {who.credential or f'{who.owner}/{who.name}'}"
    if tap.full or not streams.take(name):
        return PlainTextResponse("too many conversations are watched", 429, {"retry-after": "10"})
    return _Pieces(_events(tap, pid, request.app.state.pulse), streams, name)


async def _events(tap: Tap, pid: Pid, pulse: Pulse) -> AsyncGenerator[bytes, None]:
    yield b"retry: 2000\n\n"
    async with aclosing(tap.watch(pid, BEAT_S)) as pieces:
        async for said in pieces:
            if pulse.closed:
                return
            if said is None:
                yield b": idle\n\n"
            else:
                yield b"event: piece\ndata: " + msgspec.json.encode(said) + b"\n\n"


class _Pieces(StreamingResponse):
    """Lets go of what it watches and gives its place back, however it ends."""

    def __init__(self, content: AsyncGenerator[bytes, None], streams: Streams, name: str) -> None:
        super().__init__(
            content,
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )
        self._content: Final = content
        self._streams: Final = streams
        self._name: Final = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send_) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.give(self._name)
            await self._content.aclose()


ROUTES: Final = (
    Route("/chat", chats, methods=["GET"]),
    Route("/chat/{name}", chat, methods=["GET"]),
    Route("/chat/{name}", say, methods=["POST"]),
    Route("/chat/{name}/live", chat_live, methods=["GET"]),
    Route("/chat/{name}/answer", answered, methods=["POST"]),
    Route("/chat/{name}/stream", stream, methods=["GET"]),
)
