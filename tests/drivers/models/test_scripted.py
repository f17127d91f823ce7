"""A script's answers come in its order and by its conditions; where it says nothing, that is an error."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.drivers.models.scripted import ScriptedAnswer, ScriptedModel, script_in
from ergos.kernel.models import (
    Delta,
    EndpointSpec,
    Message,
    ModelRequest,
    Reasoning,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
)

SPEC = EndpointSpec(name="toy", model="m", dialect="neutral")


def asking(text: str, **wanted: object) -> ModelRequest:
    return ModelRequest(messages=(Message("user", (Text(text),)),), **wanted)  # type: ignore[arg-type]


def model(folder: Path, script: str) -> ScriptedModel:
    file = folder / "script.toml"
    file.write_text(script, encoding="utf-8")
    return ScriptedModel(SPEC, script_in(file))


def answer(model: ScriptedModel, request: ModelRequest | str) -> Reply:
    asked = asking(request) if isinstance(request, str) else request
    return asyncio.run(model.request(asked, deadline_ns=1))


def test_answers_without_a_condition_come_in_order_once_each(tmp_path: Path):
    toy = model(tmp_path, '[[answers]]\nsay = "one"\n[[answers]]\nsay = "two"\ntimes = 2')
    assert [answer(toy, "x").text for _ in range(3)] == ["one", "two", "two"]
    with pytest.raises(ModelReplyError, match="no answer to 'x'"):
        answer(toy, "x")


def test_the_first_answer_that_fits_is_given_and_again(tmp_path: Path):
    toy = model(
        tmp_path,
        '[[answers]]\nwhen = "WEATHER"\nsay = "rain"\n[[answers]]\ntyped = true\nvalue = { a = [1, "b"] }\n'
        '[[answers]]\ntyped = false\nsay = "you said: {last}"',
    )
    assert answer(toy, "the weather?").text == answer(toy, "Weather!").text == "rain"
    assert answer(toy, "hi").text == "you said: hi"
    assert answer(toy, asking("hi", output_schema={})).text == '{"a":[1,"b"]}'


def test_a_tool_is_called_and_what_it_answers_is_heard(tmp_path: Path):
    toy = model(
        tmp_path,
        '[[answers]]\nafter = "forecast"\nsay = "It will be {last}."\n'
        '[[answers]]\nwhen = "oslo"\nthink = "hm"\nsay = "Looking."\ncalls = [{ name = "forecast", arguments = { city = "Oslo" } }]',
    )
    asked = asking("Oslo?")
    reply = answer(toy, asked)
    assert reply.parts == (Reasoning("hm"), Text("Looking."), reply.calls[0])
    assert reply.stop == "tools"
    assert (reply.calls[0].name, reply.calls[0].arguments) == ("forecast", '{"city":"Oslo"}')
    for name in ("forecast", ""):  # some formats say the tool's name only in the call
        told = ModelRequest(
            messages=(
                *asked.messages,
                Message("assistant", reply.parts),
                Message("tool", (ToolResult(reply.calls[0].id, "snow", name),)),
            )
        )
        assert answer(toy, told).text == "It will be snow."


def test_calls_of_different_answers_have_different_ids(tmp_path: Path):
    toy = model(tmp_path, '[[answers]]\ntimes = 9\ncalls = [{ name = "f" }, { name = "f" }]')
    ids = [call.id for _ in range(3) for call in answer(toy, "x").calls]
    assert len(set(ids)) == 6


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [("failed", ModelError, 500), ("limited", RateLimitedError, 429), ("refused", ModelRequestError, 400)],
)
def test_a_script_can_fail_as_endpoints_do(tmp_path: Path, kind: str, error: type[ModelError], status: int):
    toy = model(tmp_path, f'[[answers]]\nfail = "{kind}"\n[[answers]]\nsay = "ok"')
    with pytest.raises(error) as caught:
        answer(toy, "x")
    assert type(caught.value) is error
    assert caught.value.status == status
    assert answer(toy, "x").text == "ok"


def test_it_streams_word_by_word_what_it_says(tmp_path: Path):
    toy = model(tmp_path, '[[answers]]\nsay = "one  two\\nthree "')
    pieces: list[Delta] = []
    reply = asyncio.run(toy.request(asking("x"), deadline_ns=1, on_delta=pieces.append))
    assert len(pieces) == 3
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == reply.text


def test_usage_is_known_and_counted(tmp_path: Path):
    usage = answer(model(tmp_path, '[[answers]]\nsay = "hello"'), "x" * 400).usage
    assert usage.known
    assert usage.input_tokens > 100 > usage.output_tokens > 0


def test_a_function_may_be_the_script():
    toy = ScriptedModel(SPEC, lambda request: Reply(parts=(Text(str(len(request.messages))),)))
    assert answer(toy, "x").text == "1"


def test_objects_may_be_the_script():
    toy = ScriptedModel(SPEC, [ScriptedAnswer(say="a")])
    assert answer(toy, "x").text == "a"
    assert toy.spec is SPEC


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("answers = 3", "array"),
        ("[[answers]]\nsya = 'x'", "sya"),
        ("[[answers]]\nfail = 'explode'", "explode"),
        ("[[answers]]\ncalls = [{ arguments = {} }]", "name"),
        ("[[answer]]\nsay = 'x'", "answer"),
        ("a = = b", "script"),
    ],
)
def test_a_wrong_script_says_where(tmp_path: Path, text: str, part: str):
    with pytest.raises(ModelError) as caught:
        model(tmp_path, text)
    assert part in caught.value.what
    assert "script.toml" in caught.value.what


def test_a_missing_script_is_an_error(tmp_path: Path):
    with pytest.raises(ModelError, match=r"none\.toml"):
        script_in(tmp_path / "none.toml")


def test_an_empty_conversation_is_answered():
    assert answer(ScriptedModel(SPEC, [ScriptedAnswer(say="a")]), ModelRequest(messages=())).text == "a"
    call = ToolCall("c", "f", "{}")
    request = ModelRequest(messages=(Message("assistant", (call,)), Message("tool", (ToolResult("other", "x"),))))
    with pytest.raises(ModelReplyError):
        answer(ScriptedModel(SPEC, [ScriptedAnswer(after="f", say="a")]), request)
