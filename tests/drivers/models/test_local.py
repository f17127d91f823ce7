"""A model file answers on this machine; without the library that is said plainly."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ergos.base.clock import SECOND, ManualClock
from ergos.base.errors import DeadlineError, PortMissingError
from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError
from ergos.drivers.models.local import LocalModel
from ergos.kernel.models import (
    Delta,
    EndpointSpec,
    Media,
    Message,
    ModelRequest,
    Text,
    TextDelta,
    ToolCall,
    ToolDefinition,
    ToolResult,
)
from ergos.kernel.usage import FREE_MODEL
from scripts.make_tiny_gguf import ALIGNMENT, run, tensors, tiny_gguf, vocabulary

HERE = importlib.util.find_spec("llama_cpp") is not None
needed = pytest.mark.skipif(not HERE, reason="llama-cpp-python is not installed: pip install 'ergos[local]'")
SPEC = EndpointSpec(
    name="tiny",
    model="tiny.gguf",
    dialect="neutral",
    local=True,
    price=FREE_MODEL,
    context_tokens=512,
    output_tokens_max=120,
)
TOOLS = (
    ToolDefinition("add", "Adds.", {"type": "object", "properties": {"a": {"enum": [1, 2]}}, "required": ["a"]}),
    ToolDefinition(
        "sub", "Subtracts.", {"type": "object", "properties": {"b": {"type": "boolean"}}, "required": ["b"]}
    ),
)
LATER = 60 * SECOND


def asking(text: str = "hello 你好", **wanted: object) -> ModelRequest:
    return ModelRequest(messages=(Message("user", (Text(text),)),), **{"temperature": 0.0, "seed": 3, **wanted})  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(tiny_gguf())
    return path


def play(file: Path, scene: Callable[[LocalModel], Awaitable[Any]]) -> Any:
    async def played() -> Any:
        model = LocalModel(SPEC, file, clock=ManualClock())
        try:
            return await scene(model)
        finally:
            await model.close()

    return asyncio.run(asyncio.wait_for(played(), 100))


def test_the_tiny_file_is_the_same_everywhere_and_whole(tmp_path: Path):
    made = tiny_gguf()
    assert made == tiny_gguf()
    magic, version, count, facts = struct.unpack_from("<4sIQQ", made)
    assert (magic, version, count, facts) == (b"GGUF", 3, len(list(tensors())), 21)
    assert len(made) < 400_000
    assert len(made) % ALIGNMENT == 0
    assert len({text for text, _, _ in vocabulary()}) == 260
    assert run([str(tmp_path / "x.gguf")]) == 0
    assert (tmp_path / "x.gguf").read_bytes() == made
    assert run([]) == 2


@pytest.mark.skipif(HERE, reason="llama-cpp-python is installed")
def test_without_the_library_it_is_said_what_to_install(file: Path):
    with pytest.raises(PortMissingError) as caught:
        play(file, lambda model: model.request(asking(), deadline_ns=LATER))
    assert "ergos[local]" in caught.value.what_to_do


def test_what_it_cannot_read_is_refused_before_the_file_is_opened(file: Path):
    image = ModelRequest(messages=(Message("user", (Text("look"), Media("image", url="x"))),))
    with pytest.raises(ModelRequestError, match="text only"):
        play(file, lambda model: model.request(image, deadline_ns=LATER))
    with pytest.raises(ModelRequestError, match="'nope'"):
        play(file, lambda model: model.request(asking(tools=TOOLS, tool_choice="nope"), deadline_ns=LATER))


def test_a_deadline_that_has_passed_ends_it(file: Path):
    with pytest.raises((DeadlineError, PortMissingError)):
        play(file, lambda model: model.request(asking(), deadline_ns=-1))


@needed
def test_it_answers_in_pieces_and_counts_tokens(file: Path):
    pieces: list[Delta] = []
    reply = play(
        file, lambda model: model.request(asking(output_tokens_max=24), deadline_ns=LATER, on_delta=pieces.append)
    )
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == reply.text
    assert len(pieces) > 10
    assert reply.text.isascii()
    assert reply.stop == "length"
    assert reply.usage.output_tokens == 24
    assert 20 < reply.usage.input_tokens < 60
    assert reply.model == "tiny.gguf"


@needed
def test_the_same_request_has_the_same_answer(file: Path):
    async def scene(model: LocalModel) -> list[str]:
        return [(await model.request(asking(output_tokens_max=16), deadline_ns=LATER)).text for _ in range(3)]

    assert len(set(play(file, scene))) == 1


@needed
def test_a_typed_answer_fits_its_schema(file: Path):
    schema = {
        "type": "object",
        "properties": {"yes": {"type": "boolean"}, "n": {"enum": [1, 2]}},
        "required": ["yes", "n"],
    }
    reply = play(file, lambda model: model.request(asking(output_schema=schema), deadline_ns=LATER))
    value = json.loads(reply.text)
    assert isinstance(value["yes"], bool)
    assert value["n"] in {1, 2}


@needed
@pytest.mark.parametrize("choice", ["required", "sub", "add"])
def test_a_tool_that_must_be_called_is_called(file: Path, choice: str):
    reply = play(file, lambda model: model.request(asking(tools=TOOLS, tool_choice=choice), deadline_ns=LATER))
    (call,) = reply.calls
    assert reply.stop == "tools"
    assert call.name == choice or choice == "required"
    assert set(json.loads(call.arguments)) == {{"add": "a", "sub": "b"}[call.name]}


@needed
def test_a_call_cut_off_by_the_limit_is_no_call(file: Path):
    wanted = asking(tools=TOOLS, tool_choice="add", output_tokens_max=3)
    with pytest.raises(ModelReplyError, match="output limit"):
        play(file, lambda model: model.request(wanted, deadline_ns=LATER))


@needed
def test_a_conversation_with_tools_is_put_to_it(file: Path):
    told = ModelRequest(
        messages=(
            Message("system", (Text("Be brief."),)),
            Message("user", (Text("17 + 25?"),)),
            Message("assistant", (ToolCall("c", "add", '{"a": 1}'), ToolCall("d", "add", "{bad"))),
            Message("tool", (ToolResult("c", "42", "add"), ToolResult("d", "no", "add"))),
        ),
        tools=TOOLS,
        output_tokens_max=5,
        stop=("zzz",),
        top_p=0.9,
    )
    assert play(file, lambda model: model.request(told, deadline_ns=LATER)).usage.input_tokens > 30


@needed
def test_a_prompt_beyond_the_context_is_refused(file: Path):
    with pytest.raises(ModelRequestError, match="512"):
        play(file, lambda model: model.request(asking("x" * 2_000), deadline_ns=LATER))


@needed
def test_a_call_that_is_called_off_ends_and_the_next_one_is_answered(file: Path):
    async def scene(model: LocalModel) -> str:
        begun = asyncio.Event()
        task = asyncio.create_task(model.request(asking(), deadline_ns=LATER, on_delta=lambda _: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await model.request(asking(output_tokens_max=8), deadline_ns=LATER)).text

    assert play(file, scene)


@needed
def test_a_file_that_is_no_model_is_an_error(tmp_path: Path):
    bad = tmp_path / "bad.gguf"
    for content in (b"", b"GGUF", b"not a model", tiny_gguf()[:50_000]):
        bad.write_bytes(content)
        with pytest.raises(ModelError, match=r"bad\.gguf"):
            play(bad, lambda model: model.request(asking(), deadline_ns=LATER))
