"""The exact call an inbox item is about, as a person reads it: each argument whole, and where it came from.

An argument comes from the owner's words, from a source the owner trusts, or from neither; that is looked up in what was
said in the open turn, as the policy does it, and shown beside the value. The texts of strangers in which the very value
stands are named.

Rules: reads only; nothing is shortened but by a bound that says so; what cannot be looked up counts as untrusted.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, cast

import msgspec

from ergos.app.access.seat import Seat
from ergos.app.grants import day
from ergos.app.inbox import Waiting
from ergos.base.canonical import Plain
from ergos.base.errors import CorruptStoreError, UnknownPathError, UnknownProcessError
from ergos.console.frame.formats import SHORT_CHARS, written
from ergos.kernel.calls import Call
from ergos.kernel.events import Called, Resulted, decode_body
from ergos.kernel.history import Past, history
from ergos.kernel.labels import UNTRUSTED, Integrity, Label
from ergos.kernel.packages import Definition
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Ask
from ergos.kernel.permission.sentences import explained, sentence
from ergos.kernel.permission.wording import Language
from ergos.kernel.process import Process
from ergos.runtime.replayer import hear_owner

GROUNDING: Final = frozenset({"act", "receive", "recall", "ask"})
"""Calls whose answers tell what somebody said."""
ECHO_CHARS_MIN: Final = 4  # characters of a value that is looked for in strangers' texts; shorter ones occur by chance
CALLS_LOOKED: Final = 500  # calls of the turn whose answers are compared
SOURCES_SHOWN: Final = 5  # strangers' texts named beside one argument


Origin: TypeAlias = Literal["user", "trusted", "program", "modelled", "untrusted"]


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument of the call."""

    name: str
    value: Plain
    is_long: bool
    """It does not fit on a line."""
    origin: Origin
    """Who said it: the owner, a trusted source, the agent's own program, a model, or nobody one trusts."""
    seen_in: tuple[str, ...] = ()
    """Calls whose answers, which nobody vouches for, hold this very value."""


class Exact(msgspec.Struct, frozen=True, kw_only=True):
    """The call."""

    tool: str
    arguments: tuple[Argument, ...] = ()
    effect: str = ""
    costs: str = ""
    """At most; '' where it costs nothing."""
    rule: str = ""
    reason: str = ""
    """Why it is asked, in a sentence."""
    why: str = ""
    """The rule's own words."""
    grant: str = ""
    """The grant it runs under, as a sentence; its id where the sentence is not to be had."""
    read_before: tuple[str, ...] = ()
    label: Label = UNTRUSTED
    """Of all its arguments together."""


async def exact_of(seat: Seat, one: Waiting, language: Language) -> Exact | None:
    """The call of an approval or a doubt; None for a question."""
    call = one.shown["call"]
    if one.item.kind == "question" or not isinstance(call, dict) or "tool" not in call:
        return None
    listed = call.get("arguments")
    values = listed if isinstance(listed, dict) else {}
    said, label, heard = await _grounds(seat, one)
    read = call.get("read_before")
    rule, why = str(call.get("rule", "")), str(call.get("why", ""))
    ask = Ask(str(call.get("grant", "")), "" if rule == "grant" else why, rule)
    costs = str(call.get("costs_at_most", ""))
    return Exact(
        tool=str(call["tool"]),
        arguments=tuple(_argument(name, value, said, heard, label) for name, value in values.items()),
        effect=str(call.get("effect", "")),
        costs="" if costs in ("", "$0.00") else costs,
        rule=rule,
        reason=explained(ask, language) if rule else "",
        why=why,
        grant=await _grant(seat, one, str(call.get("grant", "")), language),
        read_before=tuple(str(text) for text in read) if isinstance(read, list) else (),
        label=label,
    )


def _argument(name: str, value: Plain, said: Said, heard: list[tuple[str, str]], label: Label) -> Argument:
    text = written(value)
    integrity = said.integrity(value, name)
    seen: tuple[str, ...] = ()
    if integrity == "untrusted" and len(text.strip()) >= ECHO_CHARS_MIN:
        seen = tuple(dict.fromkeys(call for call, told in heard if text.strip() in told))[:SOURCES_SHOWN]
    is_long = len(text) > SHORT_CHARS or "\n" in text
    return Argument(name=name, value=value, is_long=is_long, origin=_origin(integrity, label), seen_in=seen)


def _origin(integrity: Integrity, label: Label) -> Origin:
    """A value that nobody said is the program's own, as long as it has read nothing that could have put it there."""
    if integrity != "untrusted":
        return integrity
    if label.integrity == "untrusted":
        return "untrusted"
    return "modelled" if label.modelled else "program"


async def _grounds(seat: Seat, one: Waiting) -> tuple[Said, Label, list[tuple[str, str]]]:
    """What was said in the turn; the label of the call; strangers' answers as text, each with its call."""
    said, heard = Said(), list[tuple[str, str]]()
    try:
        process = (await seat.process(one.item.pid)).process
        definition = await seat.definition(process)
        past = history((row.at_ns, decode_body(row.body)) for row in await seat.turn(process.pid, process.turn))
    except (UnknownProcessError, UnknownPathError, CorruptStoreError):
        return said, UNTRUSTED, heard
    hear_owner(said, definition)
    await _hear_memory(seat, process, said)
    for call in list(past.values())[-CALLS_LOOKED:]:
        await _hear(seat, call, said, heard)
    own = past.get(one.item.key)
    return said, own.call.label if own is not None else UNTRUSTED, heard


async def _hear_memory(seat: Seat, process: Process, said: Said) -> None:
    if not process.label.modelled:
        said.hear(await _value(seat, process.memory), process.label.integrity)


async def _hear(seat: Seat, past: Past, said: Said, heard: list[tuple[str, str]]) -> None:
    result = past.result
    if not isinstance(result, Resulted | Called) or result.failure is not None or past.call.kind not in GROUNDING:
        return
    value = await _value(seat, result.value)
    if not result.label.modelled:
        said.hear(value, result.label.integrity)
    if result.label.integrity == "untrusted":
        heard.append((named(past.call), written(value)))


async def _value(seat: Seat, packed: msgspec.Raw) -> Plain:
    try:
        return await seat.value(packed)
    except CorruptStoreError:
        return None


async def _grant(seat: Seat, one: Waiting, name: str, language: Language) -> str:
    """The grant of this name as a sentence."""
    if not name:
        return ""
    try:
        process = (await seat.process(one.item.pid)).process
        definition: Definition | None = await seat.definition(process)
    except (UnknownProcessError, UnknownPathError):
        return name
    for given in await seat.own.given(process.agent, definition, seat.now_ns):
        if given.id == name:
            return sentence(given.grant, language, day)
    return name


def named(call: Call) -> str:
    """A call in short: 'act mail.read'."""
    return f"{call.kind} {call.name}"


def choices_of(one: Waiting) -> tuple[Plain, ...]:
    """The choices of a question."""
    call = one.shown["call"]
    return tuple(call) if one.item.kind == "question" and isinstance(call, list) else ()


def fields_of(one: Waiting) -> dict[str, dict[str, Plain]]:
    """The fields a server asks for, by name, each as a JSON schema."""
    call = one.shown["call"]
    found = call.get("fields") if one.item.kind == "question" and isinstance(call, dict) else None
    listed = cast("dict[str, Plain]", found) if isinstance(found, dict) else {}
    return {name: schema for name, schema in listed.items() if isinstance(schema, dict)}
