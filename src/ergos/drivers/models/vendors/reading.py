"""Reading an endpoint's answer leniently: the port that the four wires implement, and what they share.

A reading stands between the network and the vendor's library. It turns what a vendor really sends into the least that
the wire's own format requires (only the fields that are needed, each with the right type), so that a strict parser
reads it, and it notes what the parser does not give back faithfully: usage, the reason to stop, the model's name.

Rules: one reading serves one call; a stream has to say that it is complete, or it was cut off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, Protocol

from ergos.base.world_errors import ModelError, ModelReplyError
from ergos.drivers.models.vendors import failures, shapes
from ergos.kernel.models import UNKNOWN_USAGE, Media, StopReason, Usage

DONE: Final = b"data: [DONE]\n\n"
"""OpenAI's mark after a stream's last event."""

Sent = tuple[str, shapes.Object]
"""An event's name ('' for none) and its JSON."""


class Notes:
    """What a reading saw of an answer."""

    def __init__(self, turn: int, now_ns: int = 0, mark: str = "") -> None:
        self.turn = turn
        self.now_ns = now_ns
        self.mark = mark
        """Of the seals that the answer gives."""
        self.usage: Usage = UNKNOWN_USAGE
        self.stop: StopReason | None = None
        self.model = ""
        self.id = ""
        self.media: list[Media] = []
        self.seals: dict[str, str] = {}
        """By the id of a tool call, or '' for the whole answer: what has to go back with it."""
        self._made = 0

    def identify(self, body: shapes.Object) -> None:
        """Note the answer's id and its model's name, where it has them."""
        self.id = shapes.text(body.get("id")) or self.id
        self.model = shapes.text(body.get("model")) or self.model

    def new_call_id(self) -> str:
        """For a tool call that its vendor gave none: unique in a conversation, the same at every reading."""
        self._made += 1
        return f"call_{self.turn}_{self._made}"

    def fail(self, content: object) -> ModelError:
        """The error inside an answer."""
        return failures.of_error(content, now_ns=self.now_ns)


class Reading(Protocol):
    """One wire."""

    @property
    def notes(self) -> Notes:
        """What it saw so far."""
        ...

    @property
    def end_mark(self) -> bytes:
        """What the wire puts after a stream's last event."""
        ...

    def whole(self, body: shapes.Object) -> shapes.Object:
        """An answer in one piece. Raises: ModelError and its children."""
        ...

    def event(self, name: str, body: shapes.Object) -> Iterator[Sent]:
        """One event of a stream; it may become none or several. Raises: ModelError and its children."""
        ...

    def done(self) -> None:
        """The mark [DONE] came: nothing will follow."""
        ...

    def end(self) -> Iterator[Sent]:
        """The stream ended. Raises: ModelReplyError for one that was cut off."""
        ...

    def parted(self, body: shapes.Object) -> Iterator[Sent]:
        """An answer in one piece where a stream was asked for, as the stream it stands for."""
        ...

    def joined(self, events: list[Sent]) -> shapes.Object:
        """A stream where an answer in one piece was asked for, as the answer it stands for."""
        ...


def event_object(name: str, text: str) -> shapes.Object | None:
    """The JSON of an event; None for a mark that carries none, such as [DONE]. Raises: ModelReplyError."""
    if not text.strip() or text.strip() == "[DONE]":
        return None
    if name == "error" and not text.lstrip().startswith("{"):
        return {"error": {"message": text}}
    content = shapes.decode(text)
    if not isinstance(content, dict):
        raise ModelReplyError(f"the endpoint's stream holds no JSON object: {text[:200]!r}")
    return shapes.obj(content)


def cut_off(said: str) -> ModelReplyError:
    """A stream that ended before it said that it was complete."""
    return ModelReplyError(f"the endpoint's stream was cut off: it ended before {said}")


def is_json_text(text: str) -> bool:
    """Whether a tool call's arguments, as far as they came, are complete."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
