from __future__ import annotations

import pytest
from openai import BadRequestError
from pydantic import BaseModel

from ergos.sim.loopback.wire_chat import ChatWire
from ergos.sim.loopback.wires import FaultError
from tests.sim.loopback.stage import QUESTION, Stage, chat, chat_tool, on_stage

USER = {"role": "user", "content": QUESTION}


class Trip(BaseModel):
    city: str
    days: int


def test_the_vendors_client_reads_an_answer() -> None:
    async def play(stage: Stage) -> object:
        return await stage.openai.chat.completions.create(model="m", messages=[USER], max_tokens=5)

    reply = on_stage(play)
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.completion_tokens == 5
    assert reply.usage.prompt_tokens_details.cached_tokens == 0
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + 5
    assert len(reply.choices[0].message.content) == 20


def test_the_vendors_client_reads_the_same_from_a_stream() -> None:
    async def play(stage: Stage) -> tuple[object, ...]:
        body = {"model": "m", "messages": [USER], "tools": [chat_tool()]}
        for directive in ("[[mind: tools=0]]", "[[mind: parallel=2]]", "[[mind: refuse reasoning=3]]"):
            body["messages"] = [{"role": "user", "content": QUESTION + directive}]
            whole = await stage.openai.chat.completions.create(**body)
            async with stage.openai.chat.completions.stream(**body, stream_options={"include_usage": True}) as stream:
                streamed = await stream.get_final_completion()
            assert streamed.choices[0].message.content == whole.choices[0].message.content
            assert streamed.choices[0].message.refusal == whole.choices[0].message.refusal
            calls = [
                [
                    (call.id, call.function.name, call.function.arguments)
                    for call in got.choices[0].message.tool_calls or []
                ]
                for got in (whole, streamed)
            ]
            assert calls[0] == calls[1]
            assert streamed.choices[0].finish_reason == whole.choices[0].finish_reason
            assert streamed.usage == whole.usage
            assert streamed.id == whole.id
        return ()

    on_stage(play)


def test_usage_comes_in_a_stream_only_when_asked_for() -> None:
    async def play(stage: Stage) -> tuple[str, str]:
        plain = await stage.chat(QUESTION, stream=True)
        asked = await stage.chat(QUESTION, stream=True, stream_options={"include_usage": True})
        return plain.text, asked.text

    plain, asked = on_stage(play)
    assert "usage" not in plain
    events = asked.strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    assert '"choices":[],"usage":{' in events[-2]
    assert all('"usage":null' in event for event in events[:-2])
    assert plain.endswith("data: [DONE]\n\n")


def test_a_two_tool_conversation_ends_with_data_of_its_schema() -> None:
    async def play(stage: Stage) -> tuple[Trip, int]:
        messages: list[object] = [USER]
        for turns in range(10):
            reply = await stage.openai.chat.completions.parse(
                model="m", messages=messages, tools=[strict_tool("a"), strict_tool("b")], response_format=Trip
            )
            message = reply.choices[0].message
            if not message.tool_calls:
                return message.parsed, turns
            messages.append(message)
            messages += [
                {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"} for call in message.tool_calls
            ]
        raise AssertionError(messages)

    trip, turns = on_stage(play)
    assert trip.city == "Lisbon"
    assert turns == 3


def strict_tool(name: str) -> dict[str, object]:
    tool = chat_tool(name)
    tool["function"]["strict"] = True  # type: ignore[index]
    return tool


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": []}, "empty array"),
        ({"messages": [USER]}, "model"),
        (chat("x", max_tokens=0), "minimum"),
        (chat("x", temperature="hot"), "temperature"),
        ({"model": "m", "messages": [{"role": "robot", "content": "x"}]}, "robot"),
        ({"model": "m", "messages": [{"role": "user", "content": None}]}, "content"),
        ({"model": "m", "messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "Content blocks"),
        ({"model": "m", "messages": [USER, {"role": "tool", "tool_call_id": "c", "content": "x"}]}, "preceeding"),
        (
            {
                "model": "m",
                "messages": [
                    {
                        "role": "assistant",
                        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                    },
                    USER,
                ],
            },
            "did not have response messages: c",
        ),
        (chat("x", tools=[{"type": "function"}]), "tools[0].function"),
        (chat("x", response_format={"type": "json_schema"}), "json_schema"),
    ],
)
def test_what_the_vendor_refuses_is_refused_in_its_form(body: dict[str, object], words: str) -> None:
    with pytest.raises(FaultError) as caught:
        ChatWire().read(body)
    assert caught.value.fault.status == 400
    assert words in caught.value.fault.message + (caught.value.fault.param or "")


def test_the_vendors_client_raises_its_own_error() -> None:
    async def play(stage: Stage) -> BadRequestError:
        with pytest.raises(BadRequestError) as caught:
            await stage.openai.chat.completions.create(model="m", messages=[])
        return caught.value

    error = on_stage(play)
    assert error.param == "messages"
    assert error.code == "empty_array"


def test_every_kind_of_content_is_read() -> None:
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
        {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
        {"type": "file", "file": {"file_data": "AA"}},
    ]
    asked = ChatWire().read(
        {
            "model": "m",
            "messages": [{"role": "developer", "content": "d"}, {"role": "user", "content": parts}],
            "stop": "end",
            "n": 2,
            "priority": 3,
            "tool_choice": {"type": "function", "function": {"name": "f"}},
        }
    )
    assert [message.role for message in asked.request.messages] == ["system", "user"]
    assert len(asked.request.messages[1].parts) == 4
    assert (asked.request.stop, asked.choices, asked.priority, asked.request.tool_choice) == (("end",), 2, 3, "f")


def test_several_choices_come_where_they_are_asked_for() -> None:
    async def play(stage: Stage) -> object:
        return await stage.openai.chat.completions.create(model="m", messages=[USER], n=3)

    assert [choice.index for choice in on_stage(play).choices] == [0, 1, 2]
