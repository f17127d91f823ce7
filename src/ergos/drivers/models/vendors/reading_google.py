"""Google's generateContent.

Rules: see `reading.py`. What remains of an answer is the words, thoughts and function calls of its first candidate;
images go into the notes. Every function call has an id. Thought signatures belong to the part they came with and are
noted as seals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.vendors import seals, shapes
from ergos.drivers.models.vendors.reading import Notes, Sent, cut_off
from ergos.drivers.models.vendors.usage import google_usage
from ergos.kernel.models import Media, MediaKind, StopReason

STOPS: Final[dict[str, StopReason]] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "refusal",
    "RECITATION": "refusal",
    "BLOCKLIST": "refusal",
    "PROHIBITED_CONTENT": "refusal",
    "SPII": "refusal",
    "IMAGE_SAFETY": "refusal",
    "IMAGE_PROHIBITED_CONTENT": "refusal",
    "IMAGE_RECITATION": "refusal",
    "MODEL_ARMOR": "refusal",
}
WORDS: Final = "words"
"""Key of the seal that belongs to the answer's words rather than to a call."""
_MEDIA: Final[dict[str, MediaKind]] = {"image": "image", "audio": "audio", "video": "video"}


class GoogleReading:
    """Reads one answer."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._finished = False
        self._called = False

    @property
    def notes(self) -> Notes:
        """What it saw so far."""
        return self._notes

    @property
    def end_mark(self) -> bytes:
        """What stands after a stream's last event."""
        return b""

    def whole(self, body: shapes.Object) -> shapes.Object:
        """An answer in one piece."""
        if not body.get("candidates") and not body.get("promptFeedback") and not body.get("usageMetadata"):
            if error := body.get("error"):
                raise self._notes.fail(error)
            raise ModelReplyError(f"the endpoint's answer holds no candidates: {shapes.encode(body)[:200]}")
        return self._answer(self._parts(body))

    def event(self, name: str, body: shapes.Object) -> Iterator[Sent]:
        """One event of a stream."""
        if name == "error" or body.get("error"):
            raise self._notes.fail(body.get("error") or body)
        if parts := self._parts(body):
            yield "", self._answer(parts, finish=None)

    def done(self) -> None:
        """The mark [DONE] came, from an endpoint that mixes two formats."""
        self._finished = True

    def end(self) -> Iterator[Sent]:
        """A finish reason says that all was said."""
        if not self._finished:
            raise cut_off("a finishReason")
        yield "", self._answer([])

    def parted(self, body: shapes.Object) -> Iterator[Sent]:
        """An answer as the stream it stands for; Google also sends a list of the events."""
        yield "", self.whole(body)

    def joined(self, events: list[Sent]) -> shapes.Object:
        """A stream as the answer it stands for."""
        parts = [part for _, body in events for part in self._parts(body)]
        list(self.end())
        return self._answer(parts)

    def _parts(self, body: shapes.Object) -> list[shapes.Object]:
        notes = self._notes
        notes.id = shapes.text(body.get("responseId")) or notes.id
        notes.model = shapes.text(body.get("modelVersion")) or notes.model
        notes.usage = google_usage(body.get("usageMetadata")) or notes.usage
        if shapes.obj(body.get("promptFeedback")).get("blockReason"):
            self._finished = True
            notes.stop = "refusal"
        candidates = shapes.objects(body.get("candidates"))
        candidate = candidates[0] if candidates else {}
        content = shapes.obj(candidate.get("content"))
        given = shapes.objects(content["parts"]) if content.get("parts") else []
        parts = [part for item in given if (part := self._part(item)) is not None]
        if reason := shapes.text(candidate.get("finishReason")):
            self._finished = True
            notes.stop = STOPS.get(reason, "other")
        if notes.stop == "stop" and self._called:
            notes.stop = "tools"
        return parts

    def _part(self, part: shapes.Object) -> shapes.Object | None:
        """A part with what its kind needs; None for one that is left out."""
        seal = shapes.text(part.get("thoughtSignature"))
        call = shapes.obj(part.get("functionCall"))
        if shapes.text(call.get("name")):
            self._called = True
            call_id = shapes.text(call.get("id")) or self._notes.new_call_id()
            if seal:
                self._notes.seals[call_id] = seals.close(self._notes.mark, "", seal)
            return {"functionCall": {"id": call_id, "name": call["name"], "args": shapes.obj(call.get("args"))}}
        inline = shapes.obj(part.get("inlineData"))
        if data := shapes.text(inline.get("data")):
            media_type = shapes.text(inline.get("mimeType")) or "application/octet-stream"
            kind = _MEDIA.get(media_type.partition("/")[0], "file")
            self._notes.media.append(Media(kind, media_type=media_type, data=data))
            return None
        if seal and not part.get("thought") and ("text" in part or len(part) == 1):
            self._notes.seals[WORDS] = seals.close(self._notes.mark, "", seal)
        words = shapes.text(part.get("text"))
        if not words:
            return None
        return {"text": words, "thought": True} if part.get("thought") else {"text": words}

    def _answer(self, parts: list[shapes.Object], finish: str | None = "STOP") -> shapes.Object:
        candidate: shapes.Object = {"index": 0, "content": {"role": "model", "parts": parts}}
        if finish:
            candidate["finishReason"] = finish
        return {"candidates": [candidate], "modelVersion": self._notes.model, "responseId": self._notes.id}
