"""A call reaches the endpoint it is meant for: as it is where its format is spoken, else translated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ergos.base.clock import SECOND, ManualClock
from ergos.base.errors import NoModelError, ValueShapeError
from ergos.base.world_errors import ModelError
from ergos.drivers.models.catalogue import Catalogue, open_catalogue
from ergos.drivers.models.recorded import exchanges_in
from ergos.drivers.models.servers import SERVERS
from ergos.kernel.endpoints import EndpointSettings, ModelSettings
from ergos.kernel.models import Hints, ModelPrice, Reply
from ergos.kernel.ports import ModelCame

from .neighbours import neighbour

NOWHERE = {server.variable: "127.0.0.1:9" for server in SERVERS}
PRICE = ModelPrice(input=1, output=1)
CHAT = {"model": "auto", "messages": [{"role": "user", "content": "hello there"}], "max_tokens": 20}
COMPLETION = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m-real",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}
SCRIPT = '[[answers]]\ntimes = 99\nsay = "you said {last}"'


def play(
    endpoints: tuple[EndpointSettings, ...],
    scene: Callable[[Catalogue], Awaitable[Any]],
    environ: Mapping[str, str] = NOWHERE,
) -> Any:
    async def played() -> Any:
        catalogue = await open_catalogue(ModelSettings(endpoints=endpoints, discover=False), environ, ManualClock())
        try:
            return await scene(catalogue)
        finally:
            await catalogue.close()

    return asyncio.run(asyncio.wait_for(played(), 30))


async def call(catalogue: Catalogue, name: str, dialect: str, body: object, **wanted: object) -> ModelCame:
    return await catalogue.perform(
        name,
        {"dialect": dialect, "body": body},  # type: ignore[dict-item]
        deadline_ns=20 * SECOND,
        hints=Hints(session="p7"),
        **wanted,  # type: ignore[arg-type]
    )


def scripted(folder: Path, **changes: object) -> EndpointSettings:
    file = folder / "toy.toml"
    file.write_text(SCRIPT)
    return EndpointSettings(**{"name": "toy", "kind": "scripted", "file": str(file), **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["openai.chat", "anthropic.messages"])
def test_a_call_in_the_endpoints_own_format_goes_on_as_it_is_with_its_key(kind: str):
    heads: list[bytes] = []
    bodies: list[dict[str, Any]] = []
    message = {
        "type": "message",
        "content": [{"type": "text", "text": "hi"}],
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        heads.append(head)
        bodies.append(json.loads(await reader.readexactly(length)))
        answer = json.dumps(COMPLETION if kind == "openai.chat" else message).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer
        )
        await writer.drain()

    async def scene() -> ModelCame:
        async with neighbour(speak) as url:
            said = EndpointSettings(name="here", kind=kind, base_url=f"{url}/v1", model="m-real", api_key_env="K")  # type: ignore[arg-type]
            catalogue = await open_catalogue(
                ModelSettings(endpoints=(said,)), {**NOWHERE, "K": "sk-secret"}, ManualClock()
            )
            try:
                return await call(catalogue, "here", kind, {**CHAT, "max_tokens": 20})
            finally:
                await catalogue.close()

    came = asyncio.run(asyncio.wait_for(scene(), 30))
    assert isinstance(came.value, dict)
    assert came.value["status"] == 200
    assert (came.usage.input_tokens, came.usage.output_tokens) == (3, 1)
    sent = next(head for head in heads if head.startswith(b"POST"))
    name = b"authorization: bearer sk-secret" if kind == "openai.chat" else b"x-api-key: sk-secret"
    assert name in sent.lower()
    assert bodies[-1]["model"] == "m-real"
    assert bodies[-1]["messages"] == CHAT["messages"]


@pytest.mark.parametrize("dialect", ["openai.chat", "anthropic.messages", "openai.responses"])
def test_a_call_in_another_format_is_translated(tmp_path: Path, dialect: str):
    body: dict[str, object] = {"model": "auto", "max_tokens": 50, "messages": CHAT["messages"]}
    if dialect == "openai.responses":
        body = {"model": "auto", "input": "hello there"}
    came = play((scripted(tmp_path),), lambda catalogue: call(catalogue, "toy", dialect, body))
    assert "you said hello there" in came.value["body"]
    assert came.usage.known


def test_a_neutral_call_has_a_neutral_answer_and_says_when_it_began(tmp_path: Path):
    told: list[bool] = []
    body = {"messages": [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}]}
    came = play(
        (scripted(tmp_path),),
        lambda catalogue: call(catalogue, "toy", "neutral", body, on_first=lambda: told.append(True)),
    )
    assert list(came.value["parts"]) == [{"type": "text", "text": "you said hi"}]
    assert told == [True]


def test_a_recorded_endpoint_plays_what_another_one_wrote(tmp_path: Path):
    tape = tmp_path / "tape.jsonl"
    play((scripted(tmp_path, record=str(tape)),), lambda catalogue: call(catalogue, "toy", "openai.chat", CHAT))
    assert exchanges_in(tape)[0].reply is not None
    player = EndpointSettings(name="tape", kind="recorded", file=str(tape))
    came = play((player,), lambda catalogue: call(catalogue, "tape", "openai.chat", CHAT))
    assert "you said hello there" in came.value["body"]


def test_the_same_model_serves_every_call(tmp_path: Path):
    (tmp_path / "twice.toml").write_text('[[answers]]\nsay = "one"\n[[answers]]\nsay = "two"')
    twice = EndpointSettings(name="twice", kind="scripted", file=str(tmp_path / "twice.toml"))

    async def scene(catalogue: Catalogue) -> list[str]:
        body = {"messages": [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}]}
        return [str((await call(catalogue, "twice", "neutral", body)).value) for _ in range(2)]

    one, two = play((twice,), scene)
    assert "one" in one
    assert "two" in two


def test_what_can_be_called_is_listed_in_order_and_only_the_priced_is_chosen(tmp_path: Path):
    endpoints = (
        EndpointSettings(name="unpriced", base_url="https://llm.example/v1", model="m"),
        EndpointSettings(name="keyless", base_url="https://llm.example/v1", model="n", api_key_env="K", price=PRICE),
        EndpointSettings(name="gone", kind="recorded", file=str(tmp_path / "none.jsonl")),
        scripted(tmp_path),
        EndpointSettings(
            name="vectors", kind="openai.embeddings", base_url="https://llm.example/v1", model="e", price=PRICE
        ),
    )

    async def scene(catalogue: Catalogue) -> tuple[list[str], tuple[str, ...]]:
        return [spec.name for spec in catalogue.endpoints()], catalogue.automatic()

    names, automatic = play(endpoints, scene)
    assert names == ["unpriced", "toy", "vectors"]
    assert automatic == ("toy",)


def test_an_endpoint_without_its_key_names_the_variable():
    said = EndpointSettings(name="a", base_url="https://llm.example/v1", model="m", api_key_env="MY_KEY", price=PRICE)
    with pytest.raises(NoModelError, match="MY_KEY"):
        play((said,), lambda catalogue: call(catalogue, "a", "openai.chat", CHAT))


def test_an_unknown_endpoint_is_an_error():
    with pytest.raises(NoModelError, match="nope"):
        play((), lambda catalogue: call(catalogue, "nope", "openai.chat", CHAT))


def test_a_bad_file_is_an_error_of_the_call_not_of_the_start(tmp_path: Path):
    file = tmp_path / "bad.toml"
    file.write_text("answers = 3")
    bad = EndpointSettings(name="bad", kind="scripted", file=str(file))
    with pytest.raises(ModelError, match=r"bad\.toml"):
        play((bad,), lambda catalogue: call(catalogue, "bad", "openai.chat", CHAT))


def test_a_body_that_is_no_call_is_refused_before_anything_is_sent(tmp_path: Path):
    with pytest.raises(ValueShapeError):
        play((scripted(tmp_path),), lambda catalogue: call(catalogue, "toy", "openai.chat", {"messages": 3}))


def test_an_outline_says_what_a_call_needs(tmp_path: Path):
    async def scene(catalogue: Catalogue) -> Any:
        return catalogue.outline({"dialect": "openai.chat", "body": CHAT})  # type: ignore[dict-item]

    outline = play((scripted(tmp_path),), scene)
    assert (outline.model, outline.output_tokens_max) == ("auto", 20)


def test_no_key_is_shown(tmp_path: Path):
    said = EndpointSettings(name="a", base_url="https://llm.example/v1", model="m", api_key_env="K")

    async def scene(catalogue: Catalogue) -> str:
        return repr(catalogue.found) + repr(catalogue.endpoints()) + repr(catalogue.model("a").spec)

    assert "sk-secret" not in play((said,), scene, {**NOWHERE, "K": "sk-secret"})


def test_a_reply_keeps_its_shape_on_the_way(tmp_path: Path):
    import msgspec

    body = {"messages": [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}]}
    came = play((scripted(tmp_path),), lambda catalogue: call(catalogue, "toy", "neutral", body))
    assert msgspec.convert(came.value, Reply).text == "you said hi"


@pytest.mark.skipif(find_spec("pydantic_ai") is None, reason="the extra `models` is not installed")
def test_getting_ready_sends_nothing_and_fails_for_nobody(tmp_path: Path):
    endpoints = (
        scripted(tmp_path),
        EndpointSettings(name="locked", base_url="https://llm.example/v1", model="m", api_key_env="K"),
        EndpointSettings(name="far", base_url="https://llm.example/v1", model="m", price=PRICE),
    )

    async def scene(catalogue: Catalogue) -> None:
        for name in ("toy", "locked", "far"):
            await catalogue.prepare(name)

    play(endpoints, scene)
