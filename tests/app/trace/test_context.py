"""What a model saw is shown exactly, each part with where it came from, and what had to be left out."""

from __future__ import annotations

import msgspec

from ergos.app.access.seat import Seat
from ergos.app.trace.context import Context, context_of, request_of, shown_request
from ergos.app.trace.reading import call, window
from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.kernel.models import Message, ModelRequest, Text
from tests.app.trace.conftest import See


def contexts(see: See[list[Context]]) -> list[Context]:
    async def look(seat: Seat) -> list[Context]:
        found: list[Context] = []
        for span in (await window(seat, Pid(1), 1)).spans:
            one, before = await call(seat, Pid(1), 1, span.seq)
            context = await context_of(seat, one, before)
            if context is not None:
                found.append(context)
        return found

    return see(look)


def test_the_messages_are_those_that_were_sent(see: See[list[Context]]):
    first, second = contexts(see)
    assert [(one.role, [part.text for part in one.parts]) for one in first.messages] == [
        ("user", ["Does one need an umbrella in Oslo?"])
    ]
    assert first.request is not None
    assert [tool.name for tool in first.request.tools] == ["weather"]
    assert [one.role for one in second.messages] == ["user", "assistant", "tool"]
    assert second.reply is not None
    assert second.reply.text == "It rains: take an umbrella."
    assert second.reply.usage.known


def test_each_part_says_where_it_came_from_and_how_good_that_is(see: See[list[Context]]):
    _, second = contexts(see)
    asked, wanted, came = (one.parts[0] for one in second.messages)
    assert (asked.label.integrity, asked.known) == ("user", True), "said before anything untrusted was read"
    assert (wanted.kind, wanted.origin, wanted.name) == ("tool_call", "model", "weather")
    assert (came.kind, came.origin, came.label.integrity, came.label.modelled) == (
        "tool_result",
        "answer",
        "untrusted",
        False,
    )
    assert came.seq > 0


def test_other_wire_formats_are_read_and_what_cannot_be_read_is_shown_raw():
    body: Plain = {"model": "x", "messages": [{"role": "user", "content": "hi"}]}
    request, why = request_of("openai.chat", body)
    assert request is not None
    assert (request.messages, why) == ((Message("user", (Text("hi"),)),), "")
    wrong: list[tuple[str, Plain]] = [
        ("neutral", None),
        ("neutral", {"messages": 3}),
        ("openai.chat", {"messages": []}),
        ("?", {}),
    ]
    for dialect, odd in wrong:
        found, why = request_of(dialect, odd)
        assert found is None
        assert why


def test_what_the_pager_left_out_is_said(see: See[int]):
    request = ModelRequest(messages=(Message("user", (Text("go"), Text("[7 earlier messages are not shown]"))),))

    async def look(seat: Seat) -> int:
        span = (await window(seat, Pid(1), 1)).spans[0]
        args = {**span.call.args, "body": msgspec.Raw(msgspec.json.encode(request))}
        span.call = msgspec.structs.replace(span.call, args=args)
        found = await context_of(seat, span, ())
        assert found is not None
        assert found.messages[0].parts[1].origin == "pager"
        return found.notice

    assert see(look) == 7


def test_a_prompt_that_is_not_stored_has_the_label_of_its_call(see: See[str]):
    async def look(seat: Seat) -> str:
        span = (await window(seat, Pid(1), 1)).spans[2]
        request = ModelRequest(messages=(Message("system", (Text("do it"),)),))
        part = shown_request(request, span).messages[0].parts[0]
        assert not part.known
        return part.label.integrity

    assert see(look) == "untrusted"
