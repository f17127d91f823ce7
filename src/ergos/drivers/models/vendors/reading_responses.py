"""The responses API, as OpenAI and those who copied it send it.

Rules: see `reading.py`. What remains of an answer is its messages' words, its function calls and its reasoning; the
vendor's own tools leave nothing that a neutral conversation could hand back. What a stream says again in an event of
kind `done` fills what its deltas left out, and never repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.vendors import shapes
from ergos.drivers.models.vendors.reading import DONE, Notes, Sent, cut_off
from ergos.drivers.models.vendors.usage import openai_usage
from ergos.kernel.models import StopReason

STOPS: Final[dict[str, StopReason]] = {
    "completed": "stop",
    "complete": "stop",
    "max_output_tokens": "length",
    "max_tokens": "length",
    "length": "length",
    "content_filter": "refusal",
}
RAW: Final = "raw:"
"""Before the id of an item whose words are the reasoning itself and no summary of it."""
PHASE: Final = "phase:"
"""Before an item's id, the key of its phase among the seals."""
_CALLS: Final = frozenset({"function_call", "custom_tool_call"})
_TERMINAL: Final = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})


class ResponsesReading:
    """Reads one response."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._said: dict[tuple[str, str], list[str]] = {}
        """What was sent on so far, by item and place in it."""
        self._items: dict[int, str] = {}
        """Item ids by output index, for events that name no item."""
        self._calls: dict[str, shapes.Object] = {}
        self._numbers: dict[str, int] = {}
        self._speaking = ("", "", "")
        self._began = False
        self._finished = False
        self._sequence = 0

    @property
    def notes(self) -> Notes:
        """What it saw so far."""
        return self._notes

    @property
    def end_mark(self) -> bytes:
        """What stands after a stream's last event."""
        return DONE

    def whole(self, body: shapes.Object) -> shapes.Object:
        """An answer in one piece."""
        if not isinstance(body.get("output"), list):
            if error := body.get("error") or (body if body.get("message") else None):
                raise self._notes.fail(error)
            raise ModelReplyError(f"the endpoint's answer holds no output: {shapes.encode(body)[:200]}")
        self._status(body)
        output: list[shapes.Object] = []
        for number, item in enumerate(shapes.objects(body["output"])):
            output.extend(self._whole_item(item, number))
        return self._response(output)

    def event(self, name: str, body: shapes.Object) -> Iterator[Sent]:
        """One event of a stream."""
        kind = shapes.text(body.get("type")) or name
        if kind == "error" or (not kind and body.get("error")):
            raise self._notes.fail(body.get("error") or body)
        if response := shapes.obj(body.get("response")):
            self._status(response)
        if not self._began:
            self._began = True
            yield self._sent("response.created", response=self._response([]))
        if kind in _TERMINAL:
            for number, item in enumerate(shapes.objects(response["output"]) if response.get("output") else []):
                yield from self._item_done(item, number)
            self._finished = True
        elif kind == "response.output_item.added":
            yield from self._item_added(shapes.obj(body.get("item")), shapes.count(body.get("output_index")))
        elif kind == "response.output_item.done":
            yield from self._item_done(shapes.obj(body.get("item")), shapes.count(body.get("output_index")))
        else:
            yield from self._piece(kind, body)

    def done(self) -> None:
        """The mark [DONE] came; it does not replace the response's own last event."""

    def end(self) -> Iterator[Sent]:
        """The event `response.completed`, or one like it, says that all was said."""
        if not self._finished:
            raise cut_off("response.completed")
        yield self._sent("response.completed", response=self._response([]))

    def parted(self, body: shapes.Object) -> Iterator[Sent]:
        """A response as the stream it stands for."""
        self.whole(body)
        yield from self.event("", {"type": "response.completed", "response": body})
        yield from self.end()

    def joined(self, events: list[Sent]) -> shapes.Object:
        """A stream as the response that its last event repeats."""
        for name, body in events:
            list(self.event(name, body))
        list(self.end())
        responses = (shapes.obj(body.get("response")) for _, body in reversed(events))
        return self.whole(next((response for response in responses if response), {}))

    def _status(self, response: shapes.Object) -> None:
        notes = self._notes
        if error := response.get("error"):
            raise notes.fail(error)
        notes.identify(response)
        notes.usage = openai_usage(response.get("usage")) or notes.usage
        reason = shapes.text(shapes.obj(response.get("incomplete_details")).get("reason"))
        status = reason or shapes.text(response.get("status"))
        if status == "failed":
            raise notes.fail({"message": "the response failed", "type": "server_error"})
        if notes.stop != "refusal" and status:
            notes.stop = STOPS.get(status, "other")

    def _whole_item(self, item: shapes.Object, number: int) -> Iterator[shapes.Object]:
        item_id = shapes.text(item.get("id")) or f"item_{number}"
        kind = shapes.text(item.get("type"))
        if kind == "message":
            self._note_phase(item, item_id)
            for words in self._words(item).values():
                yield _message(item_id, words)
        elif kind in _CALLS:
            yield self._call(item, item_id)
        elif kind == "reasoning":
            sealed = shapes.text(item.get("encrypted_content")) or None
            raw, summary = _reasoning_of(item)
            if raw:
                yield {"type": "reasoning", "id": RAW + item_id, "summary": _summary(raw), "encrypted_content": sealed}
            if summary or not raw:
                seal = None if raw else sealed
                yield {"type": "reasoning", "id": item_id, "summary": _summary(summary), "encrypted_content": seal}

    def _note_phase(self, item: shapes.Object, item_id: str) -> None:
        """Whether words are commentary or the answer: the vendor wants to be told again."""
        if phase := shapes.text(item.get("phase")):
            self._notes.seals[PHASE + item_id] = phase

    def _words(self, item: shapes.Object) -> dict[int, str]:
        """Words of a message's parts, by their place."""
        content = item.get("content")
        if isinstance(content, str):
            return {0: content}
        parts = shapes.objects(content) if content else []
        if any(part.get("type") == "refusal" for part in parts):
            self._notes.stop = "refusal"
        words = {
            place: shapes.text(part.get("text")) for place, part in enumerate(parts) if part.get("type") != "refusal"
        }
        return {place: said for place, said in words.items() if said}

    def _call(self, item: shapes.Object, item_id: str) -> shapes.Object:
        call_id = shapes.text(item.get("call_id")) or shapes.text(item.get("id")) or self._notes.new_call_id()
        arguments = shapes.argument_text(item.get("arguments", item.get("input")))
        name = shapes.text(item.get("name"))
        return {"type": "function_call", "id": item_id, "call_id": call_id, "name": name, "arguments": arguments}

    def _item_added(self, item: shapes.Object, number: int) -> Iterator[Sent]:
        item_id = shapes.text(item.get("id")) or f"item_{number}"
        self._items[number] = item_id
        self._note_phase(item, item_id)
        if shapes.text(item.get("type")) in _CALLS and item_id not in self._calls:
            call = self._call(item, item_id)
            self._calls[item_id] = call
            yield self._sent("response.output_item.added", output_index=number, item={**call, "arguments": ""})
            yield from self._more("arguments", item_id, "", shapes.text(call["arguments"]))

    def _item_done(self, item: shapes.Object, number: int) -> Iterator[Sent]:
        """All of an item: what was not yet said of it."""
        item_id = shapes.text(item.get("id")) or self._items.get(number) or f"item_{number}"
        kind = shapes.text(item.get("type"))
        self._note_phase(item, item_id)
        if kind == "message":
            for place, words in self._words(item).items():
                yield from self._rest("text", item_id, str(place), words)
        elif kind in _CALLS:
            # Some give the item another id, or none, when it is done: the call's own id decides.
            same = (known for known, call in self._calls.items() if call["call_id"] == item.get("call_id"))
            item_id = item_id if item_id in self._calls else next(same, item_id)
            yield from self._item_added({**item, "id": item_id, "arguments": ""}, number)
            yield from self._rest(
                "arguments", item_id, "", shapes.argument_text(item.get("arguments", item.get("input")))
            )
        elif kind == "reasoning":
            raw, summary = _reasoning_of(item)
            for place, words in enumerate(raw):
                yield from self._rest("reasoning", RAW + item_id, str(place), words)
            for place, words in enumerate(summary):
                yield from self._rest("reasoning", item_id, str(place), words)
            if (seal := shapes.text(item.get("encrypted_content"))) and ("seal", item_id) not in self._said:
                self._said["seal", item_id] = [seal]
                owner = RAW + item_id if raw and not summary else item_id
                sealed = {"type": "reasoning", "id": owner, "summary": [], "encrypted_content": seal}
                yield self._sent("response.output_item.done", output_index=number, item=sealed)

    def _piece(self, kind: str, body: shapes.Object) -> Iterator[Sent]:
        """A delta, or a part that is done."""
        number = shapes.count(body.get("output_index"))
        item_id = shapes.text(body.get("item_id")) or self._items.get(number) or f"item_{number}"
        place = str(shapes.count(body.get("content_index", body.get("summary_index"))))
        delta = shapes.text(body.get("delta"))
        match kind:
            case "response.output_text.delta":
                yield from self._more("text", item_id, place, delta)
            case "response.output_text.done":
                yield from self._rest("text", item_id, place, shapes.text(body.get("text")))
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                if item_id in self._calls:
                    yield from self._more("arguments", item_id, "", delta)
            case "response.function_call_arguments.done" | "response.custom_tool_call_input.done":
                if item_id in self._calls:
                    final = shapes.argument_text(body.get("arguments", body.get("input")))
                    yield from self._rest("arguments", item_id, "", final)
            case "response.reasoning_summary_text.delta":
                yield from self._more("reasoning", item_id, place, delta)
            case "response.reasoning_text.delta":
                yield from self._more("reasoning", RAW + item_id, place, delta)
            case "response.refusal.delta" | "response.refusal.done":
                self._notes.stop = "refusal"
            case _:
                pass

    def _rest(self, what: str, item_id: str, place: str, final: str) -> Iterator[Sent]:
        said = "".join(self._said.get((item_id, what + place), ()))
        if final.startswith(said):
            yield from self._more(what, item_id, place, final[len(said) :])

    def _more(self, what: str, item_id: str, place: str, delta: str) -> Iterator[Sent]:
        if not delta:
            return
        self._said.setdefault((item_id, what + place), []).append(delta)
        number = self._number(what, item_id, place)
        if what == "text":
            kind = "response.output_text.delta"
            yield self._sent(kind, item_id=item_id, content_index=number, delta=delta, logprobs=[])
        elif what == "arguments":
            yield self._sent("response.function_call_arguments.delta", item_id=item_id, delta=delta)
        else:
            kind = "response.reasoning_summary_text.delta"
            yield self._sent(kind, item_id=item_id, summary_index=number, delta=delta)

    def _number(self, what: str, item_id: str, place: str) -> int:
        """Of the part that grows: a new one whenever another place speaks, so that parts stand in the order of time."""
        key = (what, item_id, place)
        if what != "arguments" and key != self._speaking:
            self._speaking = key
            self._numbers[item_id] = self._numbers.get(item_id, -1) + 1
        return self._numbers.get(item_id, 0)

    def _sent(self, kind: str, **fields: object) -> Sent:
        self._sequence += 1
        return kind, {"output_index": 0, **fields, "type": kind, "sequence_number": self._sequence}

    def _response(self, output: list[shapes.Object]) -> shapes.Object:
        notes = self._notes
        about: shapes.Object = {"id": notes.id, "object": "response", "created_at": 0, "model": notes.model}
        asked: shapes.Object = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
        return {**about, **asked, "status": "completed", "output": output}


def _message(item_id: str, words: str) -> shapes.Object:
    part: shapes.Object = {"type": "output_text", "text": words, "annotations": []}
    return {"type": "message", "id": item_id, "role": "assistant", "status": "completed", "content": [part]}


def _reasoning_of(item: shapes.Object) -> tuple[list[str], list[str]]:
    """The reasoning itself, and summaries of it."""
    raw = [shapes.text(part.get("text")) for part in shapes.objects(item["content"])] if item.get("content") else []
    summary = [shapes.text(part.get("text")) for part in shapes.objects(item["summary"])] if item.get("summary") else []
    return [words for words in raw if words], [words for words in summary if words]


def _summary(words: list[str]) -> list[shapes.Object]:
    return [{"type": "summary_text", "text": text} for text in words]
