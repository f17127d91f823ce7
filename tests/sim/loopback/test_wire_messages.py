from __future__ import annotations

import pytest
from anthropic import BadRequestError, RateLimitError

from ergos.sim.loopback.wire_messages import MessagesWire
from ergos.sim.loopback.wires import FaultError
from tests.sim.loopback.stage import QUESTION, WEATHER, Stage, on_stage

TOOLS = [{"name": name, "description": "d", "input_schema": WEATHER} for name in ("look", "book")]
USER = {"role": "user", "content": QUESTION}


def body(*messages: object, **more: object) -> dict[str, object]:
    return {"model": "m", "max_tokens": 100, "messages": list(messages), **more}


def test_the_vendors_client_reads_an_answer() -> None:
    async def play(stage: Stage) -> object:
        return await stage.anthropic.messages.create(model="m", max_tokens=5, messages=[USER], system="Be kind.")

    reply = on_stage(play)
    assert reply.stop_reason == "max_tokens"
    assert reply.usage.output_tokens == 5
    assert reply.usage.cache_read_input_tokens == reply.usage.cache_creation_input_tokens == 0
    assert len(reply.content[0].text) == 20


@pytest.mark.parametrize(
    "directive", ["tools=0", "parallel=2", "refuse", "tools=0 reasoning=6", 'say="one two" tools=0']
)
def test_the_vendors_client_reads_the_same_from_a_stream(directive: str) -> None:
    async def play(stage: Stage) -> None:
        asked = body(
            {"role": "user", "content": f"{QUESTION} [[mind: {directive}]]"}, tools=TOOLS, stop_sequences=["two"]
        )
        whole = await stage.anthropic.messages.create(**asked)
        async with stage.anthropic.messages.stream(**asked) as stream:
            streamed = await stream.get_final_message()
        assert [block.model_dump() for block in streamed.content] == [block.model_dump() for block in whole.content]
        assert (streamed.stop_reason, streamed.stop_sequence) == (whole.stop_reason, whole.stop_sequence)
        assert streamed.usage.output_tokens == whole.usage.output_tokens
        assert streamed.usage.input_tokens == whole.usage.input_tokens
        assert streamed.id == whole.id

    on_stage(play)


def test_a_stop_word_is_named() -> None:
    async def play(stage: Stage) -> object:
        asked = body({"role": "user", "content": '[[mind: say="one two"]]'}, stop_sequences=["two"])
        return await stage.anthropic.messages.create(**asked)

    reply = on_stage(play)
    assert (reply.stop_reason, reply.stop_sequence, reply.content[0].text) == ("stop_sequence", "two", "one ")


def test_the_events_come_in_the_vendors_order() -> None:
    async def play(stage: Stage) -> str:
        return (await stage.post("/v1/messages", body(USER, stream=True))).text

    events = [event.split("\n")[0].removeprefix("event: ") for event in on_stage(play).strip().split("\n\n")]
    assert events[:3] == ["message_start", "content_block_start", "ping"]
    assert events[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert set(events[3:-3]) == {"content_block_delta"}


def test_a_two_tool_conversation_ends_in_words() -> None:
    async def play(stage: Stage) -> tuple[str, list[str]]:
        messages: list[object] = [USER]
        called: list[str] = []
        for _ in range(10):
            reply = await stage.anthropic.messages.create(**body(*messages, tools=TOOLS))
            calls = [block for block in reply.content if block.type == "tool_use"]
            if not calls:
                return reply.content[0].text, called
            called += [call.name for call in calls]
            messages.append({"role": "assistant", "content": reply.content})
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": "21 degrees"} for call in calls]
            messages.append({"role": "user", "content": results})
        raise AssertionError(messages)

    text, called = on_stage(play)
    assert called == ["look", "book", "look"]
    assert "21 degrees" in text


def test_an_answer_with_a_schema_is_data() -> None:
    async def play(stage: Stage) -> str:
        form = {"format": {"type": "json_schema", "schema": WEATHER}}
        reply = await stage.anthropic.messages.create(**body(USER, output_config=form))
        return reply.content[0].text

    assert '"city":"Lisbon"' in on_stage(play)


def test_caching_counts_only_where_it_was_asked_for() -> None:
    long = {
        "role": "user",
        "content": [{"type": "text", "text": QUESTION * 30, "cache_control": {"type": "ephemeral"}}],
    }

    async def play(stage: Stage) -> tuple[object, object]:
        first = await stage.anthropic.messages.create(**body(long))
        more = [long, {"role": "assistant", "content": first.content[0].text}, USER]
        return first.usage, (await stage.anthropic.messages.create(**body(*more))).usage

    first, second = on_stage(play)
    assert first.cache_read_input_tokens == 0
    assert first.cache_creation_input_tokens > 0
    assert second.cache_read_input_tokens > 0


def test_tokens_are_counted_as_they_will_be_charged() -> None:
    async def play(stage: Stage) -> tuple[int, int]:
        counted = await stage.anthropic.messages.count_tokens(model="m", messages=[USER], system="x")
        used = await stage.anthropic.messages.create(**body(USER, system="x"))
        return counted.input_tokens, used.usage.input_tokens

    counted, used = on_stage(play)
    assert counted == used


RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]}
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"model": "m", "messages": [USER]}, "max_tokens: Field required"),
        ({"max_tokens": 1, "messages": [USER]}, "model: Field required"),
        (body(), "at least one message"),
        (body(USER, max_tokens=0), "greater than or equal to 1"),
        (body({"role": "system", "content": "x"}), "'user' or 'assistant'"),
        (body({"role": "user", "content": [{"type": "smell"}]}), "smell"),
        (body(USER, RESULT), "unexpected `tool_use_id`"),
        (body(USER, USE, USER), "without `tool_result` blocks immediately after: t"),
        (body(USER, USE), "without `tool_result` blocks immediately after: t"),
        (body({"role": "user", "content": 5}), "content"),
    ],
)
def test_what_the_vendor_refuses_is_refused(asked: dict[str, object], words: str) -> None:
    with pytest.raises(FaultError) as caught:
        MessagesWire().read(asked)
    assert words in caught.value.fault.message + (caught.value.fault.param or "")


def test_a_result_that_follows_its_call_is_read() -> None:
    asked = MessagesWire().read(body(USER, USE, RESULT, tools=TOOLS, tool_choice={"type": "any"}))
    assert asked.request.tool_choice == "required"
    assert len(asked.request.messages) == 3


def test_the_vendors_client_raises_its_own_errors() -> None:
    async def play(stage: Stage) -> None:
        with pytest.raises(BadRequestError) as caught:
            await stage.anthropic.messages.create(**body(USER, USE))
        assert caught.value.body["error"]["type"] == "invalid_request_error"
        with pytest.raises(RateLimitError) as limited:
            await stage.anthropic.messages.create(**body({"role": "user", "content": "[[mind: fail=429 retry=7]]"}))
        assert limited.value.body["error"]["type"] == "rate_limit_error"
        assert limited.value.response.headers["retry-after"] == "7"

    on_stage(play)
