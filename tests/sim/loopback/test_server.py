from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import httpx2
import pytest
from anthropic import AuthenticationError as AnthropicRefused
from anthropic import NotFoundError as AnthropicNotFound
from openai import AuthenticationError, NotFoundError

from ergos.base.errors import UsageError
from ergos.sim.loopback.__main__ import options_of
from ergos.sim.loopback.calls import read_log
from ergos.sim.loopback.server import LoopbackOptions
from tests.sim.loopback.stage import QUESTION, Stage, chat, on_stage

ROOT = Path(__file__).resolve().parents[3]


def test_both_vendors_clients_list_the_models() -> None:
    async def play(stage: Stage) -> None:
        assert [model.id async for model in stage.openai.models.list()] == ["a", "b/c"]
        assert [model.id async for model in stage.anthropic.models.list()] == ["a", "b/c"]
        assert (await stage.openai.models.retrieve("b/c")).owned_by == "loopback"
        with pytest.raises(NotFoundError):
            await stage.openai.models.retrieve("none")
        with pytest.raises(AnthropicNotFound):
            await stage.anthropic.models.retrieve("none")

    on_stage(play, LoopbackOptions(models=("a", "b/c")))


def test_a_strict_server_serves_what_it_lists() -> None:
    async def play(stage: Stage) -> None:
        assert (await stage.chat("x")).status_code == 404
        assert (await stage.chat("x", model="loopback-1")).status_code == 200

    on_stage(play, LoopbackOptions(strict=True))


def test_a_key_is_asked_for_in_both_vendors_ways() -> None:
    async def play(stage: Stage) -> None:
        with pytest.raises(AuthenticationError):
            await stage.openai.models.list()
        with pytest.raises(AnthropicRefused):
            await stage.anthropic.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "x"}])
        assert (await stage.http.get("/v1/models", headers={"authorization": "Bearer right"})).status_code == 200
        assert (await stage.http.get("/v1/models", headers={"x-api-key": "right"})).status_code == 200
        assert (await stage.http.get("/health")).status_code == 200

    on_stage(play, LoopbackOptions(key="right"))


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"model":' + b"[" * 5_000, b'"x"'])
def test_a_body_that_is_no_object_is_refused_in_the_protocols_form(path: str, body: bytes) -> None:
    async def play(stage: Stage) -> httpx2.Response:
        return await stage.http.post(path, content=body)

    answer = on_stage(play)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_what_is_not_there_is_refused() -> None:
    async def play(stage: Stage) -> list[int]:
        return [
            (await stage.http.get("/v1/none")).status_code,
            (await stage.http.post("/v1/none", content=b"{}")).status_code,
            (await stage.http.get("/v1/chat/completions")).status_code,
            (await stage.http.delete("/v1/models")).status_code,
        ]

    assert on_stage(play) == [404, 404, 405, 405]


def test_metrics_and_calls_can_be_read_while_it_works() -> None:
    async def play(stage: Stage) -> None:
        await stage.chat(QUESTION)
        assert "vllm:request_success_total" in (await stage.http.get("/metrics")).text
        calls = (await stage.http.get("/calls")).json()
        assert [(call["path"], call["outcome"]) for call in calls] == [("/v1/chat/completions", "answered")]

    on_stage(play, LoopbackOptions(mode="engine", scale=100.0))


def test_a_hundred_streams_at_once_all_end() -> None:
    async def play(stage: Stage) -> None:
        streams = [stage.chat(f"{n} [[mind: tokens=30]]", stream=True) for n in range(100)]
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*streams)
        assert all(answer.text.endswith("data: [DONE]\n\n") for answer in answers)
        assert len({answer.text for answer in answers}) == 100

    on_stage(play, LoopbackOptions(mode="engine", scale=50.0))


def test_a_command_line_says_what_kind_of_server_it_is() -> None:
    words = "--mode engine --scale 5 --model a --model b --directive tools=4 --slots 9 --order priority --rpm 30"
    options, _ = options_of(words.split())
    assert (options.mode, options.scale, options.models, options.directive.tools) == ("engine", 5.0, ("a", "b"), 4)
    assert (options.engine.sequences_max, options.engine.order) == (9, "priority")
    assert options.cloud.requests_per_minute == 30
    with pytest.raises(UsageError):
        options_of(["--directive", "tools=many"])


@pytest.mark.parametrize("mode", ["instant", "engine", "cloud"])
def test_as_a_process_it_tells_its_port_logs_and_ends_on_a_signal(tmp_path: Path, mode: str) -> None:
    command = [
        sys.executable,
        "-m",
        "ergos.sim.loopback",
        "--print-port",
        "--log",
        str(tmp_path / "log"),
        "--mode",
        mode,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        body = json.dumps(chat(QUESTION)).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", data=body)
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert json.load(answer)["object"] == "chat.completion"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert [call.outcome for call in read_log(tmp_path / "log")] == ["answered"]
