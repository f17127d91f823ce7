"""Reading the answer of an endpoint while it passes through: is it whole, what did it use, when did it begin?

An answer is one JSON object or a stream of events, in the caller's own format; it is read, never rewritten. `Reader`
takes the bytes of a stream as they come and gives them on, all but the last event.

Rules: an answer that is not what its format promises raises ModelReplyError, an error that a vendor reports inside an
answer raises what it is; a usage that cannot be true counts as not said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import msgspec

from ergos.base.limits import VALUE_BYTES_MAX
from ergos.base.world_errors import HttpError, ModelError, ModelReplyError
from ergos.drivers.http.sse import SseEvent, SseSplitter
from ergos.drivers.models.vendors import failures, shapes
from ergos.drivers.models.vendors.usage import messages_usage, openai_usage
from ergos.kernel.models import UNKNOWN_USAGE, Dialect, Usage
from ergos.kernel.ports import Sink

ANSWER_BYTES_MAX: Final = VALUE_BYTES_MAX // 2 - 65_536  # bytes of an answer; written as JSON text it may double
ERROR_BODY_CHARS_MAX: Final = 32_768  # characters of a vendor's error handed on; real ones have a few hundred
_TOKENS_MAX: Final = 1 << 40  # tokens; nothing true is above it
_DONE: Final = "[DONE]"
_CONTENT: Final = {"openai.chat": "choices", "openai.embeddings": "data", "anthropic.messages": "content"}
_FINAL_RESPONSES: Final = frozenset({"response.completed", "response.incomplete"})
_COUNTS: Final = ("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens")


class Answer(msgspec.Struct, frozen=True):
    """A whole answer."""

    body: str
    usage: Usage


def whole(dialect: Dialect, body: bytes, kind: str) -> Answer:
    """The answer that is one JSON object. Raises: ModelReplyError, and the errors of `failures.of_error`."""
    if len(body) > ANSWER_BYTES_MAX:
        raise _too_long()
    if kind and "json" not in kind.lower():
        raise ModelReplyError(f"the endpoint answered with {kind[:100]!r} instead of JSON: {_shown(body)}")
    found = _object(body)
    _raise_error(found)
    place = _CONTENT.get(dialect)
    if not isinstance(found.get(place or "output"), list) and (place or "status" not in found):
        raise ModelReplyError(f"the endpoint's answer has no list {place or 'output'!r}: {_shown(body)}")
    if dialect == "openai.responses" and found.get("status") == "failed":
        raise _vendor_error(found.get("error") or found, found)
    return Answer(_text(body), _usage(dialect, _usage_field(found)))


class Reader:
    """Follows one stream."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        sink: Sink | None = None,
        on_first: Callable[[], None] | None = None,
        withhold_usage: bool = False,
    ) -> None:
        """`withhold_usage`: the chunk that only reports usage was not asked for by the caller."""
        self._dialect: Final[Dialect] = dialect
        self._sink = sink
        self._on_first = on_first
        self._withhold = withhold_usage
        self._splitter: Final = SseSplitter(ANSWER_BYTES_MAX)
        self._look: Final = {"openai.chat": self._chat, "openai.responses": self._responses}.get(
            dialect, self._anthropic
        )
        self._pieces: Final[list[bytes]] = []
        self._last = b""
        self._bytes = 0
        self._half = False
        """The last event was withheld and its line end may go on."""
        self._usage: Usage | None = None
        self._final = False
        self._open: set[int] = set()
        self._finished: set[int] = set()

    def feed(self, piece: bytes) -> None:
        """More of it. Raises: ModelReplyError, and the errors of `failures.of_error`."""
        self._bytes += len(piece)
        if self._bytes > ANSWER_BYTES_MAX:
            raise _too_long()
        try:
            events = self._splitter.feed(piece)
        except HttpError as error:
            raise ModelReplyError(f"the endpoint's stream cannot be read: {error.what}") from error
        for event in events:
            # A line end that was cut between its CR and its LF leaves the LF to the next event.
            raw = event.raw
            if self._half and raw.startswith(b"\n"):
                raw = raw[1:]
            self._half = False
            if self._read(event):
                self._pass_on(raw)
            else:
                self._half = raw.endswith(b"\r")
                self._last += raw[:1] if raw.startswith(b"\n") else b""

    def close(self) -> Answer:
        """The whole of it, once the endpoint has ended it. Raises: ModelReplyError if it is not whole."""
        rest = self._splitter.rest
        if not self._final and rest.strip():
            for event in self._splitter.feed(b"\n\n"):  # a last event without the blank line that should follow it
                self._read(event)
        if not self._final and not self._is_said():
            raise ModelReplyError("the endpoint's stream ended before its last event")
        if self._half:
            rest = rest.removeprefix(b"\n")
        return Answer(_text(b"".join((*self._pieces, self._last, rest))), self._usage or UNKNOWN_USAGE)

    def _pass_on(self, raw: bytes) -> None:
        before, self._last = self._last, raw
        if before:
            self._pieces.append(before)
            if self._sink is not None:
                self._sink(before)

    def _read(self, event: SseEvent) -> bool:
        """Whether it goes on to the caller."""
        if not event.data:
            return True
        if event.data == _DONE:
            if self._dialect == "openai.chat":
                self._first()
                self._final = True
            return True
        found = _object(event.data)
        if event.event == "error" or found.get("type") == "error":
            raise _vendor_error(found.get("error") or found, found)
        _raise_error(found)
        return self._look(found)

    def _first(self) -> None:
        if self._on_first is not None:
            tell, self._on_first = self._on_first, None
            tell()

    def _chat(self, found: shapes.Object) -> bool:
        choices = shapes.objects(found["choices"]) if isinstance(found.get("choices"), list) else []
        for choice in choices:
            index = choice.get("index")
            self._open.add(index if type(index) is int else 0)
            delta = shapes.obj(choice.get("delta"))
            if self._on_first is not None and any(value for name, value in delta.items() if name != "role"):
                self._first()
            if choice.get("finish_reason"):
                self._finished.add(index if type(index) is int else 0)
        said = _usage_field(found)
        if said is None:
            return True
        self._usage = _usage("openai.chat", said)
        return bool(choices) or not self._withhold

    def _responses(self, found: shapes.Object) -> bool:
        kind = shapes.text(found.get("type"))
        if kind.endswith(".delta"):
            self._first()
        elif kind in _FINAL_RESPONSES:
            self._first()
            self._final = True
            self._usage = _usage("openai.responses", shapes.obj(found.get("response")).get("usage"))
        elif kind == "response.failed":
            raise _vendor_error(shapes.obj(found.get("response")).get("error") or found, found)
        return True

    def _anthropic(self, found: shapes.Object) -> bool:
        kind = found.get("type")
        if kind == "content_block_delta":
            self._first()
        elif kind == "message_start":
            self._usage = _usage("anthropic.messages", shapes.obj(found.get("message")).get("usage"))
        elif kind == "message_delta":
            self._usage = _usage("anthropic.messages", found.get("usage"), self._usage)
        elif kind == "message_stop":
            self._first()
            self._final = True
        return True

    def _is_said(self) -> bool:
        """Of a chat whose vendor sends no [DONE]: every choice has its reason to end, and usage came."""
        return (
            self._dialect == "openai.chat" and bool(self._open) and self._open == self._finished and bool(self._usage)
        )


def _usage_field(found: shapes.Object) -> object:
    """Where vendors put it; Groq also beside it."""
    said = found.get("usage")
    return said if said is not None else shapes.obj(found.get("x_groq")).get("usage")


def _usage(dialect: Dialect, said: object, before: Usage | None = None) -> Usage:
    """The usage as far as it can be true: counts of tokens, not all of them zero."""
    if said is None:
        return before or UNKNOWN_USAGE
    counts = [value for name in _COUNTS if (value := shapes.obj(said).get(name)) is not None]
    if any(type(value) not in {int, float} or not 0 <= cast("float", value) < _TOKENS_MAX for value in counts):
        return UNKNOWN_USAGE
    if dialect == "anthropic.messages":
        found = messages_usage(said, before if before is not None and before.known else None)
    else:
        found = openai_usage(said)
    return found if found is not None and found.tokens else UNKNOWN_USAGE


def _vendor_error(error: object, found: shapes.Object) -> ModelError:
    """What a vendor reports inside an answer, with its own words."""
    made = failures.of_error(error)
    made.body = shapes.encode(found)[:ERROR_BODY_CHARS_MAX]
    return made


def _raise_error(found: shapes.Object) -> None:
    """An error that came with a status of success."""
    error = found if found.get("object") == "error" else found.get("error")
    if error and not found.get("choices") and not found.get("output"):
        raise _vendor_error(error, found)


def _object(body: bytes | str) -> shapes.Object:
    try:
        found: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = shapes.decode(body)  # the standard library's reader takes what some vendors bend, such as NaN
    if not isinstance(found, dict):
        raise ModelReplyError(f"the endpoint's answer is no JSON object: {_shown(body)}")
    return cast("shapes.Object", found)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelReplyError(f"the endpoint's answer is not UTF-8: {error}") from error


def _shown(body: bytes | str) -> str:
    return repr(body[:200] if isinstance(body, str) else body[:200].decode("utf-8", "replace"))


def _too_long() -> ModelReplyError:
    return ModelReplyError(f"the endpoint's answer has no end: more than {ANSWER_BYTES_MAX:,} bytes (ANSWER_BYTES_MAX)")
