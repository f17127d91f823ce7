"""Chat completions as the many endpoints that call themselves OpenAI-compatible really send them.

Bent in the wild, and read all the same: tool calls without type, id or index, with arguments as an object, or as the
old `function_call`; no finish reason, or one nobody else has; content as null or as a list of parts; ids, times and
usage missing or null; an error inside an answer of status 200; reasoning as `reasoning_content`, `reasoning`, or a
part of the content.

Rules: see `reading.py`. What remains of an answer is one choice with role, content, reasoning and tool calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.vendors import seals, shapes
from ergos.drivers.models.vendors.reading import DONE, Notes, Sent, cut_off
from ergos.drivers.models.vendors.usage import openai_usage
from ergos.kernel.models import Media, StopReason

STOPS: Final[dict[str, StopReason]] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "completed": "stop",
    "complete": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "max_output_tokens": "length",
    "tool_calls": "tools",
    "tool_call": "tools",
    "tool_use": "tools",
    "function_call": "tools",
    "content_filter": "refusal",
    "refusal": "refusal",
    "safety": "refusal",
    "guardrail_intervened": "refusal",
    "sensitive": "refusal",
}
EXTRA: Final = "extra_content"
"""The field in which Google's OpenAI-compatible endpoint keeps a call's thought signature."""
REASONING_FIELDS: Final = ("reasoning", "reasoning_content")


class ChatReading:
    """Reads one chat completion."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._calls: dict[object, _Call] = {}
        self._order: list[_Call] = []
        self._details: list[shapes.Object] = []
        self._finished = False

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
        choice = self._choice(body)
        if choice is None:
            raise ModelReplyError(f"the endpoint's answer holds no choices: {shapes.encode(body)[:200]}")
        message = shapes.obj(choice.get("message") or choice.get("delta"))
        if not message and "text" in choice:
            message = {"content": choice["text"]}
        if not message and not choice.get("finish_reason"):
            raise ModelReplyError(f"the endpoint's answer holds no message: {shapes.encode(body)[:200]}")
        words = shapes.spoken(message.get("content"))
        refusal = shapes.text(message.get("refusal"))
        calls = [call for item in _calls_of(message) if (call := self._whole_call(item)) is not None]
        said: shapes.Object = {"role": "assistant", "content": words or None}
        self._add_reasoning(said, message)
        if calls:
            said["tool_calls"] = calls
        if refusal and not words and not calls:
            self._notes.stop = "refusal"
        self._take_images(message)
        self._seal_details()
        return {
            "id": self._notes.id,
            "object": "chat.completion",
            "created": 0,
            "model": self._notes.model,
            "choices": [{"index": 0, "finish_reason": "stop", "message": said}],
        }

    def event(self, name: str, body: shapes.Object) -> Iterator[Sent]:
        """One chunk of a stream."""
        if name == "error":
            raise self._notes.fail(body.get("error", body))
        choice = self._choice(body)
        if choice is None:
            return
        delta = shapes.obj(choice.get("delta") or choice.get("message"))
        said: shapes.Object = {}
        self._add_reasoning(said, delta)
        if words := shapes.spoken(delta.get("content")) or shapes.text(choice.get("text")):
            said["content"] = words
        if delta.get("refusal"):
            self._notes.stop = "refusal"
        calls = [call for item in _calls_of(delta) if (call := self._part_of_call(item)) is not None]
        if calls:
            said["tool_calls"] = calls
        self._take_images(delta)
        if said:
            yield "", self._chunk(said)

    def end(self) -> Iterator[Sent]:
        """A finish reason or the mark [DONE] says that all was said."""
        if not self._finished:
            raise cut_off("a finish reason or [DONE]")
        self._seal_details()
        yield "", self._chunk({}, "stop")

    def done(self) -> None:
        """The mark [DONE] came."""
        self._finished = True

    def parted(self, body: shapes.Object) -> Iterator[Sent]:
        """A completion as the chunks it stands for."""
        if self._choice(body) is None:
            raise ModelReplyError(f"the endpoint's answer holds no choices: {shapes.encode(body)[:200]}")
        yield from self.event("", body)
        self._finished = True
        yield from self.end()

    def joined(self, events: list[Sent]) -> shapes.Object:
        """Chunks as the completion they stand for."""
        message: shapes.Object = {"role": "assistant", "content": ""}
        for name, body in events:
            for _, chunk in self.event(name, body):
                delta = shapes.obj(shapes.objects(chunk["choices"])[0].get("delta"))
                for key in ("content", *REASONING_FIELDS):
                    if words := shapes.text(delta.get(key)):
                        message[key] = shapes.text(message.get(key)) + words
        list(self.end())
        if self._order:
            message["tool_calls"] = [call.whole() for call in self._order if call.name]
        choice: shapes.Object = {"index": 0, "finish_reason": "stop", "message": message}
        return {"id": "", "object": "chat.completion", "created": 0, "model": "", "choices": [choice]}

    def _choice(self, body: shapes.Object) -> shapes.Object | None:
        """The first choice, after noting what surrounds it; None where there is none."""
        notes = self._notes
        choices = shapes.objects(body.get("choices"))
        choice = next((item for item in choices if not shapes.count(item.get("index"))), None)
        error = body.get("error") or (choice or {}).get("error")
        if error:
            raise notes.fail(error)
        if not choices and (body.get("object") == "error" or _is_bare_error(body)):
            raise notes.fail(body)
        notes.identify(body)
        usage = openai_usage(body.get("usage") or shapes.obj(body.get("x_groq")).get("usage"))
        if usage is not None:
            notes.usage = usage
        if choice is not None:
            usage = openai_usage(choice.get("usage"))
            if usage is not None:
                notes.usage = usage
            if reason := shapes.text(choice.get("finish_reason")):
                self._finished = True
                if notes.stop != "refusal":
                    notes.stop = STOPS.get(reason.lower(), "other")
        return choice

    def _add_reasoning(self, said: shapes.Object, message: shapes.Object) -> None:
        for field in REASONING_FIELDS:
            words = message.get(field)
            if words and (spoken := shapes.spoken(words)):
                said[field] = spoken
                break
        else:
            if spoken := shapes.thought(message.get("content")):
                said["reasoning_content"] = spoken
        details = shapes.objects(message.get("reasoning_details")) if message.get("reasoning_details") else []
        _merge_details(self._details, details)

    def _seal_details(self) -> None:
        if self._details:
            self._notes.seals["details"] = shapes.encode(self._details)

    def _whole_call(self, item: shapes.Object) -> shapes.Object | None:
        call = _Call(len(self._order), self._notes)
        if call.take(item) is None:
            return None
        self._order.append(call)
        return call.whole()

    def _part_of_call(self, item: shapes.Object) -> shapes.Object | None:
        """A piece of a tool call, with the index that it belongs to."""
        given = shapes.text(item.get("id"))
        index = item.get("index")
        name = shapes.text(_function_of(item).get("name"))
        place: object = index if isinstance(index, int) else given or ("last" if not name else len(self._order))
        call = self._order[-1] if place == "last" and self._order else self._calls.get(place)
        # Some count every call of a reply as number 0: another id with another name is another call.
        if call is None or (given and call.id and given != call.id and name and call.name):
            call = _Call(len(self._order), self._notes)
            self._order.append(call)
            self._calls[place] = call
        return call.take(item)

    def _take_images(self, message: shapes.Object) -> None:
        for image in shapes.objects(message.get("images")) if message.get("images") else []:
            url = shapes.text(shapes.obj(image.get("image_url")).get("url"))
            head, comma, data = url.partition(";base64,")
            if head.startswith("data:") and comma:
                self._notes.media.append(Media("image", media_type=head.removeprefix("data:"), data=data))
            elif url:
                self._notes.media.append(Media("image", url=url))

    def _chunk(self, delta: shapes.Object, finish: str | None = None) -> shapes.Object:
        choice: shapes.Object = {"index": 0, "delta": delta, "finish_reason": finish}
        notes = self._notes
        body: shapes.Object = {"id": notes.id, "object": "chat.completion.chunk", "created": 0, "model": notes.model}
        return {**body, "choices": [choice]}


class _Call:
    """A tool call as far as it came."""

    def __init__(self, index: int, notes: Notes) -> None:
        self._index = index
        self._notes = notes
        self.id = ""
        self.name = ""
        self._arguments: list[str] = []
        self._extra = ""

    def take(self, item: shapes.Object) -> shapes.Object | None:
        """Add a piece; what is new comes back in the wire's own shape, once the call has a name."""
        function = _function_of(item)
        self.id = self.id or shapes.text(item.get("id"))
        arguments = shapes.argument_text(function.get("arguments", function.get("input")))
        given_name = shapes.text(function.get("name"))
        # A name comes once, or in pieces, or is said again with every piece.
        new_name = given_name if given_name != self.name else ""
        first = bool(new_name) and not self.name
        self.name += new_name
        if arguments:
            self._arguments.append(arguments)
        if extra := item.get(EXTRA):
            self._extra = shapes.encode(extra)
            if self.id and self.name:
                self._notes.seals[self.id] = seals.close(self._notes.mark, EXTRA, self._extra)
        if not self.name or not (new_name or arguments):
            return None
        if not first:
            piece: shapes.Object = {
                key: value for key, value in (("name", new_name), ("arguments", arguments)) if value
            }
            return {"index": self._index, "type": "function", "function": piece}
        return {"index": self._index, **self.whole()}

    def whole(self) -> shapes.Object:
        """All of it."""
        self.id = self.id or self._notes.new_call_id()
        if self._extra:
            self._notes.seals[self.id] = seals.close(self._notes.mark, EXTRA, self._extra)
        function: shapes.Object = {"name": self.name, "arguments": "".join(self._arguments)}
        return {"id": self.id, "type": "function", "function": function}


def _function_of(item: shapes.Object) -> shapes.Object:
    """Where a tool call keeps its name and arguments."""
    return shapes.obj(item.get("function") or item.get("custom")) or item


def _calls_of(message: shapes.Object) -> list[shapes.Object]:
    if message.get("tool_calls"):
        return shapes.objects(message["tool_calls"])
    return [{"index": 0, "function": message["function_call"]}] if shapes.obj(message.get("function_call")) else []


def _is_bare_error(body: shapes.Object) -> bool:
    """Whether a body without choices is an error that stands outside any `error`."""
    return bool(body.get("message") or body.get("detail")) and bool({"code", "type", "status", "detail"} & body.keys())


def _merge_details(kept: list[shapes.Object], more: list[shapes.Object]) -> None:
    """Reasoning details as OpenRouter streams them: pieces of one index and type belong together."""
    for piece in more:
        last = kept[-1] if kept else {}
        if not last or last.get("index") != piece.get("index") or last.get("type") != piece.get("type"):
            kept.append(dict(piece))
            continue
        for key, value in piece.items():
            if key in {"text", "summary", "data"} and isinstance(value, str):
                last[key] = shapes.text(last.get(key)) + value
            elif value:
                last[key] = value
