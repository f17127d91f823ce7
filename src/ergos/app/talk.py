"""A process as a conversation with its owner: what was written to it, what it said, and what it did in between.

A message that it received is a word of whoever sent it; what a model answered in words, a question to the owner, a
notice and the outcome are words of the agent; every other call is a step between them.

Rules: a fold of its records, bounded: a page is the last turns before a point; nothing is said that the journal does
not hold. Who said something is told by its sender and label, never by what it says.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from ergos.app.access.seat import Seat
from ergos.app.trace.spans import Fold, Lap, Span
from ergos.base.canonical import Plain
from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Pid
from ergos.kernel.journal import Sealed
from ergos.kernel.labels import USER, Label

RECORDS_MAX: Final = 2_000  # records of one page of a conversation
TURNS_MAX: Final = 30  # turns of one page
_NOTICES: Final = frozenset({"notify.owner"})
"""Tools by which an agent tells its owner something."""

Kind = Literal["mine", "other", "said", "asked", "notice", "outcome", "failed", "steps", "idle"]


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said, or the steps between."""

    kind: Kind
    at_ns: int
    turn: int
    text: Plain = None
    label: Label = USER
    sender: int = 0
    trigger: str = ""
    span: Span | None = None
    answer: Plain = None
    """The owner's, to what was asked."""
    answered: bool = True
    item: int = 0
    """Inbox item that waits."""
    steps: tuple[Span, ...] = ()


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a conversation, the oldest first."""

    said: tuple[Utterance, ...]
    first: int
    """Its first turn; earlier ones are on the page before."""
    running: tuple[Span, ...]
    """Calls under way that are written down."""
    idle: bool
    """It waits for a message, as far as the journal says."""


async def talk(seat: Seat, pid: Pid, turns: int, before: int = 0) -> Talk:
    """The last turns before one. Raises: UnknownProcessError."""
    last = min(before - 1, turns) if before else turns
    records, first = await _records(seat, pid, last)
    fold = Fold()
    fold.take(records)
    said: list[Utterance] = []
    for lap in fold.laps:
        mine = [span for span in fold.spans if span.turn == lap.number]
        said += await _turn(seat, lap, mine, fold)
    running = tuple(span for span in fold.spans if not span.answered and span.turn == last)
    lap = fold.laps[-1] if fold.laps else None
    return Talk(said=tuple(said), first=first, running=running, idle=lap is not None and lap.how == "idle")


async def _records(seat: Seat, pid: Pid, last: int) -> tuple[list[Sealed], int]:
    """Records of the turns up to one, as far back as the bounds reach."""
    count = 1
    found: list[Sealed] = []
    first = last
    while True:
        first = max(0, last - count + 1)
        found = []
        async for record in seat.records(pid, turn=first, limit=RECORDS_MAX):
            if record.turn > last:
                break
            found.append(record)
        if first == 0 or count >= TURNS_MAX or len(found) * 2 >= RECORDS_MAX:
            return found, first
        count = min(count * 4, TURNS_MAX)


async def _turn(seat: Seat, lap: Lap, spans: list[Span], fold: Fold) -> list[Utterance]:
    said: list[Utterance] = []
    steps: list[Span] = []

    def flush() -> None:
        if steps:
            said.append(Utterance(kind="steps", at_ns=steps[0].began_ns, turn=lap.number, steps=tuple(steps)))
            steps.clear()

    for span in spans:
        found = await _spoken(seat, span)
        if found is None:
            steps.append(span)
            continue
        if found.kind in ("said", "notice") and span.call.kind != "ask":
            steps.append(span)
        flush()
        said.append(found)
    flush()
    end = await _end(seat, lap, fold)
    if end is not None and not _repeats(said, end):
        said.append(end)
    return said


async def _spoken(seat: Seat, span: Span) -> Utterance | None:
    """What a call says; None: it is a step."""
    turn, at_ns = span.turn, span.ended_ns or span.began_ns
    match span.call.kind:
        case "receive" if span.answered:
            value = await _value(seat, span)
            if not isinstance(value, dict):
                return None
            sender = value.get("sender")
            trigger = str(value.get("trigger", ""))
            return Utterance(
                kind="mine" if sender == 0 and not trigger else "other",
                at_ns=at_ns,
                turn=turn,
                text=value.get("body"),
                label=span.label,
                sender=sender if isinstance(sender, int) else 0,
                trigger=trigger,
                span=span,
            )
        case "think" if span.call.name.startswith("model.") and span.answered and span.failure is None:
            text = _words(await _value(seat, span))
            return (
                Utterance(kind="said", at_ns=at_ns, turn=turn, text=text, label=span.label, span=span) if text else None
            )
        case "ask":
            question = await seat.value(span.call.args["question"]) if "question" in span.call.args else span.call.name
            return Utterance(
                kind="asked",
                at_ns=span.began_ns,
                turn=turn,
                text=question,
                label=span.call.label,
                span=span,
                answer=await _value(seat, span) if span.answered else None,
                answered=span.answered,
                item=0 if span.answered or span.verdict else span.item,
            )
        case "act" if span.call.name in _NOTICES and "text" in span.call.args:
            text = await seat.value(span.call.args["text"])
            return Utterance(kind="notice", at_ns=at_ns, turn=turn, text=text, label=span.call.label, span=span)
        case _:
            return None


async def _end(seat: Seat, lap: Lap, fold: Fold) -> Utterance | None:
    at_ns = lap.ended_ns or lap.began_ns
    match lap.how:
        case "done":
            outcome = await _packed(seat, fold.outcome)
            if outcome is None:
                return None
            return Utterance(kind="outcome", at_ns=at_ns, turn=lap.number, text=outcome, label=_label(fold, lap))
        case "failed" | "killed":
            failure = lap.failure
            text = f"[{failure.code}] {failure.what}" if failure is not None else lap.how
            return Utterance(kind="failed", at_ns=at_ns, turn=lap.number, text=text)
        case _:
            return None


def _label(fold: Fold, lap: Lap) -> Label:
    """The label of what a turn ends with: the worst of what it read."""
    from ergos.kernel.labels import join

    label = USER
    for span in fold.spans:
        if span.turn == lap.number and span.answered:
            label = join(label, span.label)
    return label


def _repeats(said: list[Utterance], end: Utterance) -> bool:
    """The outcome is what was said last."""
    last = next((one for one in reversed(said) if one.kind == "said"), None)
    return end.kind == "outcome" and last is not None and last.text == end.text


def _words(value: Plain) -> str:
    """What a reply says in words."""
    parts = value.get("parts") if isinstance(value, dict) else None
    if not isinstance(parts, list):
        return ""
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str)).strip()


async def _value(seat: Seat, span: Span) -> Plain:
    return await _packed(seat, span.value)


async def _packed(seat: Seat, packed: msgspec.Raw) -> Plain:
    try:
        return await seat.value(packed)
    except CorruptStoreError as error:
        return error.what
