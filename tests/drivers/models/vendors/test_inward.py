from __future__ import annotations

from pydantic_ai.messages import (
    FilePart,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ToolCallPart,
    ToolCallPartDelta,
)

from ergos.drivers.models.vendors.inward import Listener, argument_text, reply_of
from ergos.drivers.models.vendors.reading import Notes
from ergos.kernel.models import Media, Reasoning, Text, TextDelta, ToolCall, ToolCallDelta


def notes(mark: str, **seals: str) -> Notes:
    found = Notes(1, mark=mark)
    found.seals.update(seals)
    return found


def test_a_chats_reasoning_remembers_its_field_and_its_place() -> None:
    response = ModelResponse([ThinkingPart("hm", id="reasoning_content", provider_name="x"), TextPart("a")])
    assert reply_of(response, notes("chat@x"), "chat").parts == (
        Reasoning("hm", "chat@x|reasoning_content|"),
        Text("a"),
    )


def test_thoughts_that_nobody_may_read_are_kept_sealed() -> None:
    response = ModelResponse(
        [
            ThinkingPart("", id="redacted_thinking", signature="data", provider_name="x"),
            ThinkingPart("hm", signature="seal", provider_name="x"),
        ]
    )
    assert reply_of(response, notes("anthropic"), "anthropic").parts == (
        Reasoning("", "anthropic|redacted|data"),
        Reasoning("hm", "seal"),
    )


def test_an_items_id_and_phase_are_kept_where_they_matter() -> None:
    response = ModelResponse(
        [TextPart("a", id="m1", provider_name="x"), ToolCallPart("look", "{}", "c", id="f1", provider_name="x")]
    )
    assert reply_of(response, notes("responses@x"), "responses").parts == (Text("a"), ToolCall("c", "look", "{}"))
    kept = reply_of(response, notes("responses@x", **{"phase:m1": "commentary"}), "responses").parts
    assert kept == (Reasoning("", "responses@x|item:m1|commentary"), Text("a"), ToolCall("c", "look", "{}"))
    thought = ModelResponse([ThinkingPart("hm", id="rs", provider_name="x"), *response.parts])
    assert [
        part.signature
        for part in reply_of(thought, notes("responses@x"), "responses").parts
        if isinstance(part, Reasoning)
    ] == ["responses@x|rs|", "responses@x|item:m1|", "responses@x|item:f1|"]


def test_a_calls_seal_stands_before_it() -> None:
    response = ModelResponse([ToolCallPart("look", {"at": "ü"}, "c")])
    assert reply_of(response, notes("google@g", c="google@g||s"), "google").parts == (
        Reasoning("", "google@g||s"),
        ToolCall("c", "look", '{"at": "ü"}'),
    )


def test_the_answer_tool_is_the_words() -> None:
    response = ModelResponse([ToolCallPart("answer", {"n": 1}, "c")])
    found = notes("anthropic")
    found.stop = "tools"
    reply = reply_of(response, found, "anthropic", "answer")
    assert (reply.parts, reply.stop) == ((Text('{"n": 1}'),), "stop")


def test_without_a_reason_to_stop_the_parts_tell_it() -> None:
    assert reply_of(ModelResponse([TextPart("a")]), notes("chat@x"), "chat").stop == "stop"
    assert reply_of(ModelResponse([ToolCallPart("look", "{}", "c")]), notes("chat@x"), "chat").stop == "tools"


def test_media_comes_last_and_a_part_nobody_knows_is_left_out() -> None:
    from pydantic_ai import BinaryContent

    found = notes("google@g")
    found.media.append(Media("image", data="AAAA"))
    response = ModelResponse([FilePart(BinaryContent(b"x", media_type="image/png")), TextPart("a"), TextPart("")])
    assert reply_of(response, found, "google").parts == (Text("a"), Media("image", data="AAAA"))


def test_no_arguments_are_an_empty_object_only_where_arguments_are_objects() -> None:
    assert [argument_text(None, wire) for wire in ("chat", "responses", "anthropic", "google")] == ["", "", "{}", "{}"]


def test_a_listener_counts_the_calls_of_a_reply() -> None:
    heard: list = []
    listener = Listener(heard.append, "chat")
    listener.hear(PartStartEvent(index=0, part=TextPart("a")))
    listener.hear(PartDeltaEvent(index=0, delta=TextPartDelta("b")))
    listener.hear(PartDeltaEvent(index=0, delta=TextPartDelta("")))
    listener.hear(PartStartEvent(index=1, part=ToolCallPart("look", None, "c")))
    listener.hear(PartStartEvent(index=2, part=ToolCallPart("see", '{"x"', "d")))
    listener.hear(PartDeltaEvent(index=2, delta=ToolCallPartDelta(args_delta=":1}")))
    listener.hear(PartDeltaEvent(index=1, delta=ToolCallPartDelta(args_delta="{}")))
    assert heard == [
        TextDelta("a"),
        TextDelta("b"),
        ToolCallDelta(0, "c", "look"),
        ToolCallDelta(1, "d", "see", '{"x"'),
        ToolCallDelta(1, arguments=":1}"),
        ToolCallDelta(0, arguments="{}"),
    ]


def test_a_listener_tells_the_answer_tool_as_words() -> None:
    heard: list = []
    listener = Listener(heard.append, "anthropic", "answer")
    listener.hear(PartStartEvent(index=0, part=ToolCallPart("answer", None, "c")))
    listener.hear(PartDeltaEvent(index=0, delta=ToolCallPartDelta(args_delta='{"n": 1}')))
    assert heard == [TextDelta('{"n": 1}')]
