"""What was recorded comes back as it was; what was not is an error that shows the nearest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.base.errors import DeadlineError
from ergos.base.world_errors import ModelError, ModelRequestError, RateLimitedError
from ergos.drivers.models.recorded import Exchange, RecordedModel, RecordingModel, exchanges_in
from ergos.drivers.models.scripted import ScriptedAnswer, ScriptedCall, ScriptedModel
from ergos.kernel.models import (
    Delta,
    EndpointSpec,
    Media,
    Message,
    ModelRequest,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolDefinition,
    ToolResult,
)

SPEC = EndpointSpec(name="tape", model="m", dialect="neutral")
TOOL = ToolDefinition("add", "adds", {"type": "object", "properties": {"a": {"type": "integer"}}})


def asking(text: str, **wanted: object) -> ModelRequest:
    return ModelRequest(messages=(Message("user", (Text(text),)),), **wanted)  # type: ignore[arg-type]


def recorded(file: Path, *requests: ModelRequest, stream: bool = True) -> list[tuple[Reply | str, list[Delta]]]:
    """What a script answered while it was recorded."""
    script = [
        ScriptedAnswer(when="sum", calls=(ScriptedCall(name="add", arguments={"a": 1}),)),
        ScriptedAnswer(when="busy", fail="limited", say="slow down"),
        ScriptedAnswer(when="", times=1, say="first"),
        ScriptedAnswer(when="", times=9, say="你好 you"),
    ]
    model = RecordingModel(ScriptedModel(SPEC, script), file)

    async def scene() -> list[tuple[Reply | str, list[Delta]]]:
        came: list[tuple[Reply | str, list[Delta]]] = []
        for request in requests:
            pieces: list[Delta] = []
            try:
                reply: Reply | str = await model.request(
                    request, deadline_ns=1, on_delta=pieces.append if stream else None
                )
            except ModelError as error:
                reply = error.code
            came.append((reply, pieces))
        return came

    return asyncio.run(scene())


def played(file: Path, *requests: ModelRequest, stream: bool = True) -> list[tuple[Reply | str, list[Delta]]]:
    model = RecordedModel(SPEC, exchanges_in(file))

    async def scene() -> list[tuple[Reply | str, list[Delta]]]:
        came: list[tuple[Reply | str, list[Delta]]] = []
        for request in requests:
            pieces: list[Delta] = []
            try:
                reply: Reply | str = await model.request(
                    request, deadline_ns=1, on_delta=pieces.append if stream else None
                )
            except ModelError as error:
                reply = error.code
            came.append((reply, pieces))
        return came

    return asyncio.run(scene())


REQUESTS = (
    asking("hi"),
    asking("the sum?", tools=(TOOL,), tool_choice="required"),
    asking("busy"),
    ModelRequest(
        messages=(
            Message("system", (Text("be brief"),)),
            Message("user", (Text("look"), Media("image", "image/png", data="aGk="))),
            Message("assistant", (ToolCall("c", "add", "{bad"),)),
            Message("tool", (ToolResult("c", "2", "add", media=(Media("image", url="x"),)),)),
        ),
        output_schema={"type": "object"},
        temperature=0.5,
        stop=("x",),
    ),
)


@pytest.mark.parametrize("stream", [True, False])
def test_a_recording_answers_as_the_model_did(tmp_path: Path, stream: bool):
    file = tmp_path / "deep" / "tape.jsonl"
    came = recorded(file, *REQUESTS, stream=stream)
    assert came[2][0] == RateLimitedError.code
    assert played(file, *REQUESTS, stream=stream) == came
    assert played(file, *reversed(REQUESTS), stream=stream) == came[::-1]


def test_a_recording_made_without_a_stream_streams_whole_parts(tmp_path: Path):
    file = tmp_path / "tape.jsonl"
    recorded(file, asking("hi"), stream=False)
    ((reply, pieces),) = played(file, asking("hi"))
    assert isinstance(reply, Reply)
    assert pieces == [TextDelta(reply.text)]


def test_the_nth_time_has_the_nth_answer_and_then_the_last(tmp_path: Path):
    file = tmp_path / "tape.jsonl"
    recorded(file, asking("hi"), asking("hi"))
    said = [reply.text for reply, _ in played(file, *[asking("hi")] * 4) if isinstance(reply, Reply)]
    assert said == ["first", "你好 you", "你好 you", "你好 you"]


def test_a_failure_comes_back_as_it_was(tmp_path: Path):
    file = tmp_path / "tape.jsonl"
    recorded(file, asking("busy"))
    model = RecordedModel(SPEC, exchanges_in(file))
    with pytest.raises(RateLimitedError, match="slow down") as caught:
        asyncio.run(model.request(asking("busy"), deadline_ns=1))
    assert caught.value.status == 429


def test_an_unknown_request_is_an_error_that_shows_the_nearest(tmp_path: Path):
    file = tmp_path / "tape.jsonl"
    recorded(file, asking("What is the weather in Oslo?"), asking("Tell me a joke"))
    model = RecordedModel(SPEC, exchanges_in(file))
    with pytest.raises(ModelRequestError) as caught:
        asyncio.run(model.request(asking("What is the weather in Bergen?"), deadline_ns=1))
    assert "in Oslo?" in caught.value.what
    assert "in Bergen?" in caught.value.what
    assert "joke" not in caught.value.what


@pytest.mark.parametrize("change", [{"temperature": 0.1}, {"output_tokens_max": 9}, {"tools": (TOOL,)}])
def test_a_request_that_differs_in_anything_is_another(tmp_path: Path, change: dict[str, object]):
    file = tmp_path / "tape.jsonl"
    recorded(file, asking("hi"))
    assert played(file, asking("hi", **change))[0][0] == ModelRequestError.code


def test_an_empty_recording_says_so(tmp_path: Path):
    file = tmp_path / "tape.jsonl"
    file.write_bytes(b"\n \n")
    with pytest.raises(ModelRequestError, match="nothing recorded"):
        asyncio.run(RecordedModel(SPEC, exchanges_in(file)).request(asking("hi"), deadline_ns=1))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("{", "line 1"),
        ('{"request": {"messages": []}}', "neither"),
        ('{"request": {"messages": [{"role": "boss", "parts": []}]}, "reply": {"parts": []}}', "line 1"),
        ("[" * 50_000, "line 1"),
    ],
)
def test_a_line_that_is_no_exchange_is_named(tmp_path: Path, text: str, part: str):
    file = tmp_path / "tape.jsonl"
    file.write_text(text)
    with pytest.raises(ModelError) as caught:
        exchanges_in(file)
    assert str(file) in caught.value.what
    assert part in caught.value.what


def test_a_missing_recording_is_an_error(tmp_path: Path):
    with pytest.raises(ModelError, match=r"none\.jsonl"):
        exchanges_in(tmp_path / "none.jsonl")


def test_a_recording_that_cannot_be_written_is_an_error(tmp_path: Path):
    model = RecordingModel(ScriptedModel(SPEC, [ScriptedAnswer(say="x")]), tmp_path)
    with pytest.raises(ModelError, match="cannot be written"):
        asyncio.run(model.request(asking("hi"), deadline_ns=1))


def test_what_was_called_off_is_not_recorded(tmp_path: Path):
    class Late:
        spec = SPEC

        async def request(self, request, **_):
            raise DeadlineError("late")

    file = tmp_path / "tape.jsonl"
    with pytest.raises(DeadlineError):
        asyncio.run(RecordingModel(Late(), file).request(asking("hi"), deadline_ns=1))
    assert not file.exists()


def test_parallel_calls_are_written_whole(tmp_path: Path):
    file = tmp_path / "tape.jsonl"
    model = RecordingModel(ScriptedModel(SPEC, lambda request: Reply(parts=(Text("x" * 50_000),))), file)

    async def scene() -> None:
        await asyncio.gather(*(model.request(asking(str(number)), deadline_ns=1) for number in range(20)))

    asyncio.run(scene())
    found = exchanges_in(file)
    assert len(found) == 20
    assert all(isinstance(one, Exchange) and one.reply is not None for one in found)
