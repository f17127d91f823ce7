"""Deciding about an inbox item from a page: what a person saw is what is decided, once.

A page carries the seal of each item it shows: a digest over everything that is decided about. A decision names it; if
the item is gone, has expired or reads otherwise by now, nothing is decided and the person is told.

Rules: the kernel decides again whatever it always decides; two decisions at once give one.
"""

from __future__ import annotations

import asyncio
from typing import Final, Literal, TypeAlias, cast

import msgspec

from ergos.app.access.seat import Seat
from ergos.app.answers import COMMENT_BYTES_MAX, Unclear, understood
from ergos.app.inbox import Waiting
from ergos.base.canonical import Plain, digest_of
from ergos.base.errors import UsageError
from ergos.console.frame.forms import Form
from ergos.console.inbox.exact import choices_of, fields_of
from ergos.kernel.calls import Verdict
from ergos.kernel.permission.wording import Language
from ergos.kernel.rows import Item
from ergos.runtime.control import Answer

SEAL_CHARS: Final = 32  # hexadecimal digits; 128 bits
JSON_CHARS_MAX: Final = 100_000  # characters of an answer in JSON
ANSWERED_TRIES: Final = 20  # looks at an item that is being answered
ANSWERED_S: Final = 0.05  # seconds between two of them
Outcome: TypeAlias = Literal["done", "gone", "changed", "expired"]
DOUBTS: Final = ("done", "redo", "fail")


def seal_of(item: Item) -> str:
    """What stands for an item as it is shown: another text, call or digest is another item."""
    call = bytes(item.call).decode("utf-8", "replace")
    return digest_of([item.id, int(item.pid), item.key, item.kind, item.digest, item.text, call])[:SEAL_CHARS]


async def found(seat: Seat, number: int) -> Waiting | None:
    """The open item of this number; None: there is none any more."""
    try:
        return await seat.item(number)
    except UsageError:
        return None


async def decide(seat: Seat, number: int, seal: str, verdict: Verdict, value: Plain = None) -> Outcome:
    """Carry out a decision about exactly the item that was shown.

    Raises: SignInError, RefusedError; UsageError for a decision that does not fit the item; other ErgosErrors.
    """
    one = await found(seat, number)
    if one is None:
        return "gone"
    if seal_of(one.item) != seal:
        return "changed"
    if one.item.expires_ns is not None and one.item.expires_ns <= seat.now_ns:
        return "expired"
    try:
        await seat.perform(Answer(number=number, verdict=verdict, by=seat.principal.name, value=value))
    except UsageError:
        # Somebody else was quicker, or this person was, by another press of the button.
        for _ in range(ANSWERED_TRIES):
            if await found(seat, number) is None:
                return "gone"
            await asyncio.sleep(ANSWERED_S)
        raise
    return "done"


def comment_of(form: Form) -> str | None:
    """What the agent is told beside a no. Raises: UsageError."""
    why = form.text("why").strip()
    if len(why.encode("utf-8", "replace")) > COMMENT_BYTES_MAX:
        raise UsageError(f"a reason has at most {COMMENT_BYTES_MAX} bytes", remedy="say it shorter")
    return why or None


def answer_of(one: Waiting, form: Form, language: Language) -> Plain:
    """The answer a form gives to a question. Raises: UsageError."""
    fields = fields_of(one)
    if form.text("decline"):
        return "decline"
    if fields:
        return {name: given for name, schema in fields.items() if (given := _field(form, name, schema)) is not None}
    if form.text("as") == "json":
        return _json(form.text("answer"))
    picked = form.number("choice")
    choices = choices_of(one)
    if picked is not None and picked < len(choices):
        return choices[picked]
    said = understood("question", form.text("answer"), None, language)
    if isinstance(said, Unclear):
        raise UsageError(said.why)
    return said.value


def _json(text: str) -> Plain:
    if len(text) > JSON_CHARS_MAX:
        raise UsageError(f"an answer has at most {JSON_CHARS_MAX:,} characters")
    try:
        return cast("Plain", msgspec.json.decode(text.encode()))
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise UsageError(f"that is no JSON: {error}"[:200], remedy="write it as text, or correct it") from error


def _field(form: Form, name: str, schema: dict[str, Plain]) -> Plain:
    """One field of a server's form, as its schema has it; None for one that was left empty. Raises: UsageError."""
    kind, text = schema.get("type"), form.text(f"field.{name}").strip()
    if kind == "boolean":
        return form.has(f"field.{name}")
    if not text:
        return None
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text)
    except ValueError as error:
        raise UsageError(f"{name[:60]} is a number") from error
    return _json(text) if kind in ("array", "object") else text
