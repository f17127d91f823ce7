"""Operations on what a process consists of: its mail, records, calls, triggers, memory, outcome, grants, definition."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

import msgspec

from ergos.app.catalogue import record_plain
from ergos.base.ids import Pid
from ergos.kernel.packages import Definition
from ergos.kernel.permission.sentences import sentence
from ergos.server.api.operation import Asked, Operation, Run
from ergos.server.api.shapes import ROWS, Count, Limit, OfProcess, Plain, Room, SeqNumber, Values

MAIL_SHOWN: Final = 200  # unread messages shown at once


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """An unread message."""

    id: Count
    sender: Count
    """Its process; 0: the owner."""
    body: Plain


class MailList(msgspec.Struct, frozen=True, kw_only=True):
    """Unread messages, the oldest first."""

    mail: tuple[Mail, ...]
    more: bool
    """Others wait behind these; they come once these are read."""


class OfRecords(OfProcess, frozen=True):
    """Which records."""

    after: SeqNumber = 0
    limit: Limit = ROWS


class OfTurn(OfProcess, frozen=True):
    """Which turn."""

    turn: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]


class RecordList(msgspec.Struct, frozen=True, kw_only=True):
    """Records in order, as they stand in the journal."""

    records: tuple[dict[str, Any], ...]
    next: SeqNumber | None
    """`after` of the next page; null: these are all."""


class Sentences(msgspec.Struct, frozen=True, kw_only=True):
    """What it may do, a sentence a grant."""

    sentences: tuple[str, ...]


async def mail(asked: Asked, takes: OfProcess, _: None) -> MailList:
    """What it has not read yet."""
    found = await asked.seat.process(Pid(takes.pid))
    room = Room()
    shown: list[Mail] = []
    for one in found.mail[:MAIL_SHOWN]:
        body = await asked.seat.value(one.body)
        if not room.fits(body):
            break
        shown.append(Mail(id=one.id, sender=one.sender, body=body))
    return MailList(mail=tuple(shown), more=len(shown) < len(found.mail))


async def records(asked: Asked, takes: OfRecords, _: None) -> RecordList:
    """Its records, in order."""
    found = [one async for one in asked.seat.records(Pid(takes.pid), after=takes.after, limit=takes.limit)]
    following = found[-1].seq if len(found) == takes.limit else None
    return RecordList(records=tuple(record_plain(one) for one in found), next=following)


async def turn(asked: Asked, takes: OfTurn, _: None) -> RecordList:
    """The records of one of its turns."""
    found = await asked.seat.turn(Pid(takes.pid), takes.turn)
    return RecordList(records=tuple(record_plain(one) for one in found), next=None)


def _looks(what: str) -> Run:
    async def looked(asked: Asked, takes: OfProcess, _: None) -> Values:
        return Values(value=cast("Any", await asked.seat.look(f"/proc/{takes.pid}/{what}")))

    return looked


async def outcome(asked: Asked, takes: OfProcess, _: None) -> Values:
    """What it returned."""
    found = await asked.seat.process(Pid(takes.pid))
    return Values(value=cast("Any", await asked.seat.value(found.process.outcome)))


async def grants(asked: Asked, takes: OfProcess, _: None) -> Sentences:
    """What it may do."""
    definition = await definition_of(asked, takes.pid)
    return Sentences(sentences=tuple(sentence(one, asked.seat.home.settings.language) for one in definition.grants))


async def definition_of(asked: Asked, pid: int) -> Definition:
    """The version of the agent that a process runs on."""
    return await asked.seat.definition((await asked.seat.process(Pid(pid))).process)


OPERATIONS: Final = (
    Operation(
        id="listMail", method="GET", path="/processes/{pid}/mail", tag="processes", run=mail, takes=OfProcess,
        reply=MailList, agents=True, refuses=(404,), summary="List the first messages it has not read yet.",
    ),
    Operation(
        id="listRecords", method="GET", path="/processes/{pid}/records", tag="processes", run=records,
        takes=OfRecords, reply=RecordList, agents=True, refuses=(404,), summary="Read its records, in order.",
    ),
    Operation(
        id="getTurn", method="GET", path="/processes/{pid}/turns/{turn}", tag="processes", run=turn, takes=OfTurn,
        reply=RecordList, agents=True, refuses=(404,), summary="Read the records of one of its turns.",
    ),
    Operation(
        id="listCalls", method="GET", path="/processes/{pid}/calls", tag="processes", run=_looks("calls"),
        takes=OfProcess, reply=Values, agents=True, refuses=(404,), summary="Show the calls of its open turn.",
    ),
    Operation(
        id="listTriggers", method="GET", path="/processes/{pid}/triggers", tag="processes", run=_looks("triggers"),
        takes=OfProcess, reply=Values, agents=True, refuses=(404,),
        summary="Show what wakes it, when next, and which of it sees nothing and why.",
    ),
    Operation(
        id="getMemory", method="GET", path="/processes/{pid}/memory", tag="processes", run=_looks("memory"),
        takes=OfProcess, reply=Values, agents=True, refuses=(404,),
        summary="Show what its last turn committed, and its agent's persistent memory.",
    ),
    Operation(
        id="getOutcome", method="GET", path="/processes/{pid}/outcome", tag="processes", run=outcome,
        takes=OfProcess, reply=Values, agents=True, refuses=(404,), summary="Show what it returned.",
    ),
    Operation(
        id="listProcessGrants", method="GET", path="/processes/{pid}/grants", tag="processes", run=grants,
        takes=OfProcess, reply=Sentences, agents=True, refuses=(404,), summary="Say what it may do, in sentences.",
    ),
    Operation(
        id="getProcessDefinition", method="GET", path="/processes/{pid}/definition", tag="processes",
        run=_looks("definition"), takes=OfProcess, reply=Values, agents=True, tagged=True, refuses=(404,),
        summary="Show the version of the agent it runs on.",
    ),
)  # fmt: skip
