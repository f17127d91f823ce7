"""Directives: how a test tells the scripted mind what to do, in a user's words: `[[mind: tools=3 tokens=50 stall]]`.

Rules: the last one in the conversation counts, so that it holds for every step of an agent; what it leaves out is
taken from the server's own. A word without a value switches something on; a value with spaces stands in quotes. A
directive that cannot be read is a mistake of the test and is refused aloud.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from ergos.base.errors import UsageError

_FOUND: Final = re.compile(r"\[\[mind:(.*?)\]\]", re.DOTALL)
_ITEM: Final = re.compile(r'([a-z_]+)(?:=("[^"]*"|\S+))?')

UsageLie = Literal["honest", "missing", "zero", "huge", "negative"]


class Directive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to do; the defaults are a mind that behaves."""

    tools: int | None = None
    """Rounds of tool calls before it answers; None: the mind's own number."""
    parallel: int = 1
    """Tools called in one round."""
    call: str = ""
    """The tool to call in every round."""
    tokens: int | None = None
    """Output tokens of an answer in words."""
    reasoning: int = 0
    """Tokens it thinks aloud first."""
    say: str = ""
    """The answer itself, word for word."""
    refuse: bool = False
    """It refuses."""
    overrun: bool = False
    """It writes on beyond its caller's limit."""
    huge: int = 0
    """Bytes of an answer that is far too long, whatever its caller's limit."""
    badargs: bool = False
    """The arguments of its tool calls are not JSON."""

    fail: int = 0
    """HTTP status of an error instead of an answer."""
    times: int = 0
    """How many requests of the same content meet the mischief of this directive; 0: all."""
    retry: float | None = None
    """Seconds in a retry-after header."""
    pause: float = 0.0
    """Seconds of real time before it answers."""
    stall: bool = False
    """In the middle of its answer it falls silent and keeps the connection open."""
    truncate: bool = False
    """In the middle of its answer the connection breaks."""
    drop: bool = False
    """The connection breaks before anything was answered."""
    unfinished: bool = False
    """The stream ends without its closing frames, as if it were whole."""
    midfail: bool = False
    """In the middle of the stream comes an error."""
    malformed: bool = False
    """The answer is not JSON."""
    endless: bool = False
    """The answer never ends."""
    chunk: int = 0
    """Bytes written at a time; 0: as they come."""
    type: str = ""
    """Another content type."""
    usage: UsageLie = "honest"
    """What it says of its usage."""

    @property
    def is_plain(self) -> bool:
        """Whether an honest answer is to leave in the ordinary way."""
        return not (self.is_mischief or self.chunk or self.huge)

    @property
    def is_mischief(self) -> bool:
        """Whether anything but an honest answer is asked for."""
        return bool(
            self.fail
            or self.stall
            or self.truncate
            or self.drop
            or self.unfinished
            or self.midfail
            or self.malformed
            or self.endless
            or self.type
            or self.usage != "honest"
        )

    def behaving(self) -> Directive:
        """The same without mischief."""
        return msgspec.structs.replace(
            self,
            fail=0,
            stall=False,
            truncate=False,
            drop=False,
            unfinished=False,
            midfail=False,
            malformed=False,
            endless=False,
            type="",
            usage="honest",
        )


PLAIN: Final = Directive()


def read(words: str, under: Directive = PLAIN) -> Directive:
    """The directive of some words such as 'tools=3 stall', over another one.

    Raises: UsageError.
    """
    given: dict[str, object] = msgspec.to_builtins(under)
    for name, value in _ITEM.findall(words):
        given[name] = value.strip('"') if value else True
    try:
        return msgspec.convert(given, Directive, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"the directive '{words.strip()}' cannot be read: {error}",
            remedy="its words are the fields of ergos.sim.loopback.directives.Directive",
        ) from error


def last_in(texts: list[str], under: Directive = PLAIN) -> Directive:
    """The directive of the last text that holds one, over the server's own. Raises: UsageError."""
    for text in reversed(texts):
        if "[[mind:" in text and (found := _FOUND.findall(text)):
            return read(found[-1], under)
    return under


def without(text: str) -> str:
    """A text without its directives."""
    return _FOUND.sub(" ", text) if "[[mind:" in text else text
