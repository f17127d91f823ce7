"""What the value of a call's answer says to telemetry: tokens, model, and its content where that is wanted.

Rules: whatever does not look as it should says nothing; nothing is raised for a value.
"""

from __future__ import annotations

from typing import Final, cast, get_args

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError
from ergos.drivers.models.answers import Reader, whole
from ergos.kernel.calls import Call
from ergos.kernel.models import AUTO, UNKNOWN_USAGE, Dialect, Reply, Usage

CONTENT_CHARS_MAX: Final = 32_768  # characters of one attribute that holds content; collectors take no more
MODEL_PREFIX: Final = "model."
DIALECTS: Final[frozenset[str]] = frozenset(get_args(Dialect))


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of an answer."""

    usage: Usage = UNKNOWN_USAGE
    model: str = ""
    id: str = ""
    stop: str = ""
    dialect: str = ""
    given: str = ""
    """The arguments as text; '' where content is not told."""
    came: str = ""
    """The answer as text; '' where content is not told."""


def model_of(call: Call, provider: str) -> str:
    """The model a call is for: asked for by its name, or that of the endpoint; '' for what is no model call."""
    if call.kind != "think":
        return ""
    asked = call.name.removeprefix(MODEL_PREFIX) if call.name.startswith(MODEL_PREFIX) else AUTO
    did = provider.partition("/")[2] or provider
    return asked if asked != AUTO else did or (AUTO if call.name.startswith(MODEL_PREFIX) else "")


def read_answer(call: Call, dialect: Plain, value: Plain) -> Read:
    """What an answer says of itself; of a tool's, nothing."""
    if call.kind != "think" or not isinstance(value, dict):
        return Read()
    spoken = dialect if isinstance(dialect, str) and dialect in DIALECTS else "neutral"
    if spoken == "neutral":
        return _reply(value)
    body, kind = value.get("body"), value.get("type")
    if not isinstance(body, str) or not isinstance(kind, str):
        return Read(dialect=spoken)
    return _wire(cast("Dialect", spoken), body, kind)


def _reply(value: Plain) -> Read:
    try:
        reply = msgspec.convert(value, Reply)
    except msgspec.ValidationError:
        return Read(dialect="neutral")
    return Read(usage=reply.usage, model=reply.model, id=reply.id, stop=reply.stop, dialect="neutral")


def _wire(dialect: Dialect, body: str, kind: str) -> Read:
    """An answer in a caller's own wire format."""
    model, name = "", ""
    try:
        if "event-stream" in kind:
            reader = Reader(dialect)
            reader.feed(body.encode())
            usage = reader.close().usage
        else:
            usage = whole(dialect, body.encode(), kind).usage
            found = msgspec.json.decode(body)
            if isinstance(found, dict):
                said = cast("dict[str, object]", found)
                model, name = str(said.get("model") or ""), str(said.get("id") or "")
    except (ErgosError, msgspec.DecodeError, UnicodeEncodeError):
        return Read(dialect=dialect)
    return Read(usage=usage, model=model[:200], id=name[:200], dialect=dialect)


def content(value: Plain) -> str:
    """A value as text, cut."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= CONTENT_CHARS_MAX else text[: CONTENT_CHARS_MAX - 1] + "…"
