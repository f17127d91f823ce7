"""The journal as it is written: records of the owner's processes, as server-sent events or as a list.

    GET /api/v1/events          Accept: text/event-stream
    id: 4711
    event: record
    data: {"seq":4711,"pid":7,"agent":"watcher","turn":3,"at":"…","kind":"result","summary":"act mail.send"}

Rules: what is told is durable, in order, each record once; whoever comes back with the id of the last one they have
(Last-Event-ID) misses nothing and gets nothing twice. A quiet stream says a comment every HEARTBEAT_S. Nothing is
buffered: a stream reads on when its client has taken what it was sent, and the server lets go of one that takes
nothing. Without that Accept it answers at once with what there is.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from ergos.app.catalogue import moment
from ergos.app.pulse import BEAT_S
from ergos.app.views.own import RecordRow
from ergos.app.views.summaries import summary
from ergos.base.errors import ErgosError
from ergos.base.ids import Pid
from ergos.kernel.events import decode_body
from ergos.kernel.journal import Sealed
from ergos.server.api.journal import KINDS_MAX, RecordShown, record_shown
from ergos.server.api.operation import EVENTS, Asked, Operation, Takes
from ergos.server.api.problems import Refused
from ergos.server.api.shapes import NUMBER_MAX, ROWS, ROWS_MAX, Limit, SeqNumber

if TYPE_CHECKING:
    from starlette.responses import Response

HEARTBEAT_S: Final = 10.0  # seconds after which a quiet stream says that it is alive; proxies give up after 30 or more
RETRY_MS: Final = 2_000  # milliseconds after which a client that lost its stream comes back
WINDOW_RECORDS: Final = 1_000  # records of the journal looked at in one step of catching up, whosever they are


class Follow(Takes, frozen=True):
    """What to follow."""

    pid: Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX, description="Only this process; 0: all.")] = 0
    kind: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^[a-z]{1,20}$")], ...], msgspec.Meta(max_length=KINDS_MAX)
    ] = ()
    """Kinds of records, such as exit or ask."""
    after: SeqNumber | msgspec.UnsetType = msgspec.UNSET
    """Only records behind this one. Without it a stream begins now, and a list at the first record."""
    limit: Limit = ROWS
    """Of a list."""


class RecordsAfter(msgspec.Struct, frozen=True, kw_only=True):
    """Records in order."""

    records: tuple[RecordShown, ...]
    after: SeqNumber
    """Where the next list begins."""


def wants_events(asked: Asked) -> bool:
    """Whether the client asked for a stream."""
    return EVENTS in asked.headers.get("accept", "").lower()


def streamed(asked: Asked, pieces: AsyncGenerator[bytes]) -> Response:
    """An answer that goes on. Raises: OverloadedError."""
    from starlette.responses import StreamingResponse

    owner, streams = asked.seat.principal.owner, asked.parts.streams
    streams.enter(owner)

    async def counted() -> AsyncGenerator[bytes]:
        try:
            async for piece in pieces:
                yield piece
        except ErgosError:
            return  # its status was sent long ago: the stream ends, and who comes back is told why
        finally:
            streams.leave(owner)

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(counted(), 200, headers, media_type=EVENTS)


async def follow(asked: Asked, takes: Follow, _: None) -> RecordsAfter | Response:
    """Records as they become durable."""
    if takes.pid:
        await asked.seat.process(Pid(takes.pid))  # it is there, and may be seen
    after = _after(asked, takes)
    if not wants_events(asked):
        return await _list(asked, takes, after or 0)
    if after is None:
        after = await asked.parts.pulse.moved(0, 0)
    return streamed(asked, _stream(asked, takes, after))


def _after(asked: Asked, takes: Follow) -> int | None:
    """Behind which record to begin; None: now. Raises: Refused."""
    said = asked.headers.get("last-event-id")
    if said is None:
        return None if takes.after is msgspec.UNSET else takes.after
    if not said.isascii() or not said.isdecimal() or int(said[:20]) > NUMBER_MAX:
        raise Refused(400, "Last-Event-ID is the number of a record")
    return int(said)


async def _list(asked: Asked, takes: Follow, after: int) -> RecordsAfter:
    until = await _head(asked, takes)
    found: list[RecordShown] = []
    async for one in _rows(asked, takes, after, until):
        found.append(one)
        if len(found) >= takes.limit:
            return RecordsAfter(records=tuple(found), after=one.seq)
    return RecordsAfter(records=tuple(found), after=max(after, until))


async def _stream(asked: Asked, takes: Follow, after: int) -> AsyncGenerator[bytes]:
    yield b"retry: %d\n\n" % RETRY_MS
    pulse, seen = asked.parts.pulse, 0
    while not await asked.is_gone():
        until = await _head(asked, takes)
        async for one in _rows(asked, takes, after, until):
            yield b"id: %d\nevent: record\ndata: %s\n\n" % (one.seq, msgspec.json.encode(one))
        after = max(after, until)
        if until < seen:  # the read model is a moment behind
            await pulse.moved(seen, BEAT_S)
            continue
        moved = await pulse.moved(max(seen, after), HEARTBEAT_S)
        if moved <= seen:
            yield b": alive\n\n"
        seen = max(seen, moved)


async def _head(asked: Asked, takes: Follow) -> int:
    """The record up to which everything can be told now."""
    if takes.pid:
        return await asked.parts.pulse.moved(0, 0)
    return (await asked.seat.views.counts()).seq


async def _rows(asked: Asked, takes: Follow, after: int, until: int) -> AsyncIterator[RecordShown]:
    """Records behind one and up to another, in order. A window is read at a time, so that memory is bounded."""
    if takes.pid:
        async for sealed in asked.seat.records(Pid(takes.pid), after=after):
            if sealed.seq > until:
                return
            one = shown_of(sealed)
            if not takes.kind or one.kind in takes.kind:
                yield one
        return
    while after < until:
        end = min(until, after + WINDOW_RECORDS)
        for row in await _window(asked, takes.kind, after, end):
            yield record_shown(row)
        after = end


async def _window(asked: Asked, kinds: tuple[str, ...], after: int, end: int) -> Iterable[RecordRow]:
    found: list[RecordRow] = []
    before = end + 1
    while rows := await asked.seat.views.records(kinds=kinds, before=before, limit=ROWS_MAX):
        inside = [row for row in rows if row.seq > after]
        found += inside
        if len(inside) < len(rows) or len(rows) < ROWS_MAX:
            break
        before = rows[-1].seq
    return reversed(found)


def shown_of(sealed: Sealed) -> RecordShown:
    """A record of a process as it stands in a list; its agent is known to who asked."""
    kind = str(type(decode_body(sealed.body)).__struct_config__.tag)
    return RecordShown(
        seq=sealed.seq,
        pid=sealed.pid,
        agent="",
        turn=sealed.turn,
        at=moment(sealed.at_ns),
        kind=kind,
        summary=summary(sealed.body),
    )


OPERATIONS: Final = (
    Operation(
        id="followJournal", method="GET", path="/events", tag="events", run=follow, takes=Follow,
        reply=RecordsAfter, agents=True, refuses=(404,), streams=True,
        summary="Follow the journal: records of one's processes, as they become durable.",
        says="With `Accept: text/event-stream` it is a stream without end; `Last-Event-ID` resumes it without loss or "
        "repetition. Else it is a list. A process names itself with `pid`.",
    ),
)  # fmt: skip
