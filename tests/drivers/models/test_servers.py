"""A server is what it claims only if it answers as that server does; what it claims is bounded."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.drivers.models.endpoints import Endpoint
from ergos.drivers.models.servers import SERVERS, Server, llama_cpp, lm_studio, ollama, vllm
from ergos.kernel.models import Limits
from ergos.kernel.usage import FREE_MODEL, ModelPrice

from .neighbours import LLAMA_CPP, LM_STUDIO, OLLAMA, VLLM, Answers, Manner, endless, neighbour, saying, speaking

LOOKS = {"ollama": ollama, "llama.cpp": llama_cpp, "vllm": vllm, "lmstudio": lm_studio}


def found(name: str, manner: Manner | Answers, **environ: str) -> tuple[Endpoint, ...]:
    async def scene() -> tuple[Endpoint, ...]:
        async with neighbour(speaking(manner) if isinstance(manner, dict) else manner) as url:
            return await asyncio.wait_for(LOOKS[name](url, environ, {"ollama/llava:7b": PAID}), 20)

    return asyncio.run(scene())


PAID = ModelPrice(input=1, output=1)


def test_ollama_lists_what_was_pulled_the_running_ones_first():
    running, other, embeds = found("ollama", OLLAMA)
    assert running.spec.name == "ollama/llava:7b"
    assert running.spec.context_tokens == 16_384  # as it is loaded
    assert running.spec.takes == ("image",)
    assert running.spec.price == PAID  # an owner's own price holds here, too
    assert other.spec.context_tokens == 8_192  # as its model file says
    assert other.spec.price == FREE_MODEL
    assert other.spec.limits == Limits(slots=1)
    assert other.spec.local
    assert other.health == "answers"
    assert embeds.spec.dialect == "openai.embeddings"
    assert embeds.spec.by_name_only


def test_ollama_reads_no_more_than_its_settings_let_it():
    answers = {**OLLAMA, "/api/ps": {"models": []}, "/api/show qwen3:8b": {}}
    assert found("ollama", answers)[0].spec.context_tokens == 4_096
    assert found("ollama", answers, OLLAMA_CONTEXT_LENGTH="32000")[0].spec.context_tokens == 32_000
    assert found("ollama", answers, OLLAMA_CONTEXT_LENGTH="-1", OLLAMA_NUM_PARALLEL="3")[0].spec.limits.slots == 3
    embeds = found("ollama", answers, OLLAMA_CONTEXT_LENGTH="32000")[2]
    assert embeds.spec.context_tokens == 2_048  # what it was trained for


def test_llama_cpp_says_its_context_and_slots():
    (one,) = found("llama.cpp", LLAMA_CPP)
    assert one.spec.name == "llama.cpp/qwen2.5-7b-q4.gguf"
    assert one.spec.context_tokens == 8_192
    assert one.spec.limits == Limits(slots=4, kv_tokens=32_768)
    assert one.spec.takes == ("image",)


def test_vllm_says_its_context_and_its_metrics_the_cache():
    base, adapter = found("vllm", VLLM)
    assert base.spec.name == "vllm/Qwen/Qwen3-8B"
    assert base.spec.limits.kv_tokens == 16 * 27_500
    assert adapter.spec.context_tokens == 32_768
    assert found("vllm", {"/v1/models": VLLM["/v1/models"]})[0].spec.limits.kv_tokens is None


def test_lm_studio_lists_the_loaded_one_first():
    names = [one.spec.name for one in found("lmstudio", LM_STUDIO)]
    assert names == ["lmstudio/qwen3-4b", "lmstudio/gemma-3-4b", "lmstudio/nomic"]
    assert found("lmstudio", LM_STUDIO)[0].spec.context_tokens == 12_288


@pytest.mark.parametrize("claimed", LOOKS)
@pytest.mark.parametrize("real", [OLLAMA, LLAMA_CPP, VLLM, LM_STUDIO], ids=["ollama", "llama.cpp", "vllm", "lmstudio"])
def test_a_server_is_not_taken_for_another(claimed: str, real: Answers):
    own = {"ollama": OLLAMA, "llama.cpp": LLAMA_CPP, "vllm": VLLM, "lmstudio": LM_STUDIO}[claimed]
    assert bool(found(claimed, real)) == (own is real)


@pytest.mark.parametrize("claimed", LOOKS)
@pytest.mark.parametrize("manner", [saying(b"SSH-2.0-OpenSSH_9\r\n"), saying(b"", then_wait=True), endless])
def test_what_is_no_server_of_models_is_passed_over(claimed: str, manner: Manner):
    assert found(claimed, manner) == ()


@pytest.mark.parametrize(
    ("claimed", "answers"),
    [
        ("ollama", {"/api/tags": {"models": [{"name": "a\x1b[31mb", "digest": "x"}, {"name": "a b", "digest": "x"}]}}),
        ("ollama", {"/api/tags": {"models": "all"}}),
        ("ollama", {"/api/tags": "[" * 100_000}),
        ("llama.cpp", {**LLAMA_CPP, "/props": {"default_generation_settings": {"n_ctx": 0}, "total_slots": 1}}),
        ("llama.cpp", {**LLAMA_CPP, "/props": {"default_generation_settings": {"n_ctx": 10**30}, "total_slots": 1}}),
        ("llama.cpp", {**LLAMA_CPP, "/props": {"default_generation_settings": {"n_ctx": True}, "total_slots": 1}}),
        ("vllm", {"/v1/models": {"data": [{"id": "x" * 500, "owned_by": "vllm"}]}}),
        ("vllm", {"/v1/models": {"data": [{"id": "gpt-5", "owned_by": "openai"}]}}),
        ("lmstudio", {"/api/v0/models": {"data": [{"id": "x", "type": "tts", "state": "loaded"}]}}),
    ],
)
def test_claims_that_cannot_be_are_not_believed(claimed: str, answers: Answers):
    assert found(claimed, answers) == ()


def test_a_flood_of_models_is_cut():
    models = [{"id": f"m{number}", "owned_by": "vllm", "max_model_len": 1_000} for number in range(5_000)]
    assert len(found("vllm", {"/v1/models": {"data": models}})) == 64


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=40)
@given(
    st.sampled_from(sorted(LOOKS)),
    st.sampled_from(["models", "data", "default_generation_settings", "total_slots", "error"]),
    plain,
)
def test_no_json_makes_a_look_fail(claimed: str, key: str, value: object):
    answer = json.dumps({key: value})
    paths = ("/api/tags", "/api/ps", "/props", "/v1/models", "/metrics", "/api/v0/models")
    found(claimed, dict.fromkeys(paths, answer))


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("", "http://127.0.0.1:11434"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:99", "http://127.0.0.1:99"),
        ("http://localhost:5000/", "http://localhost:5000"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("192.168.0.7", ""),
        ("https://127.0.0.1", ""),
        ("http://example.com", ""),
        ("127.0.0.1:99999", ""),
        ("a b", ""),
    ],
)
def test_a_server_is_looked_for_where_its_variable_says_on_this_machine(said: str, where: str):
    server: Server = SERVERS[0]
    assert server.address({"OLLAMA_HOST": said}) == where
