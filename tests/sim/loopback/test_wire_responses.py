from __future__ import annotations

import pytest
from openai import BadRequestError
from pydantic import BaseModel

from ergos.sim.loopback.wire_responses import ResponsesWire
from ergos.sim.loopback.wires import FaultError
from tests.sim.loopback.stage import QUESTION, WEATHER, Stage, on_stage

TOOLS = [{"type": "function", "name": name, "parameters": WEATHER, "strict": True} for name in ("look", "book")]


class Trip(BaseModel):
    city: str
    days: int


def test_the_vendors_client_reads_an_answer() -> None:
    async def play(stage: Stage) -> object:
        return await stage.openai.responses.create(
            model="m", input=QUESTION, instructions="Be kind.", max_output_tokens=5
        )

    reply = on_stage(play)
    assert reply.status == "incomplete"
    assert reply.incomplete_details.reason == "max_output_tokens"
    assert len(reply.output_text) == 20
    assert reply.usage.output_tokens == 5
    assert reply.usage.input_tokens_details.cached_tokens == 0
    assert reply.instructions == "Be kind."


@pytest.mark.parametrize("directive", ["tools=0", "parallel=2", "refuse", "tools=0 reasoning=6"])
def test_the_vendors_client_reads_the_same_from_a_stream(directive: str) -> None:
    async def play(stage: Stage) -> None:
        body = {"model": "m", "input": f"{QUESTION} [[mind: {directive}]]", "tools": TOOLS}
        whole = await stage.openai.responses.create(**body)
        async with stage.openai.responses.stream(**body) as stream:
            kinds = [event.type async for event in stream]
            streamed = await stream.get_final_response()
        assert streamed.model_dump(exclude={"output"}) == whole.model_dump(exclude={"output"})
        assert [item.type for item in streamed.output] == [item.type for item in whole.output]
        assert streamed.output_text == whole.output_text
        assert kinds[:2] == ["response.created", "response.in_progress"]
        assert kinds[-1] == "response.completed"

    on_stage(play)


def test_the_events_are_numbered_and_every_item_is_added_and_done() -> None:
    async def play(stage: Stage) -> list[object]:
        stream = await stage.openai.responses.create(
            model="m", input=f"{QUESTION} [[mind: tools=0 reasoning=5]]", tools=TOOLS, stream=True
        )
        return [event async for event in stream]

    events = on_stage(play)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    added = [event.item.id for event in events if event.type == "response.output_item.added"]
    done = [event.item.id for event in events if event.type == "response.output_item.done"]
    assert added == done
    assert [item.id for item in events[-1].response.output] == added
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text


def test_a_two_tool_conversation_ends_with_data_of_its_schema() -> None:
    async def play(stage: Stage) -> Trip:
        said: list[object] = [{"role": "user", "content": QUESTION}]
        for _ in range(10):
            reply = await stage.openai.responses.parse(model="m", input=said, tools=TOOLS, text_format=Trip)
            calls = [item for item in reply.output if item.type == "function_call"]
            if not calls:
                return reply.output_parsed
            said += [
                {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
                for call in calls
            ]
            said += [
                {"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees"} for call in calls
            ]
        raise AssertionError(said)

    assert on_stage(play).city == "Lisbon"


def test_a_conversation_goes_on_by_the_id_of_a_reply() -> None:
    async def play(stage: Stage) -> None:
        first = await stage.openai.responses.create(model="m", input=QUESTION, tools=TOOLS)
        call = first.output[0]
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees"}
        again = await stage.openai.responses.create(
            model="m", input=[output], tools=TOOLS, previous_response_id=first.id
        )
        assert again.output[0].name == "book"
        assert again.usage.input_tokens > first.usage.input_tokens
        with pytest.raises(BadRequestError) as caught:
            await stage.openai.responses.create(model="m", input="x", previous_response_id="resp_none")
        assert caught.value.code == "previous_response_not_found"

    on_stage(play)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"input": "x"}, "model"),
        ({"model": "m"}, "input"),
        ({"model": "m", "input": [{"role": "robot", "content": "x"}]}, "robot"),
        ({"model": "m", "input": [{"type": "smell"}]}, "smell"),
        ({"model": "m", "input": [{"role": "user", "content": [{"type": "smell"}]}]}, "smell"),
        ({"model": "m", "input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}, "call_id c"),
        (
            {"model": "m", "input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]},
            "function call c",
        ),
        ({"model": "m", "input": "x", "text": {"format": {"type": "json_schema"}}}, "schema"),
        ({"model": 1, "input": "x"}, "model"),
    ],
)
def test_what_the_vendor_refuses_is_refused(body: dict[str, object], words: str) -> None:
    with pytest.raises(FaultError) as caught:
        ResponsesWire().read(body)
    assert words in caught.value.fault.message + (caught.value.fault.param or "")


def test_what_one_reply_was_made_of_is_one_message_again() -> None:
    call = {"type": "function_call", "name": "f", "arguments": "{}"}
    asked = ResponsesWire().read(
        {
            "model": "m",
            "input": [
                {
                    "role": "user",
                    "content": [{"type": "input_text", "text": "x"}, {"type": "input_image", "image_url": "u"}],
                },
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                {**call, "call_id": "a"},
                {**call, "call_id": "b"},
                {"type": "function_call_output", "call_id": "b", "output": "1"},
                {"type": "function_call_output", "call_id": "a", "output": [{"type": "input_text", "text": "2"}]},
            ],
            "text": {"format": {"type": "json_object"}},
            "tool_choice": {"type": "function", "name": "f"},
        }
    )
    assert [message.role for message in asked.request.messages] == ["user", "assistant", "tool", "tool"]
    assert len(asked.request.messages[1].parts) == 3
    assert asked.request.tool_choice == "f"
    assert asked.request.output_schema is not None
