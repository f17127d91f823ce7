"""Operations on the inbox: what waits for the owner, what was delivered, and every way to decide.

Rules: who decides says what they saw (`digest`): an item that is another one by now is not decided. An item that was
decided is not there any more, and a second decision is told so; so a repeated request decides nothing twice.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, cast

import msgspec

from ergos.app.answers import COMMENT_BYTES_MAX, Unclear, understood
from ergos.app.catalogue import moment
from ergos.app.home import reading
from ergos.app.inbox import Delivery, Waiting, hosted_delivery
from ergos.app.progress import Progress
from ergos.app.views.own import RecordRow
from ergos.base.canonical import digest_of
from ergos.base.errors import UnknownPathError, UsageError
from ergos.kernel.calls import Verdict
from ergos.runtime.control import Answer as AnswerIt
from ergos.runtime.control import Fine
from ergos.runtime.control import Seen as SeenIt
from ergos.server.api.operation import Asked, Link, Operation, Takes
from ergos.server.api.shapes import (
    NUMBER_MAX,
    Count,
    Digits,
    Fault,
    Moment,
    Plain,
    Room,
    Said,
    Seen,
    SeqNumber,
    Words,
    fault,
)

DELIVERIES_SHOWN: Final = 100  # deliveries shown at once; of more, the newest
Kind = Literal["approval", "question", "doubt"]


class OfItem(Takes, frozen=True):
    """An item of the inbox."""

    number: Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MAX, description="Number of an item.")]


class ItemShown(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for an answer."""

    number: Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MAX)]
    kind: Kind
    pid: Count
    agent: str
    text: str
    call: Plain
    """The exact call of an approval or a doubt; choices of a question."""
    asked: Moment
    expires: Moment | None
    digest: Digits
    """Of what is asked; a decision names it."""
    delegates: tuple[str, ...]
    """Who else may decide it."""
    cut: bool = False
    """Its call is too large for a list; the item by itself has it."""


class DeliveryShown(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a process."""

    pid: Count
    agent: str
    state: str
    at: Moment
    seq: SeqNumber
    outcome: Plain
    failure: Fault | None
    said: tuple[str, ...]
    cut: bool = False
    """Its outcome is too large for a list; the process by itself has it."""


class InboxShown(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    waiting: tuple[ItemShown, ...]
    delivered: tuple[DeliveryShown, ...]
    more: bool
    """There were deliveries before these that are not shown."""
    until: SeqNumber
    """The record up to which all of this is; POST /inbox/seen takes it."""


class Approval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A yes to exactly what was shown."""

    digest: Seen


class Denial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A no."""

    digest: Seen | None = None
    why: Annotated[str, msgspec.Meta(max_length=COMMENT_BYTES_MAX // 4)] = ""
    """What the agent is told beside the no."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to a question: a value, or else words as a person says them."""

    value: Plain = None
    text: Words | None = None
    digest: Seen | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a call in doubt."""

    verdict: Literal["done", "redo", "fail"]
    value: Plain = None
    """Of `done`: the result."""
    digest: Seen | None = None


class SeenUntil(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the owner has looked."""

    until: SeqNumber


async def listed(asked: Asked, _: object, __: None) -> InboxShown:
    """All that waits, and what was delivered."""
    seat = asked.seat
    room = Room()
    waiting = tuple(_item(one, room) for one in (await seat.inbox(delivered=False)).waiting)
    until = (await seat.views.counts()).seq
    if seat.principal.name != seat.principal.owner:  # a delegate decides; what was delivered is the owner's
        return InboxShown(waiting=waiting, delivered=(), more=False, until=until)
    seen, since_ns = await seat.own.seen()
    rows = await seat.views.records(kinds=("exit",), before=until + 1, limit=DELIVERIES_SHOWN)
    ended = [await _delivered(asked, row, room) for row in reversed(rows) if row.seq > seen]
    said = await _said(asked, since_ns)
    return InboxShown(
        waiting=waiting,
        delivered=(*(one for one in ended if one is not None), *said),
        more=len(rows) == DELIVERIES_SHOWN and rows[-1].seq > seen,
        until=until,
    )


def digest_of_item(one: Waiting) -> str:
    """What a decision about an item names: everything that is shown of it."""
    item = one.item
    return digest_of([item.id, item.pid, item.key, item.kind, item.digest, item.text, one.shown["call"]])


def _item(one: Waiting, room: Room | None = None) -> ItemShown:
    fits = room is None or room.fits(one.shown["call"])
    return ItemShown(
        number=one.item.id,
        kind=one.item.kind,
        pid=one.item.pid,
        agent=one.case.agent,
        text=str(one.shown["text"]),
        call=cast("Any", one.shown["call"]) if fits else None,
        asked=moment(one.item.asked_ns),
        expires=None if one.item.expires_ns is None else moment(one.item.expires_ns),
        digest=digest_of_item(one),
        delegates=one.delegates,
        cut=not fits,
    )


async def _delivered(asked: Asked, row: RecordRow, room: Room) -> DeliveryShown | None:
    """What came of a process that a person started; None: another process did."""
    process = (await asked.seat.process(row.pid)).process
    if process.parent != 0:
        return None
    outcome = await asked.seat.value(process.outcome)
    fits = room.fits(outcome)
    return DeliveryShown(
        pid=process.pid,
        agent=process.agent,
        state=process.state.value,
        at=moment(row.at_ns),
        seq=row.seq,
        outcome=cast("Any", outcome) if fits else None,
        failure=fault(process.failure),
        said=(),
        cut=not fits,
    )


async def _said(asked: Asked, since_ns: int) -> list[DeliveryShown]:
    """What hosted agents said since an instant."""
    seat = asked.seat
    found: list[DeliveryShown] = []
    async with reading(seat.home) as reads:
        progress = Progress(reads)
        for process in await progress.hosted(seat.principal.owner):
            one = hosted_delivery(await progress.standing(process, seat.now_ns), since_ns)
            if one is not None:
                found.append(_hosted(one))
    return found


def _hosted(one: Delivery) -> DeliveryShown:
    return DeliveryShown(
        pid=one.pid,
        agent=one.agent,
        state=one.state,
        at=moment(one.at_ns),
        seq=0,
        outcome=None,
        failure=None,
        said=one.said,
    )


async def shown(asked: Asked, takes: OfItem, _: None) -> ItemShown:
    """One item."""
    return _item(await _found(asked, takes.number))


async def _found(asked: Asked, number: int) -> Waiting:
    """Raises: UnknownPathError."""
    for one in (await asked.seat.inbox(delivered=False)).waiting:
        if one.item.id == number:
            return one
    raise UnknownPathError(
        f"nothing open has the number {number}", remedy="GET /inbox lists what waits; what was decided is gone"
    )


async def _give(
    asked: Asked, number: int, verdict: Verdict, seen: str | None, kinds: tuple[Kind, ...], value: object = None
) -> Said:
    """Raises: UnknownPathError, UsageError."""
    one = await _found(asked, number)
    if one.item.kind not in kinds:
        raise UsageError(f"item {number} is a {one.item.kind}", remedy="GET /inbox says what each item is")
    now = digest_of_item(one)
    if seen is not None and not now.startswith(seen):
        raise UsageError(f"item {number} is not what you saw: it is {now[:12]} now", remedy="look at it again")
    request = AnswerIt(number=number, verdict=verdict, by=asked.seat.principal.name, value=value)
    return Said(notes=cast("Fine", await asked.seat.perform(request)).notes)


async def approve(asked: Asked, takes: OfItem, body: Approval) -> Said:
    """Yes."""
    return await _give(asked, takes.number, "approve", body.digest, ("approval",))


async def deny(asked: Asked, takes: OfItem, body: Denial) -> Said:
    """No."""
    return await _give(asked, takes.number, "deny", body.digest, ("approval",), body.why or None)


async def answer(asked: Asked, takes: OfItem, body: Reply) -> Said:
    """Answer a question."""
    value: object = body.value
    if body.text is not None:
        one = await _found(asked, takes.number)
        said = understood(one.item.kind, body.text, one.shown["call"], asked.seat.home.settings.language)
        if isinstance(said, Unclear):
            raise UsageError(f"item {takes.number}: {said.why}", remedy="say it in other words")
        if said.verdict != "answer":
            raise UsageError(f"item {takes.number} is a {one.item.kind}", remedy="approve, deny or decide it")
        value = said.value
    return await _give(asked, takes.number, "answer", body.digest, ("question",), value)


async def decide(asked: Asked, takes: OfItem, body: Decision) -> Said:
    """Decide a call in doubt."""
    return await _give(asked, takes.number, body.verdict, body.digest, ("doubt",), body.value)


async def seen(asked: Asked, _: object, body: SeenUntil) -> Said:
    """What was delivered was looked at."""
    until = min(body.until, await asked.parts.pulse.moved(0, 0))  # nobody has seen what is not written yet
    await asked.seat.perform(SeenIt(owner=asked.seat.principal.owner, until=until))
    return Said()


OPERATIONS: Final = (
    Operation(
        id="getInbox", method="GET", path="/inbox", tag="inbox", run=listed, reply=InboxShown,
        summary="Show what waits for the owner, at most 1,000 items, and what was delivered since they last looked.",
        links=(Link(to="getItem", parameter="number", pointer="/waiting/0/number"),),
    ),
    Operation(
        id="getItem", method="GET", path="/inbox/{number}", tag="inbox", run=shown, takes=OfItem, reply=ItemShown,
        refuses=(404,), summary="Show one item with its exact call.",
        links=(
            Link(to="approveItem", parameter="number", pointer="/number", body={"digest": "/digest"}),
            Link(to="denyItem", parameter="number", pointer="/number", body={"digest": "/digest"}),
            Link(to="answerItem", parameter="number", pointer="/number", body={"digest": "/digest"}),
        ),
    ),
    Operation(
        id="approveItem", method="POST", path="/inbox/{number}/approve", tag="inbox", run=approve, takes=OfItem,
        body=Approval, reply=Said, role="operator", refuses=(404, 409),
        summary="Approve the call an item shows: exactly this call, once.", example={"digest": "0" * 64},
        says="An owner's word, with a fresh sign-in, or that of a delegate as far as it goes.",
    ),
    Operation(
        id="denyItem", method="POST", path="/inbox/{number}/deny", tag="inbox", run=deny, takes=OfItem, body=Denial,
        reply=Said, role="operator", refuses=(404, 409), summary="Deny the call an item shows.",
        example={"why": "too expensive"},
    ),
    Operation(
        id="answerItem", method="POST", path="/inbox/{number}/answer", tag="inbox", run=answer, takes=OfItem,
        body=Reply, reply=Said, role="operator", refuses=(404, 409), summary="Answer a question.",
        example={"text": "the second one"},
    ),
    Operation(
        id="decideItem", method="POST", path="/inbox/{number}/decide", tag="inbox", run=decide, takes=OfItem,
        body=Decision, reply=Said, role="operator", refuses=(404, 409),
        summary="Decide a call in doubt: it happened (done), redo, or fail.", example={"verdict": "fail"},
    ),
    Operation(
        id="markSeen", method="POST", path="/inbox/seen", tag="inbox", run=seen, body=SeenUntil, reply=Said,
        role="operator", summary="Say that what was delivered was looked at.", example={"until": 0},
    ),
)  # fmt: skip
