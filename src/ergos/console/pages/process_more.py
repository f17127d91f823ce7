"""What else there is of a process: messages, results, memory, records, how it stood at a record; values as files.

Rules: values are handed out as attachments of plain bytes, never shown by the browser as what they say they are;
records are shown as they are stored, those that this version does not know among them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from ergos.app.trace.past import standing
from ergos.app.trace.reading import call
from ergos.app.trace.spans import Fold, Span, body_of
from ergos.base.errors import ErgosError, UnknownPathError
from ergos.console.frame.visit import HEADERS, Visit
from ergos.console.pages.process import frame_of
from ergos.console.work.asked import number, part_of, text, url
from ergos.console.work.words import clipped

if TYPE_CHECKING:
    from starlette.requests import Request

    from ergos.app.access.seat import Seat
    from ergos.base.canonical import Plain
    from ergos.base.ids import Pid
    from ergos.kernel.journal import Sealed
    from ergos.kernel.values import Packed

RECORDS_SHOWN: Final = 100  # records of a page
RECORDS_LOOKED: Final = 2_000  # records in which things that were made are looked for
MESSAGES_SHOWN: Final = 50  # messages of a page
NOTES_SHOWN: Final = 200  # entries of persistent memory shown
MADE_SHOWN: Final = 50  # things a process made that are shown
_MAKERS: Final = ("files.write", "files.append", "files.edit", "table.append", "press.publish", "mail.send")
"""Tools whose calls leave something that is looked for among the results."""


async def messages(request: Request) -> Response:
    """What it was told and what it told others; the newest first."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "messages")
        pid, before = top["pid"], number(request, "before")
        rows = await visit.seat.views.mail(pid, before=before or None, limit=MESSAGES_SHOWN)
        told = [{"row": row, "body": clipped(_body(await visit.seat.value(row.body), sent=row.sent))} for row in rows]
        unread = [
            {"mail": mail, "body": clipped(await visit.seat.value(mail.body))} for mail in top["mail"][:MESSAGES_SHOWN]
        ]
        older = url(f"/processes/{pid}/messages", before=rows[-1].seq) if len(rows) == MESSAGES_SHOWN else ""
        return visit.page("process_messages.html", **top, told=told, unread=unread, older=older)
    except ErgosError as error:
        return visit.refused(error)


def _body(value: Plain, *, sent: bool) -> Plain:
    """What was said: of a message that was taken, without its envelope."""
    return value.get("body") if not sent and isinstance(value, dict) else value


async def _lately(seat: Seat, pid: Pid, turns: int, before: int) -> tuple[list[Span], int]:
    """The calls of the last turns before one, as far back as the bound reaches, and the first of these turns."""
    last = min(before - 1, turns) if before else turns
    first, step = last, 1
    fold = Fold()
    while True:
        first = max(0, last - step + 1)
        records: list[Sealed] = []
        async for record in seat.records(pid, turn=first, limit=RECORDS_LOOKED):
            if record.turn > last:
                break
            records.append(record)
        fold = Fold()
        fold.take(records)
        if first == 0 or len(records) * 2 >= RECORDS_LOOKED or step >= RECORDS_LOOKED:
            return fold.spans, first
        step *= 4


async def results(request: Request) -> Response:
    """What came of it: its outcome, and what it made."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "results")
        process = top["process"]
        spans, first = await _lately(visit.seat, top["pid"], process.turn, number(request, "before"))
        made = [span for span in spans if span.call.kind == "act" and span.answered and span.call.name in _MAKERS]
        shown = []
        for span in reversed(made[-MADE_SHOWN:]):
            args = {name: clipped(await visit.seat.value(packed)) for name, packed in span.call.args.items()}
            shown.append({"span": span, "args": args})
        outcome = await visit.seat.value(process.outcome)
        older = url(f"/processes/{top['pid']}/results", before=first) if first > 1 else ""
        return visit.page("process_results.html", **top, outcome=outcome, made=shown, older=older)
    except ErgosError as error:
        return visit.refused(error)


async def memory(request: Request) -> Response:
    """What it will know in its next turn, and what its agent keeps."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "memory")
        process = top["process"]
        notes = await visit.seat.own.notes(process.agent, "", NOTES_SHOWN)
        kept = [(note, clipped(await visit.seat.value(note.value))) for note in notes if note.value is not None]
        return visit.page(
            "process_memory.html", **top, memory=await visit.seat.value(process.memory), kept=kept, most=NOTES_SHOWN
        )
    except ErgosError as error:
        return visit.refused(error)


async def records(request: Request) -> Response:
    """Its part of the journal, as it is stored, from a turn and record on."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "records")
        pid, turn, after = top["pid"], number(request, "turn"), number(request, "after")
        found = [one async for one in visit.seat.records(pid, turn=turn, after=after, limit=RECORDS_SHOWN + 1)]
        more = len(found) > RECORDS_SHOWN
        found = found[:RECORDS_SHOWN]
        base = f"/processes/{pid}/records"
        return visit.page(
            "process_records.html",
            **top,
            records=[_record(one) for one in found],
            first=url(base) if turn or after else "",
            older=url(base, turn=found[-1].turn or "", after=found[-1].seq) if more else "",
            latest=url(base, turn=top["process"].turn or ""),
        )
    except ErgosError as error:
        return visit.refused(error)


def _record(record: Sealed) -> dict[str, Any]:
    """A record as it is shown: its bytes with indentation, whether or not this version knows it."""
    try:
        fields = msgspec.json.decode(record.body)
        shown = json.dumps(fields, ensure_ascii=False, indent=2)
    except (msgspec.DecodeError, ValueError, RecursionError):
        fields, shown = None, record.body.decode("utf-8", "backslashreplace")
    kind = str(fields.get("k", "?")) if isinstance(fields, dict) else "?"
    return {"record": record, "kind": kind, "text": shown, "known": body_of(record) is not None}


async def at(request: Request) -> Response:
    """How it stood after a record."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "timeline")
        found = await standing(visit.seat, top["pid"], part_of(request, "turn"), part_of(request, "seq"))
        return visit.page(
            "process_at.html",
            **top,
            found=found,
            record=_record(found.record),
            then=await visit.seat.value(found.memory),
            before=await _place(visit.seat, top["pid"], found.turn, found.before),
            after=await _place(visit.seat, top["pid"], found.turn, found.after),
        )
    except ErgosError as error:
        return visit.refused(error)


async def _place(seat: Seat, pid: Pid, turn: int, seq: int) -> str:
    """The page of a neighbouring record: of this turn, the one before or the one behind it; '' for none."""
    if not seq:
        return ""
    for near in (turn, turn + 1, turn - 1):
        if near >= 0:
            async for record in seat.records(pid, turn=near, after=seq - 1, limit=1):
                if record.seq == seq:
                    return f"/processes/{pid}/at/{record.turn}/{seq}"
    return ""


async def value(request: Request) -> Response:
    """A value as a file."""
    visit = Visit.of(request)
    try:
        top = await frame_of(visit, "results")
        packed, name = await _wanted(visit.seat, top, text(request, "what"), request)
        found = await visit.seat.value(packed)
        whole = found.encode("utf-8", "replace") if isinstance(found, str) else _json(found)
        ending = "txt" if isinstance(found, str) else "json"
        return Response(
            whole,
            200,
            {
                **HEADERS,
                "content-security-policy": "default-src 'none'; sandbox",
                "content-disposition": f'attachment; filename="process-{top["pid"]}-{name}.{ending}"',
                "content-type": "application/octet-stream",
            },
        )
    except ErgosError as error:
        return visit.refused(error)


async def _wanted(seat: Seat, top: dict[str, Any], what: str, request: Request) -> tuple[Packed, str]:
    """The value that is wanted, and a name for it. Raises: UnknownPathError."""
    process = top["process"]
    if what in ("outcome", "memory"):
        return (process.outcome if what == "outcome" else process.memory), what
    span, _ = await call(seat, top["pid"], number(request, "turn"), number(request, "seq"))
    if what == "answer":
        return span.value, f"{span.seq}-answer"
    found = span.call.args.get(what)
    if found is None:
        raise UnknownPathError(f"the call has no argument {what[:60]!r}")
    return found, f"{span.seq}-{''.join(one for one in what if one.isascii() and one.isalnum())[:40] or 'argument'}"


def _json(value: Plain) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "replace")


ROUTES: Final = (
    Route("/processes/{pid:int}/messages", messages, methods=["GET"]),
    Route("/processes/{pid:int}/results", results, methods=["GET"]),
    Route("/processes/{pid:int}/memory", memory, methods=["GET"]),
    Route("/processes/{pid:int}/records", records, methods=["GET"]),
    Route("/processes/{pid:int}/at/{turn:int}/{seq:int}", at, methods=["GET"]),
    Route("/processes/{pid:int}/value", value, methods=["GET"]),
)
